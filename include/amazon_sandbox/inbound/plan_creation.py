"""createInboundPlan: what it refuses at once, what makes its operation fail, and the plan."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from amazon_sandbox.core.clock import instant
from amazon_sandbox.inbound.bodies import CREATE_PLAN
from amazon_sandbox.inbound.calls import body_of, listing_of, now_of, own_marketplace, start, store_of
from amazon_sandbox.inbound.contents import ItemLine
from amazon_sandbox.inbound.faults import option_of
from amazon_sandbox.inbound.operations_queue import OperationFailed, Problem
from amazon_sandbox.inbound.prep import check_owners
from amazon_sandbox.inbound.products import needs_expiration
from amazon_sandbox.inbound.records import PlanRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.sp_api.operations import Answer, Operation

# Where plans can be created. Source: Amazon's documentation of the API.
CREATED_IN = (
    "US", "CA", "MX", "GB", "DE", "FR", "IT", "ES", "NL", "SE", "PL", "EG", "SA", "AE", "SG", "AU", "JP",
)  # fmt: skip
_ADDRESS_FIELDS = (
    "name", "addressLine1", "addressLine2", "city", "companyName", "countryCode", "districtOrCounty", "email",
    "phoneNumber", "postalCode", "stateOrProvinceCode",
)  # fmt: skip
FRESH_FOR = timedelta(days=105)


async def create_inbound_plan(call: Operation) -> Answer:
    """createInboundPlan: 202 with the plan's id; its operation shows whether the plan was created."""
    body = body_of(call, CREATE_PLAN)
    storefront = _destination(call, body["destinationMarketplaces"][0])
    today = instant(call.sandbox.clock.now()).date()
    items, problems = _items(call, storefront, body["items"], today)
    now, store = now_of(call), store_of(call)
    plan = PlanRecord(
        plan_id=store.ids.make("wf"),
        seller_id=call.caller.seller_id,
        storefront=storefront,
        name=body.get("name") or f"FBA ({instant(now):%m/%d/%Y, %I:%M %p})",
        source_address=read_address(body["sourceAddress"]),
        items=items,
        created_at=now,
        listed_at=now + option_of(call, "plan_listed_late", "seconds", usual=60, without=0),
        changes=[now],
    )

    def effect(at: float) -> None:
        if problems:
            raise OperationFailed(*problems)
        plan.is_created = True

    answer = start(call, effect, plan=plan, inboundPlanId=plan.plan_id)
    store.add(plan)
    return answer


def read_address(described: dict[str, Any]) -> dict[str, Any]:
    """The fields of an address that the model has."""
    return {name: described[name] for name in _ADDRESS_FIELDS if described.get(name)}


def _destination(call: Operation, marketplace_id: str) -> Storefront:
    if marketplace_id not in call.caller.marketplace_ids:
        raise bad_request("Invalid destinationMarketplace provided.", marketplace_id)
    storefront = own_marketplace(call, marketplace_id)
    if storefront.marketplace.country not in CREATED_IN:
        raise bad_request(
            f"Inbound plans cannot be created for marketplace {marketplace_id}.",
            storefront.marketplace.country,
        )
    return storefront


def _items(
    call: Operation, storefront: Storefront, described: list[dict[str, Any]], today: date
) -> tuple[list[ItemLine], list[Problem]]:
    """The plan's items, one per MSKU, and the problems its operation will have. Raises ApiError."""
    lines: dict[str, ItemLine] = {}
    problems: list[Problem] = []
    for item in described:
        listing = listing_of(storefront, item["msku"])
        if listing.is_merchant or listing.launch > today.toordinal():
            raise bad_request(f"ERROR: MSKU {item['msku']} is not fulfilled by Amazon in this marketplace.")
        prep = store_of(call).prep.of(storefront, listing)
        check_owners(prep, item)
        line = ItemLine(
            listing,
            int(item["quantity"]),
            item["labelOwner"],
            item["prepOwner"],
            prep.all_types,
            item.get("expiration"),
            item.get("manufacturingLotCode"),
        )
        lines[line.msku] = _merged(lines.get(line.msku), line)
        problems += _problems(line, prep.category, today)
    return list(lines.values()), problems


def _merged(before: ItemLine | None, line: ItemLine) -> ItemLine:
    if before is None:
        return line
    if before.expiration != line.expiration:
        raise bad_request(f"ERROR: {line.msku} has several expiration dates; only one is allowed per plan.")
    if before != line.of(before.quantity):
        raise bad_request(f"ERROR: {line.msku} is repeated with other owners or another lot.")
    return line.of(before.quantity + line.quantity)


def _problems(line: ItemLine, category: str, today: date) -> list[Problem]:
    details = f"There's an input error with the resource '{line.msku}'."
    if needs_expiration(line.listing) and line.expiration is None:
        raise bad_request(f"ERROR: {line.msku} requires an expiration date.")
    found = []
    if category == "UNKNOWN":
        message = f"ERROR: Prep classification is missing for {line.msku}. Provide it before creating a plan."
        found.append(Problem("FBA_INB_0182", message, details=details))
    if line.expiration is not None and date.fromisoformat(line.expiration) < today + FRESH_FOR:
        message = f"ERROR: {line.msku} must not expire within {FRESH_FOR.days} days."
        found.append(Problem("FBA_INB_0181", message, details=details))
    return found
