"""The synchronous ledger for coroutines: its statements in threads, its clock, and sleeps on that clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from sellerops.base.clock import Clock
from sellerops.ledger.ledger import Ledger

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")

# Real seconds: the clock of a local Amazon may jump, so sleeps on it are this short, and it is read this
# often.
_LONGEST_SLEEP = 1.0
_CLOCK_AGE = 1.0
# As many as the ledger's pool has connections.
_THREADS = 4


class _Shared:
    """What the waits on one event loop share: a few threads for the ledger, and its clock."""

    def __init__(self) -> None:
        self.threads = asyncio.Semaphore(_THREADS)
        self.reading = asyncio.Lock()
        self.clocks: WeakKeyDictionary[Ledger, tuple[float, Clock]] = WeakKeyDictionary()


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()


def _of_loop() -> _Shared:
    return _shared.setdefault(asyncio.get_running_loop(), _Shared())


async def off_loop(
    work: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
) -> _Result:
    """Run ``work`` in a thread: the ledger is synchronous and must not block the triggerer's loop.

    Only a few run at a time: handing over a thousand at once would itself block the loop, and others use the
    threads too.
    """
    async with _of_loop().threads:
        return await asyncio.to_thread(work, *args, **kwargs)


async def clock_of(ledger: Ledger) -> Clock:
    """The ledger's clock, at most a second old; all waits of the loop share one reading."""
    shared = _of_loop()
    known = _young_clock(shared, ledger)
    if known:
        return known
    stale = shared.clocks.get(ledger)
    if stale and shared.reading.locked():
        return stale[1]  # another wait is reading it already
    async with shared.reading:
        known = _young_clock(shared, ledger)
        if known is None:
            known = await off_loop(ledger.clock)
            shared.clocks[ledger] = (time.monotonic(), known)
        return known


def _young_clock(shared: _Shared, ledger: Ledger) -> Clock | None:
    read_at, clock = shared.clocks.get(ledger, (0.0, None))
    return clock if clock and time.monotonic() - read_at < _CLOCK_AGE else None


async def now(ledger: Ledger) -> datetime:
    """The ledger's time."""
    return (await clock_of(ledger)).now()


async def sleep_until(ledger: Ledger, moment: datetime) -> None:
    """Sleep until the ledger's clock shows ``moment``; a virtual clock is read every second."""
    while True:
        clock = await clock_of(ledger)
        left = (moment - clock.now()).total_seconds()
        if left <= 0:
            return
        await asyncio.sleep(nap_of(clock, left))


def nap_of(clock: Clock, left: float) -> float:
    """Real seconds to sleep for ``left`` seconds of ``clock``; at most one if it is virtual and may jump."""
    nap = clock.real_seconds(left)
    return min(nap, _LONGEST_SLEEP) if clock.is_virtual else nap
