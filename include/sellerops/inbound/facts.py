"""Reads what the validation of a request needs: the listings in the warehouse, and Amazon's prep details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import ConfigurationError, RequestRefused
from sellerops.collect.offers import listed_offers
from sellerops.inbound.amazon_lists import BASE, escaped_sku
from sellerops.inbound.requests.request_facts import Facts, OwnerConstraint, PrepDetails
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.sources.common.answers import text_field

if TYPE_CHECKING:
    from sellerops.inbound.models import InboundRequest
    from sellerops.inbound.services import Services

# The most SKUs that listPrepDetails takes at once.
_SKUS_PER_CALL = 100
_BAD_REQUEST = 400


async def read_facts(
    request: InboundRequest, services: Services, asked_by: tuple[str, str] = ("", "")
) -> Facts:
    """What is known about a request's account, marketplace and SKUs. Creates nothing.

    Prep details are read only for SKUs that have a listing, because Amazon refuses the whole call for an
    unknown one. ``asked_by``: dag_id and run_id of the DAG run that asks; its own inbound run does not count
    as an open run with the same name.
    """
    await services.client.ready()
    marketplaces = all_marketplaces()
    market = marketplaces.get(request.marketplace)
    listed = prep = None
    if market and market.id in {each.id for each in services.account.marketplaces}:
        listed = await services.blocking(_listed, services, market.id)
        skus = tuple(
            dict.fromkeys(item.sku for item in request.items if listed is None or item.sku in listed)
        )
        prep, unknown = await _prep_of_known(services, market.id, skus)
        if listed is None and unknown:
            listed = dict.fromkeys(prep or (), True)
    return Facts(
        settings=services.settings,
        accounts=load_accounts(),
        marketplaces=marketplaces,
        now=await services.now(),
        listed=listed,
        prep=prep,
        open_runs=await services.blocking(services.store.open_runs, services.account.id, asked_by),
    )


async def read_prep_details(
    services: Services, marketplace_id: str, skus: Sequence[str]
) -> dict[str, PrepDetails]:
    """Amazon's prep classification by SKU. Raises RequestRefused for a SKU that the account does not have."""
    found: dict[str, PrepDetails] = {}
    for start in range(0, len(skus), _SKUS_PER_CALL):
        answer = await services.reads.get(
            "listPrepDetails",
            f"{BASE}/items/prepDetails",
            {
                "marketplaceId": marketplace_id,
                "mskus": [escaped_sku(sku) for sku in skus[start : start + _SKUS_PER_CALL]],
            },
        )
        for detail in answer.get("mskuPrepDetails") or ():
            found[text_field(detail, "msku", "listPrepDetails")] = parse_prep_details(detail)
    return found


def parse_prep_details(detail: Mapping[str, Any]) -> PrepDetails:
    """One entry of listPrepDetails."""
    return PrepDetails(
        category=text_field(detail, "prepCategory", "listPrepDetails"),
        types=tuple(map(str, detail.get("prepTypes") or ())),
        prep_owner=_constraint(detail.get("prepOwnerConstraint")),
        label_owner=_constraint(detail.get("labelOwnerConstraint")),
        owners_must_match=detail.get("allOwnersConstraint") == "MUST_MATCH",
    )


def _constraint(value: object) -> OwnerConstraint | None:
    return OwnerConstraint(str(value)) if value in set(OwnerConstraint) else None


async def _prep_of_known(
    services: Services, marketplace_id: str, skus: Sequence[str]
) -> tuple[dict[str, PrepDetails] | None, set[str]]:
    """Prep details, and the SKUs that Amazon does not know; None as details if it refuses for another reason.

    Unknown SKUs are found by bisection, because Amazon refuses every call that has one.
    """
    try:
        return await read_prep_details(services, marketplace_id, skus), set()
    except RequestRefused as error:
        if error.details.get("status") != _BAD_REQUEST:
            return None, set()
    if len(skus) == 1:
        return {}, set(skus)
    middle = len(skus) // 2
    first, unknown = await _prep_of_known(services, marketplace_id, skus[:middle])
    second, others = await _prep_of_known(services, marketplace_id, skus[middle:])
    known = None if first is None or second is None else {**first, **second}
    return known, unknown | others


def _listed(services: Services, marketplace_id: str) -> dict[str, bool] | None:
    """Whether Amazon fulfils each listed SKU; None if no listings have been collected."""
    try:
        offers = listed_offers(services.ledger, services.account.id, marketplace_id)
    except ConfigurationError:
        return None
    return {offer.sku: offer.is_amazon_fulfilled for offer in offers}
