"""What every step of collecting has at hand."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice
from sellerops.ledger import Ledger, ReportRequest, RequestKey, RunRef
from sellerops.rate_limits import QuotaLedger, max_token_wait
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec
from sellerops.sources.common.placeholders import options_of
from sellerops.sources.common.report_api import Client, Query, ReportApi
from sellerops.sources.common.sessions import run_blocking
from sellerops.sources.registry import source_of

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")

# A clock that runs beside a local Amazon's may be jumped: it is looked at again this often (real seconds).
_LONGEST_SLEEP = 1.0
_CLOCK_AGE = 1.0
# As many as the ledger's pool has connections.
_PLACES = 4
# Real seconds that a worker waits for a token before it gives its slot away: a deferral takes 10 or more.
_WORKER_WAITS = 2.0


@dataclass(frozen=True)
class Tools:
    """The parts a slice is collected with; ``ledger`` and ``limits`` are shared by a whole process."""

    spec: ReportSpec
    account: Account
    client: Client
    ledger: Ledger
    limits: QuotaLedger
    archive: Archive

    @property
    def report_api(self) -> ReportApi[Any]:
        """How the report's source is asked for it."""
        return source_of(self.spec.source).report_api(self.spec)


@dataclass(frozen=True)
class Job:
    """One slice on behalf of one run.

    ``reference``: the end of the run's data interval; a document reported since then serves this run, however
    late it is tried again.
    """

    slice_: Slice
    run: RunRef
    reference: datetime | None = None


class _Shared:
    """What the waits on one event loop share: a few places at the ledger, and what its clock said."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(_PLACES)
        self.reading = asyncio.Lock()
        self.clocks: WeakKeyDictionary[Ledger, tuple[float, Clock]] = WeakKeyDictionary()


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()


def _of_loop() -> _Shared:
    return _shared.setdefault(asyncio.get_running_loop(), _Shared())


async def off_loop(
    work: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
) -> _Result:
    """``work`` in a thread: the ledger is synchronous, and nothing of it may run on the triggerer's loop.

    A few at a time: handing a thousand to the threads at once would itself hold up the loop, and the threads
    are not ours alone.
    """
    async with _of_loop().places:
        return await asyncio.to_thread(work, *args, **kwargs)


def call_on_worker(tools: Tools, work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run calls on a worker. Throttled when a token for one of them is not free within moments: then the
    slice waits in the triggerer, which holds no slot.
    """
    with max_token_wait(_WORKER_WAITS * tools.ledger.clock().speed):
        return run_blocking(work)


async def clock_of(ledger: Ledger) -> Clock:
    """The ledger's clock, at most a second old: read once for all waits of the loop."""
    shared = _of_loop()
    known = _young_clock(shared, ledger)
    if known:
        return known
    stale = shared.clocks.get(ledger)
    if stale and shared.reading.locked():
        return stale[1]  # somebody asks already; nobody stands in line for a clock
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
    """Sleep until the ledger's clock shows ``moment``; a virtual clock is looked at every second."""
    while True:
        clock = await clock_of(ledger)
        left = (moment - clock.now()).total_seconds()
        if left <= 0:
            return
        await asyncio.sleep(_nap(clock, left))


def _nap(clock: Clock, left: float) -> float:
    nap = clock.real_seconds(left)
    return min(nap, _LONGEST_SLEEP) if clock.is_virtual else nap


def key_of(spec: ReportSpec, slice_: Slice) -> RequestKey:
    """What makes two requests for this slice the same."""
    return RequestKey(
        source=spec.source,
        report_type=spec.report_type,
        account_id=slice_.account_id,
        marketplace_ids=slice_.marketplace_ids,
        window_start=slice_.start,
        window_end=slice_.end,
        options=options_of(spec, slice_),
    )


def query_for(tools: Tools, job: Job, request: ReportRequest) -> Query:
    """What to create for a request of the job's slice."""
    return tools.report_api.query(tools.spec, job.slice_, request.options)


def fresh_after(spec: ReportSpec, job: Job, moment: datetime) -> datetime:
    """From when on a document of the same key may be used again.

    A snapshot stands for its own moment, so age counts from there. A window's document may be used for
    ``fresh_for``; and one reported after the run's reference is what this run wanted, so that a run killed
    half way and tried again hours later does not ask Amazon a second time.
    """
    if job.slice_.snapshot_at:
        return datetime.fromisoformat(job.slice_.snapshot_at) - spec.request.fresh_for
    young = moment - spec.request.fresh_for
    return min(young, job.reference) if job.reference else young


def deadline_of(tools: Tools, request: ReportRequest) -> datetime | None:
    """When Amazon no longer serves the request's window; of waiting backfills the soonest goes first."""
    return request.window_start + tools.spec.period.history if request.window_start else None


def poll_offset(request: ReportRequest) -> float:
    """A number in [0, 1), always the same for a request: waits that began together are polled apart."""
    digest = hashlib.sha256(f"report_request {request.id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def backoff_pause(attempt: int, share: float) -> timedelta:
    """5 s, 10 s, 20 s ... 5 min of the ledger's clock, each stretched by up to a half."""
    return timedelta(seconds=min(300.0, 5.0 * 2 ** min(attempt, 10)) * (1 + share / 2))
