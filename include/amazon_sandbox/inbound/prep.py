"""listPrepDetails and setPrepDetails, and the owners that a plan may name for a SKU."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.inbound import bodies
from amazon_sandbox.inbound.calls import body_of, listing_of, own_marketplace, start, store_of
from amazon_sandbox.inbound.products import LABELING, NO_PREP, Prep
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.sp_api import queries
from amazon_sandbox.sp_api.operations import Answer, Operation

_NOT_ACCEPTED = ("FC_PROVIDED", "UNKNOWN")


def check_owners(prep: Prep, item: dict[str, Any]) -> None:
    """Refuse owners that the item forbids. Raises ApiError, whose message names MSKU and accepted values."""
    msku = item["msku"]
    if prep.category == "UNKNOWN":
        return  # the operation fails later
    for name, accepted, is_needed in (
        ("prepOwner", prep.prep_owners, prep.needs_prep),
        ("labelOwner", prep.label_owners, prep.is_labelled),
    ):
        if item[name] not in accepted:
            verb = "requires" if is_needed else "does not require"
            raise bad_request(
                f"ERROR: {msku} {verb} {name} but {item[name]} was assigned. "
                f"Accepted values: [{', '.join(accepted)}]"
            )
    if prep.must_match and item["prepOwner"] != item["labelOwner"]:
        raise bad_request(f"ERROR: {msku} must have the same prepOwner and labelOwner.")


async def list_prep_details(call: Operation) -> Answer:
    """listPrepDetails: up to 100 MSKUs of a marketplace."""
    storefront = own_marketplace(call, queries.needed(call.request.query_params, "marketplaceId"))
    book = store_of(call).prep
    listings = [listing_of(storefront, msku) for msku in read_mskus(call.request.query_params)]
    return 200, {"mskuPrepDetails": [_detail(one.sku, book.of(storefront, one)) for one in listings]}


async def set_prep_details(call: Operation) -> Answer:
    """setPrepDetails: takes effect when its operation ends."""
    body = body_of(call, bodies.PREP_DETAILS)
    storefront = own_marketplace(call, body["marketplaceId"])
    details = []
    for detail in body["mskuPrepDetails"]:
        types = tuple(kind for kind in detail["prepTypes"] if kind != LABELING)
        _check_detail(detail, types)
        details.append((listing_of(storefront, detail["msku"]), detail["prepCategory"], types))
    book = store_of(call).prep

    def effect(at: float) -> None:
        for listing, category, types in details:
            book.set(storefront, listing, category, types)

    return start(call, effect)


def read_mskus(query: QueryParams) -> tuple[str, ...]:
    """The parameter `mskus`, repeated or joined by commas; %, + and , within an MSKU are encoded twice."""
    found = tuple(unquote_plus(part) for one in query.getlist("mskus") for part in one.split(","))
    if not found:
        raise queries.missing("mskus")
    if len(found) > 100 or not all(1 <= len(each) <= 255 for each in found):
        raise bad_request("Invalid value for mskus: 1 to 100 MSKUs of 1 to 255 characters")
    return tuple(dict.fromkeys(found))


def _check_detail(detail: dict[str, Any], types: tuple[str, ...]) -> None:
    msku, category = detail["msku"], detail["prepCategory"]
    if category in _NOT_ACCEPTED:
        raise bad_request(f"ERROR: {msku}: prepCategory {category} cannot be set.")
    if category == "NONE" and types != (NO_PREP,):
        raise _wrong_types(msku, category, NO_PREP)
    if category != "NONE" and (not types or NO_PREP in types):
        raise _wrong_types(msku, category, ", ".join(kind for kind in bodies.PREP_TYPES if kind != NO_PREP))


def _wrong_types(msku: str, category: str, accepted: str) -> ApiError:
    return bad_request(
        f"ERROR: {msku}: invalid prepTypes for prepCategory {category}. Accepted values: [{accepted}]"
    )


def _detail(msku: str, prep: Prep) -> dict[str, Any]:
    shown: dict[str, Any] = {"msku": msku, "prepCategory": prep.category, "prepTypes": list(prep.all_types)}
    if prep.category == "UNKNOWN":
        return shown | {"prepTypes": []}
    for name, owners in (
        ("prepOwnerConstraint", prep.prep_owners),
        ("labelOwnerConstraint", prep.label_owners),
    ):
        if len(owners) == 1:
            shown[name] = f"{owners[0]}_ONLY"
    if prep.must_match:
        shown["allOwnersConstraint"] = "MUST_MATCH"
    return shown
