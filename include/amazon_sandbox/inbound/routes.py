"""The reading operations of FBA inbound: plans (2024-03-20), shipments and their items (v0)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.inbound import data, plans, state, v0
from amazon_sandbox.simulation.inbound import Plan, Shipment, Status, plans_seen
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.sp_api.next_tokens import PagePosition, next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, FindSubject, Handler, Operation, endpoint, storefront_of

# The statuses in a v0 token, as bits.
_BITS = {status: 1 << index for index, status in enumerate(data.V0_STATUSES)}


async def list_inbound_plans(call: Operation) -> Answer:
    """Plans of all storefronts, as of the first page."""
    wanted = state.read_plans(call.request.query_params)
    first, as_of = _first_row(call, wanted.token, wanted.arguments)

    def page() -> list[Plan]:
        now = int(as_of)
        listed = data.newest_plans if wanted.is_descending else data.oldest_plans
        found = listed(_storefronts(call), now, by_update=wanted.by_update, status=wanted.status)
        return list(islice(found, first, first + wanted.size + 1))

    found = await asyncio.to_thread(page)
    body: dict[str, Any] = {
        "inboundPlans": [plans.summary(plan, int(as_of)) for plan in found[: wanted.size]]
    }
    return 200, _with_token(call, body, len(found), wanted, first, as_of)


async def get_inbound_plan(call: Operation) -> Answer:
    """One plan with its options and shipments."""
    return 200, plans.details(await _plan(call), _now(call))


async def list_inbound_plan_items(call: Operation) -> Answer:
    """The items of one plan."""
    wanted = state.read_items(call.request.query_params)
    plan = await _plan(call)
    arguments = wanted.arguments | {"inboundPlanId": plan.plan_id}
    first, as_of = _first_row(call, wanted.token, arguments)
    found = plan.shipments[first : first + wanted.size + 1]
    body: dict[str, Any] = {"items": [plans.item(shipment) for shipment in found[: wanted.size]]}
    return 200, _with_token(call, body, len(found), wanted._replace(arguments=arguments), first, as_of)


async def get_shipment(call: Operation) -> Answer:
    """One shipment of a plan."""
    wanted = state.checked_id("shipmentId", call.request.path_params["shipment_id"])
    plan = await _plan(call)
    for shipment in plan.shipments:
        if shipment.shipment_id == wanted:
            return 200, plans.shipment_details(plan, shipment, _now(call))
    raise state.not_found("shipmentId", wanted)


async def get_shipments(call: Operation) -> Answer:
    """v0: shipments by status or id, or by the time their status last changed."""
    wanted = state.read_shipments(call.request.query_params, call.caller)
    return await _v0_page(call, wanted, "ShipmentData", v0.shipment_info, Shipment.updated_at)


async def get_shipment_items(call: Operation) -> Answer:
    """v0: items by the time their quantities last changed."""
    wanted = state.read_shipment_items(call.request.query_params, call.caller)
    return await _v0_page(call, wanted, "ItemData", _item, Shipment.items_updated_at)


async def get_shipment_items_by_shipment_id(call: Operation) -> Answer:
    """v0: the items of one shipment; the marketplace is optional."""
    wanted, now = call.request.path_params["shipment_id"], _now(call)

    def search() -> Shipment | None:
        plans = data.plans_with(_storefronts(call), (wanted,), now)
        shipments = (shipment for plan in plans for shipment in plan.shipments)
        return next((one for one in shipments if one.confirmation_id == wanted), None)

    found = await asyncio.to_thread(search)
    if found is None:
        raise state.not_found("shipmentId", wanted)
    return 200, {"payload": {"ItemData": [v0.item(found, now)]}}


async def _v0_page(
    call: Operation,
    wanted: state.Shipments,
    name: str,
    row: Callable[[Plan, Shipment, int], dict[str, Any]],
    time: Callable[[Shipment, int], int],
) -> Answer:
    """The token holds the whole query: a call for the next page repeats only the marketplace."""
    call.marketplace_ids = (wanted.marketplace_id,)
    storefront, first, as_of = storefront_of(call, wanted.marketplace_id), 0, float(_now(call))
    arguments = {"MarketplaceId": wanted.marketplace_id}
    if wanted.token is not None:
        resumed = _read_token(call, wanted.token, arguments, "NextToken")
        (first, start, end, bits), as_of = resumed.position, resumed.as_of
        statuses = frozenset(status for status, bit in _BITS.items() if bits & bit)
        wanted = wanted._replace(start=start, end=end, statuses=statuses)

    # Ids do not fit into a token: shipments requested by id are on one page.
    size = len(wanted.ids) or data.V0_PAGE_SIZE

    def search() -> list[dict[str, Any]]:
        now, found = int(as_of), _shipments(storefront, wanted, int(as_of))
        matching = (
            row(plan, shipment, now)
            for plan, shipment in found
            if wanted.start <= time(shipment, now) <= wanted.end
            and (not wanted.statuses or shipment.status(now) in wanted.statuses)
        )
        return list(islice(matching, first, first + size + 1))

    rows = await asyncio.to_thread(search)
    payload: dict[str, Any] = {name: rows[:size]}
    if len(rows) > size:
        position = [first + size, wanted.start, wanted.end, sum(_BITS[one] for one in wanted.statuses)]
        payload["NextToken"] = next_token(call.sandbox, call.name, arguments, position, as_of)
    return 200, {"payload": payload}


def _shipments(storefront: Storefront, wanted: state.Shipments, now: int) -> Iterator[tuple[Plan, Shipment]]:
    """Shipments with the ids; without ids, those that may be in the range."""
    if wanted.ids:
        for plan in data.plans_with([storefront], wanted.ids, now):
            yield from ((plan, one) for one in plan.shipments if one.confirmation_id in wanted.ids)
        return
    # Shipments that are not closed yet were delivered recently.
    is_open = wanted.statuses and Status.CLOSED not in wanted.statuses
    for plan in plans_seen(storefront, max(wanted.start, now) if is_open else wanted.start, now):
        yield from ((plan, shipment) for shipment in plan.shipments)


def _item(plan: Plan, shipment: Shipment, now: int) -> dict[str, Any]:
    return v0.item(shipment, now)


async def _plan(call: Operation) -> Plan:
    """The plan of the path. Raises ApiError."""
    plan_id = state.checked_id("inboundPlanId", call.request.path_params["plan_id"])
    found = await asyncio.to_thread(data.find_plan, _storefronts(call), plan_id, _now(call))
    if found is None:
        raise state.not_found("inboundPlanId", plan_id)
    return found


def _storefronts(call: Operation) -> list[Storefront]:
    return [storefront_of(call, marketplace_id) for marketplace_id in call.caller.marketplace_ids]


def _now(call: Operation) -> int:
    return int(call.sandbox.clock.now())


def _read_token(call: Operation, token: str, arguments: dict[str, Any], name: str) -> PagePosition:
    return read_next_token(call.sandbox, call.name, arguments, token, name=name)


def _first_row(call: Operation, token: str | None, arguments: dict[str, Any]) -> tuple[int, float]:
    """The first row of the page, and the moment that all pages show."""
    if token is None:
        return 0, call.sandbox.clock.now()
    resumed = _read_token(call, token, arguments, "paginationToken")
    return resumed.position[0], resumed.as_of


def _with_token(
    call: Operation,
    body: dict[str, Any],
    found: int,
    wanted: state.Plans | state.Items,
    first: int,
    as_of: float,
) -> dict[str, Any]:
    """`found`: rows from the page's first on, one more than its size where another page follows."""
    if found > wanted.size:
        token = next_token(call.sandbox, call.name, wanted.arguments, [first + wanted.size], as_of)
        body["pagination"] = {"nextToken": token}
    return body


