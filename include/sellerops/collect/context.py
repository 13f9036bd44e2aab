"""What every step of collecting uses: tools, the job, request keys and pauses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sellerops.archive import Archive
from sellerops.calendar.slices import Slice
from sellerops.ledger import Ledger, ReportRequest, RequestKey, RunRef
from sellerops.ledger.logins import JobRef
from sellerops.rate_limits import QuotaLedger, max_token_wait
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec
from sellerops.sources.common.placeholders import options_of
from sellerops.sources.common.report_api import Client, Query, ReportApi
from sellerops.sources.common.sessions import run_blocking
from sellerops.sources.registry import source_of

_Result = TypeVar("_Result")

# Real seconds that a worker waits for a token before it defers; a deferral takes 10 or more.
_WORKER_WAITS = 2.0


@dataclass(frozen=True)
class Tools:
    """Everything needed to collect a slice; the whole process shares ``ledger`` and ``limits``."""

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
    """One slice collected by one run.

    ``reference``: the end of the run's data interval; a document reported since then serves this run, however
    late the run is retried.
    """

    slice_: Slice
    run: RunRef
    reference: datetime | None = None


def call_on_worker(tools: Tools, work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run calls on a worker. Raises Throttled if no token is free within moments; the slice then waits in the
    triggerer, which occupies no slot.
    """
    with max_token_wait(_WORKER_WAITS * tools.ledger.clock().speed):
        return run_blocking(work)


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
    """The earliest report time at which a document of the same key may be reused.

    A snapshot describes the moment it is taken for, so its age is measured from there. A window's document
    may be reused for ``fresh_for``. A document reported after the run's reference is what this run wanted, so
    a run that is killed and retried hours later does not create a second report.
    """
    if job.slice_.snapshot_at:
        return datetime.fromisoformat(job.slice_.snapshot_at) - spec.request.fresh_for
    since = moment - spec.request.fresh_for
    return min(since, job.reference) if job.reference else since


def deadline_of(tools: Tools, request: ReportRequest) -> datetime | None:
    """When Amazon stops serving the request's window. Among waiting backfills the earliest deadline goes
    first.
    """
    return request.window_start + tools.spec.period.history if request.window_start else None


def poll_offset(request: ReportRequest) -> float:
    """A number in [0, 1), constant per request, so that waits that started together poll at different
    times.
    """
    digest = hashlib.sha256(f"report_request {request.id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def backoff_pause(attempt: int, share: float) -> timedelta:
    """5 s, 10 s, 20 s ... 5 min on the ledger's clock, each extended by up to half."""
    return timedelta(seconds=min(300.0, 5.0 * 2 ** min(attempt, 10)) * (1 + share / 2))


def job_ref(job: Job, page: str, request_id: int) -> JobRef:
    """The reference under which a browser job for a request is recorded."""
    run, slice_ = job.run, job.slice_
    return JobRef(
        "download",
        account_id=slice_.account_id,
        marketplace_id=slice_.marketplace.id if slice_.marketplace else None,
        report=slice_.report,
        page=page,
        request_id=request_id,
        dag_id=run.dag_id,
        run_id=run.run_id,
        task_id=run.task_id,
        map_index=run.map_index,
        task_try=run.try_number,
    )
