"""Time passes where somebody sleeps, and nowhere else: no test waits, however long Amazon takes.

On a fast clock, the milliseconds of a busy machine would be seconds at Amazon, and calls that were spread in
time would arrive together.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sellerops.inbound import amazon_lists
from sellerops.ledger import Ledger, waits
from sellerops.rate_limits import waiting
from sellerops.writes import writer

if TYPE_CHECKING:
    from integration.inbound.walks import Harbour

# Seconds of the clock by which it moves at least: who wakes a little later only sleeps a little longer.
STEP = 0.5
# How often the loop turns without a call or a thread before everybody counts as asleep.
_QUIET_TURNS = 25


class Timekeeper:
    """Moves both clocks of a harbour on to the next moment that somebody waits for, once all are asleep."""

    def __init__(self, harbour: Harbour) -> None:
        self._harbour = harbour
        self._sleeping: list[tuple[datetime, int, asyncio.Event]] = []
        self._numbers = count()
        self._busy = 0

    def forget(self) -> None:
        """Whoever slept on an event loop that has ended does not wake any more."""
        self._sleeping.clear()
        self._busy = 0

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            await self._wait_until_asleep()
            now = self._harbour.ledger.clock().now()
            until = max(self._sleeping[0][0], now + timedelta(seconds=STEP))
            self._harbour.jump(seconds=(until - now).total_seconds())
            now = self._harbour.ledger.clock().now()
            while self._sleeping and self._sleeping[0][0] <= now:
                heapq.heappop(self._sleeping)[2].set()

    async def sleep_until(self, ledger: Ledger, moment: datetime) -> None:
        woken = asyncio.Event()
        heapq.heappush(self._sleeping, (moment, next(self._numbers), woken))
        await woken.wait()

    async def sleep_for(self, _: Any, seconds: float) -> None:
        now = self._harbour.ledger.clock().now()
        await self.sleep_until(self._harbour.ledger, now + timedelta(seconds=seconds))

    def while_busy(self, real: Any) -> Any:
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._busy += 1
            try:
                return await real(*args, **kwargs)
            finally:
                self._busy -= 1

        return wrapped

    async def _wait_until_asleep(self) -> None:
        quiet = 0
        while quiet < _QUIET_TURNS:
            is_quiet = not self._busy and self._sleeping
            quiet = quiet + 1 if is_quiet else 0
            # While calls are under way the loop must not spin.
            await asyncio.sleep(0 if is_quiet else 0.001)


# The one of the test that runs, which `go` of walks.py follows.
current: list[Timekeeper] = []


@contextmanager
def time_in_sleeps_alone(harbour: Harbour) -> Iterator[Timekeeper]:
    """Within the block both clocks stand still but for the keeper's steps."""
    harbour.sandbox.clock(freeze=True)
    harbour.follow_clock()
    keeper = Timekeeper(harbour)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waits, "_CLOCK_AGE", 0.0)
        for module in (waits, amazon_lists, writer):
            patch.setattr(module, "sleep_until", keeper.sleep_until)
        patch.setattr(waiting, "_sleep", keeper.sleep_for)
        patch.setattr(asyncio, "to_thread", keeper.while_busy(asyncio.to_thread))
        patch.setattr(httpx.AsyncClient, "send", keeper.while_busy(httpx.AsyncClient.send))
        current.append(keeper)
        try:
            yield keeper
        finally:
            current.remove(keeper)
