"""Shipments of version v0: generated and created ones in the same lists."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from amazon_sandbox.inbound import data, history, state, v0
from amazon_sandbox.inbound.calls import now_of, store_of
from amazon_sandbox.inbound.overlay import created_shipment
from amazon_sandbox.inbound.records import PlanRecord, ShipmentRecord
from amazon_sandbox.simulation.inbound import Plan, Shipment, Status, plans_seen
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, storefront_of

# The statuses in a v0 token, as bits.
_BITS = {status: 1 << index for index, status in enumerate(data.V0_STATUSES)}
Row = dict[str, Any]


class _Listed(NamedTuple):
    """One shipment of a list: what it is matched by, and how to write it."""

    confirmation_id: str
    status: str
    updated_at: int
    items_updated_at: int
    info: Callable[[], Row]
    items: Callable[[], list[Row]]


async def get_shipments(call: Operation) -> Answer:
    """v0: shipments by status or id, or by the time their status last changed."""
    wanted = state.read_shipments(call.request.query_params, call.caller)
    return await _page(call, wanted, "ShipmentData", lambda one: [one.info()], lambda one: one.updated_at)


async def get_shipment_items(call: Operation) -> Answer:
    """v0: items by the time their quantities last changed."""
    wanted = state.read_shipment_items(call.request.query_params, call.caller)
    return await _page(call, wanted, "ItemData", lambda one: one.items(), lambda one: one.items_updated_at)


async def get_shipment_items_by_shipment_id(call: Operation) -> Answer:
    """v0: the items of one shipment; the marketplace is optional."""
    wanted, now = call.request.path_params["shipment_id"], now_of(call)
    created = _created_with(call, wanted)
    if created is not None:
        return 200, {"payload": {"ItemData": _of_created(*created, now).items()}}
    generated = await _generated_with(call, wanted)
    if generated is None:
        raise state.not_found("shipmentId", wanted)
    return 200, {"payload": {"ItemData": [v0.item(generated[1], now)]}}


async def find_shipment(call: Operation, confirmation_id: str) -> tuple[PlanRecord, ShipmentRecord]:
    """A shipment of the caller by its confirmation id, and its plan. Raises ApiError."""
    created = _created_with(call, confirmation_id)
    if created is None:
        generated = await _generated_with(call, confirmation_id)
        if generated is None:
            raise state.not_found("shipmentId", confirmation_id)
        plan = history.plan_record(generated[0], call.caller.seller_id)
        created = next((plan, one) for one in plan.shipments if one.confirmation_id == confirmation_id)
    call.marketplace_ids = (created[0].storefront.marketplace.marketplace_id,)
    return created


def _created_with(call: Operation, confirmation_id: str) -> tuple[PlanRecord, ShipmentRecord] | None:
    created = store_of(call).confirmed_shipments(call.caller.seller_id)
    return next((pair for pair in created if pair[1].confirmation_id == confirmation_id), None)


async def _generated_with(call: Operation, confirmation_id: str) -> tuple[Plan, Shipment] | None:
    storefronts = [storefront_of(call, each) for each in call.caller.marketplace_ids]
    plans = await asyncio.to_thread(data.plans_with, storefronts, (confirmation_id,), now_of(call))
    found = ((plan, one) for plan in plans for one in plan.shipments)
    return next((pair for pair in found if pair[1].confirmation_id == confirmation_id), None)


async def _page(
    call: Operation,
    wanted: state.Shipments,
    name: str,
    rows: Callable[[_Listed], list[Row]],
    time: Callable[[_Listed], int],
) -> Answer:
    """The token holds the whole query: a call for the next page repeats only the marketplace."""
    call.marketplace_ids = (wanted.marketplace_id,)
    storefront, first, as_of = storefront_of(call, wanted.marketplace_id), 0, float(now_of(call))
    arguments = {"MarketplaceId": wanted.marketplace_id}
    if wanted.token is not None:
        resumed = read_next_token(call.sandbox, call.name, arguments, wanted.token, name="NextToken")
        (first, start, end, bits), as_of = resumed.position, resumed.as_of
        statuses = frozenset(status for status, bit in _BITS.items() if bits & bit)
        wanted = wanted._replace(start=start, end=end, statuses=statuses)

    # Ids do not fit into a token: shipments requested by id are on one page.
    size = len(wanted.ids) or data.V0_PAGE_SIZE
    created = [
        pair
        for pair in store_of(call).confirmed_shipments(call.caller.seller_id)
        if pair[0].storefront.marketplace is storefront.marketplace
    ]

    def search() -> list[Row]:
        matching = (
            row
            for one in _listed(storefront, created, wanted, int(as_of))
            if wanted.start <= time(one) <= wanted.end
            and (not wanted.statuses or one.status in wanted.statuses)
            for row in rows(one)
        )
        # A shipment requested by id may have several items, but only shipments are requested by id.
        return list(islice(matching, first, first + size + 1))

    found = await asyncio.to_thread(search)
    payload: dict[str, Any] = {name: found[:size]}
    if len(found) > size:
        position = [first + size, wanted.start, wanted.end, sum(_BITS[one] for one in wanted.statuses)]
        payload["NextToken"] = next_token(call.sandbox, call.name, arguments, position, as_of)
    return 200, {"payload": payload}


def _listed(
    storefront: Storefront,
    created: list[tuple[PlanRecord, ShipmentRecord]],
    wanted: state.Shipments,
    now: int,
) -> Iterator[_Listed]:
    """Shipments with the ids; without ids, those that may be in the range. Created ones come last."""
    if wanted.ids:
        for plan in data.plans_with([storefront], wanted.ids, now):
            yield from (
                _of_generated(plan, one, now) for one in plan.shipments if one.confirmation_id in wanted.ids
            )
    else:
        # Shipments that are not closed yet were delivered recently.
        is_open = wanted.statuses and Status.CLOSED not in wanted.statuses
        for plan in plans_seen(storefront, max(wanted.start, now) if is_open else wanted.start, now):
            yield from (_of_generated(plan, shipment, now) for shipment in plan.shipments)
    for created_plan, shipment in created:
        is_wanted = not wanted.ids or shipment.confirmation_id in wanted.ids
        if is_wanted and (created_plan.carriers_confirmed_at or now) <= now:
            yield _of_created(created_plan, shipment, now)


def _of_generated(plan: Plan, shipment: Shipment, now: int) -> _Listed:
    return _Listed(
        shipment.confirmation_id,
        shipment.status(now),
        shipment.updated_at(now),
        shipment.items_updated_at(now),
        lambda: v0.shipment_info(plan, shipment, now),
        lambda: [v0.item(shipment, now)],
    )


def _of_created(plan: PlanRecord, shipment: ShipmentRecord, now: int) -> _Listed:
    updated = int(max(shipment.updated_at(now), plan.carriers_confirmed_at or 0))
    row = created_shipment(plan, shipment)
    received = shipment.received_at
    return _Listed(
        shipment.confirmation_id or "",
        shipment.status(now),
        updated,
        int(max(updated, received)) if received is not None and received <= now else updated,
        lambda: v0.created_info(plan, shipment, now),
        lambda: [v0.created_item(shipment, item, row.units(item, now).received) for item in row.items],
    )
