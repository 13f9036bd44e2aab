"""listTransactions: pages by posting time, each requested with the arguments of the first."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.core.clock import instant
from amazon_sandbox.finances import data, state
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint, storefront_of

NAME = "listTransactions"


async def list_transactions(call: Operation) -> Answer:
    """Transactions posted in a span; a span of more than 180 days returns none, without an error."""
    sandbox, now = call.sandbox, call.sandbox.clock.now()
    parsed = state.read(call.request.query_params, call.caller, instant(now))
    call.marketplace_ids = parsed.marketplace_ids
    position, as_of, end = None, now, parsed.wanted.end
    if parsed.token is not None:
        resumed = read_next_token(sandbox, NAME, parsed.arguments, parsed.token)
        position, as_of, end = (resumed.position[0], resumed.position[1]), resumed.as_of, resumed.position[2]
    if parsed.is_empty:
        return 200, {"payload": {"transactions": []}}
    page, following = await asyncio.to_thread(
        data.transactions,
        call.caller,
        [storefront_of(call, marketplace_id) for marketplace_id in parsed.marketplace_ids],
        parsed.wanted._replace(end=end),
        int(as_of),
        position,
        data.PAGE_SIZE,
    )
    payload: dict[str, Any] = {"transactions": page}
    if following is not None:
        payload["nextToken"] = next_token(sandbox, NAME, parsed.arguments, [*following, end], as_of)
    return 200, {"payload": payload}


def _find_subject(call: Operation) -> None:
    call.marketplace_ids = tuple(call.request.query_params.get("marketplaceId", "").split(","))


routes: list[BaseRoute] = [
    Route(data.PATH, endpoint(NAME, list_transactions, _find_subject), methods=["GET"])
]
