"""How long a call may take. A call that creates something passes a fence right before it is sent.

The search for a lost create begins when ``orphan_after`` has passed since the fence, and the create must have
ended by then. The fence therefore stamps the time of sending in the ledger and returns how many real seconds
are left for the call: sockets do not run faster when a local Amazon's clock does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sellerops.base.clock import Clock
from sellerops.base.errors import AmazonUnavailable

# Seconds from the fence to the end of the call, on a real-time clock.
SEND_LIMIT = 60.0
# The minimum on a clock faster than real time, in real seconds: what a local Amazon needs under load.
SHORTEST_SEND = 10.0
# Longer than a create may take plus the time until Amazon lists the new report.
ORPHAN_AFTER = timedelta(seconds=90)
# The same as a multiple of SEND_LIMIT.
LISTED_WITHIN = ORPHAN_AFTER.total_seconds() / SEND_LIMIT
# Seconds for any other call: connection, answer and body. A body that arrives in trickles never hits a read
# time-out.
CALL_LIMIT = 180.0

# Confirms that the caller may still send its create, and returns how many real seconds that may take. Raises
# if it may not.
Fence = Callable[[], Awaitable[float]]


class Deadline:
    """An ``asyncio.timeout`` that raises AmazonUnavailable."""

    def __init__(self, seconds: float, where: str) -> None:
        self._timeout, self._seconds, self._where = asyncio.timeout(seconds), seconds, where

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        try:
            await self._timeout.__aexit__(*error)
        except TimeoutError:
            raise AmazonUnavailable(
                f"did not answer within {self._seconds:.0f} s.", where=self._where, sent=True
            ) from None


@asynccontextmanager
async def sending(fence: Fence | None, where: str) -> AsyncIterator[None]:
    """Limit the time of one exchange, and of nothing else: token, lease and log have their own limits."""
    seconds = await fence() if fence else CALL_LIMIT
    async with Deadline(seconds, where):
        yield


def send_seconds(clock: Clock) -> float:
    """How many real seconds a create may take from the fence on."""
    return max(SHORTEST_SEND, SEND_LIMIT / clock.speed) if clock.speed > 1 else SEND_LIMIT


def orphan_after(clock: Clock) -> timedelta:
    """How long after the fence, on ``clock``, a create whose answer was lost has ended and is listed."""
    return max(ORPHAN_AFTER, timedelta(seconds=send_seconds(clock) * LISTED_WITHIN * clock.speed))
