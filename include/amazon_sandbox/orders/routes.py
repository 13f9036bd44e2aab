"""searchOrders (2026-01-01) and getOrders (v0): pages of at most 100 orders."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.core.clock import instant, iso_micro
from amazon_sandbox.orders import data, render, state
from amazon_sandbox.orders.data import Found
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint, storefront_of


async def search_orders(call: Operation) -> Answer:
    """Orders with their items; personal data is refused."""
    wanted = state.read_search(call.request.query_params, call.caller, instant(call.sandbox.clock.now()))
    page, token = await _page(call, wanted, "paginationToken")
    body: dict[str, Any] = {"orders": [render.order(found, wanted.included) for found in page]}
    if token:
        body["pagination"] = {"nextToken": token}
    end = "lastUpdatedBefore" if wanted.search.by_update else "createdBefore"
    body[end] = _written(wanted)
    return 200, body


async def get_orders(call: Operation) -> Answer:
    """Orders without their items."""
    wanted = state.read_v0(call.request.query_params, call.caller, instant(call.sandbox.clock.now()))
    page, token = await _page(call, wanted, "NextToken")
    payload: dict[str, Any] = {"Orders": [render.v0_order(found) for found in page]}
    if token:
        payload["NextToken"] = token
    payload["LastUpdatedBefore" if wanted.search.by_update else "CreatedBefore"] = _written(wanted)
    return 200, {"payload": payload}


async def _page(call: Operation, wanted: state.SearchRequest, name: str) -> tuple[list[Found], str | None]:
    """The page and the token of the next one; every page shows the orders as of the first one."""
    call.marketplace_ids = wanted.marketplace_ids
    position, as_of = None, call.sandbox.clock.now()
    if wanted.token is not None:
        resumed = read_next_token(call.sandbox, call.name, wanted.arguments, wanted.token, name=name)
        position, as_of = (resumed.position[0], resumed.position[1]), resumed.as_of
    storefronts = [storefront_of(call, marketplace_id) for marketplace_id in wanted.marketplace_ids]
    page, following = await asyncio.to_thread(
        data.search, storefronts, wanted.search, int(as_of), position, wanted.size
    )
    if following is None:
        return page, None
    return page, next_token(call.sandbox, call.name, wanted.arguments, following, as_of)


def _written(wanted: state.SearchRequest) -> str:
    return iso_micro(wanted.ends_at.timestamp())[:19] + "Z"


def _find_subject(call: Operation) -> None:
    query = call.request.query_params
    storefronts = query.get("marketplaceIds") or query.get("MarketplaceIds") or ""
    call.marketplace_ids = tuple(storefronts.split(","))


routes: list[BaseRoute] = [
    Route(data.SEARCH_PATH, endpoint("searchOrders", search_orders, _find_subject), methods=["GET"]),
    Route(data.V0_PATH, endpoint("getOrders", get_orders, _find_subject), methods=["GET"]),
]
