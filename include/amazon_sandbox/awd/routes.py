"""listInventory, listInboundShipments and getInboundShipment."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.awd import data, state
from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.simulation import awd
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint, storefront_of


async def list_inventory(call: Operation) -> Answer:
    """Today's stock by SKU."""
    wanted = state.read_inventory(call.request.query_params)
    first, as_of = _first_row(call, wanted.token, wanted.arguments)
    stocks = await asyncio.to_thread(awd.stock_at, _store(call), int(as_of))
    rows = [
        data.inventory_summary(stock, details=wanted.details)
        for stock in sorted(stocks, key=lambda one: one.sku.listing.sku, reverse=wanted.is_descending)
        if wanted.sku in (None, stock.sku.listing.sku)
    ]
    return 200, _page(call, "inventory", rows, first, wanted.size, as_of, wanted.arguments)


async def list_inbound_shipments(call: Operation) -> Answer:
    """Shipments by last change, or by creation."""
    wanted = state.read_shipments(call.request.query_params)
    first, as_of = _first_row(call, wanted.token, wanted.arguments)
    now = int(as_of)
    found = [
        shipment
        for shipment in await asyncio.to_thread(awd.shipments_seen, _store(call), now)
        if wanted.status in (None, shipment.status(now))
        and (wanted.after is None or shipment.updated_at(now) >= wanted.after.timestamp())
        and (wanted.before is None or shipment.updated_at(now) <= wanted.before.timestamp())
    ]
    if wanted.by_update:
        found.sort(key=lambda shipment: shipment.updated_at(now))
    if wanted.is_descending:
        found.reverse()
    rows = [data.shipment_summary(shipment, now) for shipment in found]
    return 200, _page(call, "shipments", rows, first, wanted.size, as_of, wanted.arguments)


async def get_inbound_shipment(call: Operation) -> Answer:
    """One shipment, with its SKUs if they are requested."""
    with_skus = state.read_with_skus(call.request.query_params)
    wanted, now = call.request.path_params["shipment_id"], int(call.sandbox.clock.now())
    storefront = _store(call)
    for shipment in await asyncio.to_thread(awd.shipments_seen, storefront, now):
        if shipment.shipment_id == wanted:
            return 200, data.shipment_details(storefront, shipment, now, with_skus=with_skus)
    raise ApiError(404, "NotFound", "Resource not found.", f"shipmentId {wanted[:100]}")


def _store(call: Operation) -> Storefront:
    """AWD's SKUs are those of the seller's first storefront."""
    return storefront_of(call, call.caller.marketplace_ids[0])


def _first_row(call: Operation, token: str | None, arguments: dict[str, Any]) -> tuple[int, float]:
    """The first row of the page, and the moment that all pages show."""
    if token is None:
        return 0, call.sandbox.clock.now()
    resumed = read_next_token(call.sandbox, call.name, arguments, token)
    return resumed.position[0], resumed.as_of


def _page(
    call: Operation,
    name: str,
    rows: list[dict[str, Any]],
    first: int,
    size: int,
    as_of: float,
    arguments: dict[str, Any],
) -> dict[str, Any]:
    body: dict[str, Any] = {name: rows[first : first + size]}
    if first + size < len(rows):
        body["nextToken"] = next_token(call.sandbox, call.name, arguments, [first + size], as_of)
    return body


def _find_subject(call: Operation) -> None:
    """AWD calls name no marketplace."""


routes: list[BaseRoute] = [
    Route(data.INVENTORY_PATH, endpoint("listInventory", list_inventory, _find_subject), methods=["GET"]),
    Route(
        data.SHIPMENTS_PATH,
        endpoint("listInboundShipments", list_inbound_shipments, _find_subject),
        methods=["GET"],
    ),
    Route(
        f"{data.SHIPMENTS_PATH}/{{shipment_id}}",
        endpoint("getInboundShipment", get_inbound_shipment, _find_subject),
        methods=["GET"],
    ),
]