def _find_subject(call: Operation) -> None:
    """The paths of plans contain no marketplace."""


def _look_v0(call: Operation) -> None:
    call.marketplace_ids = (call.request.query_params.get("MarketplaceId", ""),)


def _get(path: str, name: str, handler: Handler, find_subject: FindSubject) -> Route:
    return Route(path, endpoint(name, handler, find_subject), methods=["GET"])


_PLAN = f"{data.PLANS_PATH}/{{plan_id}}"
routes: list[BaseRoute] = [
    _get(data.PLANS_PATH, "listInboundPlans", list_inbound_plans, _find_subject),
    _get(_PLAN, "getInboundPlan", get_inbound_plan, _find_subject),
    _get(f"{_PLAN}/items", "listInboundPlanItems", list_inbound_plan_items, _find_subject),
    _get(f"{_PLAN}/shipments/{{shipment_id}}", "getShipment", get_shipment, _find_subject),
    _get(f"{data.V0_PATH}/shipments", "getShipments", get_shipments, _look_v0),
    _get(f"{data.V0_PATH}/shipmentItems", "getShipmentItems", get_shipment_items, _look_v0),
    _get(
        f"{data.V0_PATH}/shipments/{{shipment_id}}/items",
        "getShipmentItemsByShipmentId",
        get_shipment_items_by_shipment_id,
        _look_v0,
    ),
]
