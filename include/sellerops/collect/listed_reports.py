"""Collects reports that Amazon creates on its own schedule (settlements): listed, never requested."""

from __future__ import annotations

import logging
from datetime import timedelta

from sellerops.base.errors import Throttled
from sellerops.collect.archiving import archive_document
from sellerops.collect.context import Job, Tools, call_on_worker
from sellerops.collect.document_tokens import reserve_token
from sellerops.collect.listing import find_listed
from sellerops.collect.outcomes import Done, Outcome, WaitFor, WaitOutcome, WaitResult, stored_error
from sellerops.collect.slice_states import SliceStates
from sellerops.ledger import ReportRequest, RequestStatus, SliceState
from sellerops.ledger.waits import off_loop

log = logging.getLogger(__name__)

_JUST_NOW = timedelta(minutes=10)


class ListedReports:
    """Collects one slice of reports that Amazon creates on its own schedule; ``advance`` and ``wait`` as in
    Collector.
    """

    def __init__(self, tools: Tools, job: Job, states: SliceStates) -> None:
        self._tools, self._job, self._states = tools, job, states

    def advance(self, ids: tuple[int, ...]) -> Done | WaitFor:
        job = self._job
        if not ids and self._was_just_empty():
            return Done((), Outcome.EMPTY)
        requests = [self._tools.ledger.get_request(one) for one in ids] if ids else self._list_now()
        if requests is None:
            return WaitFor((), f"quota to list {self._tools.spec.report_type}")
        if not requests:
            self._states.record(job, SliceState.CONFIRMED_EMPTY, None)
            return Done((), Outcome.EMPTY)
        every = tuple(request.id for request in requests)
        for request in requests:
            if request.status is RequestStatus.DONE and not archive_document(
                self._tools, request, job.slice_
            ):
                self._states.record(job, SliceState.REQUESTED, request.id)
                return WaitFor(every, f"quota for the document of request {request.id}")
            if request.status in (RequestStatus.FATAL, RequestStatus.FAILED):
                raise stored_error(request)
        return Done(every, Outcome.DOCUMENTS)

    async def wait(self, ids: tuple[int, ...]) -> WaitResult:
        if not ids:
            ids = tuple(request.id for request in await find_listed(self._tools, self._job))
        if not ids:
            return WaitResult(WaitOutcome.EMPTY, "Amazon lists no report in this window")
        for one in ids:
            request = await off_loop(self._tools.ledger.get_request, one)
            if request.status is RequestStatus.DONE:
                await reserve_token(self._tools, request)
                break
        return WaitResult(WaitOutcome.READY, f"{len(ids)} reports are listed", ids)

    def _list_now(self) -> list[ReportRequest] | None:
        """List the reports on the worker; None if there is no quota for it now."""
        try:
            return call_on_worker(self._tools, lambda: find_listed(self._tools, self._job))
        except Throttled as error:
            log.info("%s: %s", self._job.slice_.label, error.cause)
            return None

    def _was_just_empty(self) -> bool:
        """Whether this run's wait found no reports a moment ago: listing again would waste a lease."""
        slice_, moment = self._job.slice_, self._tools.ledger.clock().now()
        rows = self._tools.ledger.slice_states(
            report=slice_.report,
            account_id=slice_.account_id,
            first_day=slice_.days[0],
            last_day=slice_.days[-1],
            states=(SliceState.CONFIRMED_EMPTY,),
        )
        marketplace_id = slice_.marketplace.id if slice_.marketplace else ""
        return any(
            row.run_id == self._job.run.run_id
            and row.marketplace_id == marketplace_id
            and moment - row.updated_at < _JUST_NOW
            for row in rows
        )
