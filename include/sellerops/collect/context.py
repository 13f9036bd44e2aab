"""What every step of collecting uses: its tools, its job, the ledger's clock, and pauses."""

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

# Real seconds: the clock of a local Amazon may jump, so sleeps on it are this short, and it is read this
# often.
_LONGEST_SLEEP = 1.0
_CLOCK_AGE = 1.0
# As many as the ledger's pool has connections.
_THREADS = 4
# Real seconds that a worker waits for a token before it defers; a deferral takes 10 or more.
_WORKER_WAITS = 2.0


@dataclass(frozen=True)
class Tools:
    """What a slice is collected with; the whole process shares ``ledger`` and ``limits``."""

    spec: ReportSpec
    account: Account
    client: Client
    ledger: Ledger
    limits: QuotaLedger
    archive: Archive

    @property
    def report_api(self) -> ReportApi[Any]:
        """The API that the report is requested from."""
        return source_of(self.spec.source).report_api(self.spec)


@dataclass(frozen=True)
class Job:
    """One slice for one run.

    ``reference``: the end of the run's data interval; a document reported since then serves this run, however
    late the run is retried.
    """

    slice_: Slice
    run: RunRef
    reference: datetime | None = None


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


def call_on_worker(tools: Tools, work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run calls on a worker. Throttled when a token is not free within moments: the slice then waits in the
    triggerer, which occupies no slot.
    """
    with max_token_wait(_WORKER_WAITS * tools.ledger.clock().speed):
        return run_blocking(work)


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


def key_of(spec: ReportSpec, slice_: Slice) -> RequestKey:
    """What identifies the requests for this slice."""
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
    """The time since when a document of the same key may be reused.

    A snapshot describes its own moment, so its age counts from there. A window's document may be reused for
    ``fresh_for``. One reported after the run's reference is what this run wanted, so a run that is killed and
    retried hours later does not create a second report.
    """
    if job.slice_.snapshot_at:
        return datetime.fromisoformat(job.slice_.snapshot_at) - spec.request.fresh_for
    since = moment - spec.request.fresh_for
    return min(since, job.reference) if job.reference else since


def deadline_of(tools: Tools, request: ReportRequest) -> datetime | None:
    """When Amazon stops serving the request's window; among waiting backfills the earliest goes first."""
    return request.window_start + tools.spec.period.history if request.window_start else None


def poll_offset(request: ReportRequest) -> float:
    """A number in [0, 1), always the same for a request, so that waits that began together poll at different
    times.
    """
    digest = hashlib.sha256(f"report_request {request.id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def backoff_pause(attempt: int, share: float) -> timedelta:
    """5 s, 10 s, 20 s ... 5 min on the ledger's clock, each extended by up to half."""
    return timedelta(seconds=min(300.0, 5.0 * 2 ** min(attempt, 10)) * (1 + share / 2))
