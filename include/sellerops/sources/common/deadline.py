"""How long a call may be under way. A call that creates something passes a fence right before it is sent.

The hunt for a lost create begins ``orphan_after`` the fence; by then the create must have ended. So the
fence stamps the moment of sending in the ledger and says how many real seconds are left for the call: sockets
do not run faster because the clock of a local Amazon does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sellerops.base.clock import Clock
from sellerops.base.errors import AmazonUnavailable

# From the fence to the end of the call, at real pace.
SEND_LIMIT = 60.0
# The same on a clock that is faster than real time, in real seconds: what a local Amazon needs under load.
SHORTEST_SEND = 10.0
# Longer than a create may take, and than Amazon needs to list what it made.
ORPHAN_AFTER = timedelta(seconds=90)
# The same in lengths of a call.
LISTED_WITHIN = ORPHAN_AFTER.total_seconds() / SEND_LIMIT
# Any other call: connection, answer and body together. A body that drips never runs into a read time-out.
CALL_LIMIT = 180.0

# Confirms that a create is still the caller's to send; how many real seconds sending it may take. Raises when
# it is no longer.
Fence = Callable[[], Awaitable[float]]


class Deadline:
    """``asyncio.timeout`` that ends as AmazonUnavailable."""

    def __init__(self, seconds: float, where: str) -> None:
        self._timeout, self._seconds, self._where = asyncio.timeout(seconds), seconds, where

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        try:
            await self._timeout.__aexit__(*error)
        except TimeoutError:
            raise AmazonUnavailable(
                f"no answer came within {self._seconds:.0f} s.", where=self._where, sent=True
            ) from None


@asynccontextmanager
async def sending(fence: Fence | None, where: str) -> AsyncIterator[None]:
    """Around one exchange and nothing else: token, lease and log have their own limits."""
    seconds = await fence() if fence else CALL_LIMIT
    async with Deadline(seconds, where):
        yield


def send_seconds(clock: Clock) -> float:
    """Real seconds from the fence to the end of a create."""
    return max(SHORTEST_SEND, SEND_LIMIT / clock.speed) if clock.speed > 1 else SEND_LIMIT


def orphan_after(clock: Clock) -> timedelta:
    """How long after the fence, by ``clock``, a create whose answer is lost has ended and is listed."""
    return max(ORPHAN_AFTER, timedelta(seconds=send_seconds(clock) * LISTED_WITHIN * clock.speed))
