"""getOrderMetrics: one answer, no pages."""

from __future__ import annotations

import asyncio

from starlette.routing import BaseRoute, Route

from amazon_sandbox.core.clock import instant
from amazon_sandbox.sales import data, state
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint, storefront_of

NAME = "getOrderMetrics"


async def get_order_metrics(call: Operation) -> Answer:
    """Units, items, orders and sales by interval; recent ones still change."""
    now = call.sandbox.clock.now()
    wanted = state.read(call.request.query_params, call.caller, instant(now))
    call.marketplace_ids = (wanted.marketplace_id,)
    entries = await asyncio.to_thread(
        data.metrics,
        storefront_of(call, wanted.marketplace_id),
        wanted.start,
        wanted.end,
        wanted.granularity,
        wanted.zone,
        wanted.filter,
        int(now),
        sunday_first=wanted.sunday_first,
    )
    return 200, {"payload": entries}


def _find_subject(call: Operation) -> None:
    call.marketplace_ids = tuple(call.request.query_params.get("marketplaceIds", "").split(","))


routes: list[BaseRoute] = [
    Route(data.PATH, endpoint(NAME, get_order_metrics, _find_subject), methods=["GET"])
]
