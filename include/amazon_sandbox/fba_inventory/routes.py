"""getInventorySummaries: pages of 50, whose tokens are valid for 30 seconds."""

from __future__ import annotations

import asyncio

from starlette.routing import BaseRoute, Route

from amazon_sandbox.core.clock import instant
from amazon_sandbox.fba_inventory import data, state
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint, storefront_of

NAME = "getInventorySummaries"


async def get_inventory_summaries(call: Operation) -> Answer:
    """Current stock; the following pages show it as of the first one."""
    sandbox, now = call.sandbox, call.sandbox.clock.now()
    wanted = state.read(call.request.query_params, call.caller, instant(now))
    call.marketplace_ids = (wanted.marketplace_id,)
    first, as_of = 0, now
    if wanted.token is not None:
        resumed = read_next_token(sandbox, NAME, wanted.arguments, wanted.token, lifetime=data.TOKEN_SECONDS)
        first, as_of = resumed.position[0], resumed.as_of
    storefront = storefront_of(call, wanted.marketplace_id)
    others = [storefront_of(call, each) for each in call.caller.marketplace_ids]
    rows = await asyncio.to_thread(
        data.summaries, storefront, int(as_of), details=wanted.details, others=others
    )
    if wanted.skus:
        rows = [row for row in rows if row["sellerSku"] in wanted.skus]
    if wanted.since:
        since = wanted.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        rows = [row for row in rows if row["lastUpdatedTime"] >= since]
    body: dict[str, object] = {
        "payload": {
            "granularity": {"granularityType": "Marketplace", "granularityId": wanted.marketplace_id},
            "inventorySummaries": rows[first : first + data.PAGE_SIZE],
        }
    }
    if first + data.PAGE_SIZE < len(rows):
        token = next_token(sandbox, NAME, wanted.arguments, [first + data.PAGE_SIZE], as_of)
        body["pagination"] = {"nextToken": token}
    return 200, body


def _find_subject(call: Operation) -> None:
    call.marketplace_ids = tuple(call.request.query_params.get("marketplaceIds", "").split(","))


routes: list[BaseRoute] = [
    Route(data.PATH, endpoint(NAME, get_inventory_summaries, _find_subject), methods=["GET"])
]
