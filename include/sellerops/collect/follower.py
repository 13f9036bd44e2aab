"""Follows one request in the triggerer until a worker has something to do or the request has ended."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sellerops.base.errors import AmazonUnavailable, GiveUpError, RequestRefused, SellerOpsError, Throttled
from sellerops.collect.arrivals import arrivals_of, sleep_until_notified
from sellerops.collect.context import Job, Tools, backoff_pause, poll_offset, query_for
from sellerops.collect.cooldowns import learn_from_cancelled
from sellerops.collect.creation import Creation
from sellerops.collect.document_tokens import reserve_token
from sellerops.collect.fatal import fatal_report_error
from sellerops.collect.further_pages import open_next_page
from sellerops.collect.outcomes import WaitOutcome, WaitResult, stored_error
from sellerops.collect.report_claims import record_fatal
from sellerops.collect.reuse import reuse
from sellerops.collect.second_look import find_evidence, open_second_look, sleep_until_second_look
from sellerops.ledger import ReportRequest, RequestStatus
from sellerops.ledger.waits import now, off_loop, sleep_until
from sellerops.sources.common.report_api import ProcessingStatus, Report

log = logging.getLogger(__name__)

# The polling interval while notifications arrive: polling catches reports whose notification was lost.
POLL_BESIDE_NOTIFICATIONS = timedelta(minutes=5)


class Follower:
    """Advances a request step by step.

    Each step depends only on the request's row in the ledger, so the process may be killed and restarted at
    any point, and several processes may follow the same request.
    """

    def __init__(self, tools: Tools, job: Job, request_id: int) -> None:
        self._tools, self._job, self._id = tools, job, request_id
        self._creation = Creation(tools, job)
        self._failures = 0
        self._notified: set[str] = set()

    async def follow(self) -> WaitResult:
        """Follow the request until READY, EMPTY or FAILED. Temporary errors are retried for the spec's
        ``give_up_after``.
        """
        started = await now(self._tools.ledger)
        while True:
            request = await off_loop(self._tools.ledger.get_request, self._id)
            try:
                result = await self._step(request)
                self._failures = 0
            except Throttled as error:
                # Not a failure: the next lease waits until the bucket has a token again.
                log.info("request %s is throttled: %s", self._id, error.cause)
                continue
            except AmazonUnavailable as error:
                result = await self._wait_out(request, error, started)
            if result:
                return result

    async def _step(self, request: ReportRequest) -> WaitResult | None:
        match request.status:
            case RequestStatus.PLANNED:
                if await sleep_until_second_look(self._tools, request):
                    return None  # the row may have changed meanwhile
                await self._tools.report_api.prepare(self._tools.client, self._job.slice_)
                if not await self._reuse(request):
                    await self._creation.create(request)
            case RequestStatus.CREATING:
                await self._creation.settle(request)
            case RequestStatus.IN_QUEUE | RequestStatus.IN_PROGRESS:
                return await self._poll(request)
            case RequestStatus.DONE:
                return await self._lease_document(request, "the document is ready")
            case RequestStatus.ARCHIVED:
                return self._result(WaitOutcome.READY, "the document is in the archive")
            case RequestStatus.CANCELLED:
                return await self._cancelled(request)
            case RequestStatus.FATAL | RequestStatus.FAILED:
                return self._result(WaitOutcome.FAILED, request.status, stored_error(request))
        return None

    async def _reuse(self, request: ReportRequest) -> bool:
        if self._tools.report_api.listing is None:
            return False
        return await reuse(self._tools, self._job, request, query_for(self._tools, self._job, request))

    async def _cancelled(self, request: ReportRequest) -> WaitResult | None:
        """Accept that there is no data, or continue with the request for a second look."""
        looks = await off_loop(find_evidence, self._tools, self._job, request)
        if looks.is_conclusive:
            return WaitResult(WaitOutcome.EMPTY, looks.evidence.cause, looks.request_ids)
        self._id = (await off_loop(open_second_look, self._tools, self._job, request)).id
        return None

    async def _poll(self, request: ReportRequest) -> WaitResult | None:
        """Sleep until the next poll, get the report's status and record it."""
        assert request.report_id is not None
        began = request.creating_at or request.created_at
        deadline = began + self._tools.spec.request.give_up_after
        moment = await now(self._tools.ledger)
        if moment >= deadline:
            return await self._give_up(request)
        await self._sleep(request, began, deadline)
        report_api = self._tools.report_api
        await self._tools.client.lease(report_api.status_operation)
        try:
            report = await report_api.get_report(self._tools.client, request)
        except RequestRefused as error:
            # Amazon does not know the id, or no longer: this request can never finish.
            await off_loop(self._tools.ledger.record_failed, request.id, error)
            raise
        return await self._record(request, report)

    async def _record(self, request: ReportRequest, report: Report) -> WaitResult | None:
        status = RequestStatus(report.status)
        if report.status is ProcessingStatus.FATAL:
            return await self._fatal(request, report)
        if report.next_token:
            # Open it before this page is recorded as DONE, so that after a crash the next poll repeats it.
            await off_loop(open_next_page, self._tools, request, report.next_token, self._job.run)
        if status is not request.status or request.reported_at is None:
            await off_loop(
                self._tools.ledger.record_status,
                request.id,
                status,
                document_id=report.document_id,
                reported_at=report.created_at,
            )
        if status is RequestStatus.CANCELLED:
            await off_loop(learn_from_cancelled, self._tools, request)
        return None

    async def _fatal(self, request: ReportRequest, report: Report) -> WaitResult | None:
        """Record a FATAL without a document. One with a document is recorded by the worker that reads
        Amazon's reason from it.

        Until then the row is IN_PROGRESS with a document id, a state that occurs in no other case.
        """
        if report.document_id is None:
            error = fatal_report_error(self._tools, self._job, report.report_id, report.reason or "")
            await off_loop(record_fatal, self._tools.ledger, request.id, None, report.created_at, error)
            raise error
        await off_loop(
            self._tools.ledger.record_status,
            request.id,
            RequestStatus.IN_PROGRESS,
            document_id=report.document_id,
            reported_at=report.created_at,
        )
        return await self._lease_document(request, "Amazon aborted the report (FATAL); its reason is ready")

    async def _lease_document(self, request: ReportRequest, detail: str) -> WaitResult:
        await reserve_token(self._tools, request)
        return self._result(WaitOutcome.READY, detail)

    async def _give_up(self, request: ReportRequest) -> WaitResult:
        hours = self._tools.spec.request.give_up_after.total_seconds() / 3600
        error = GiveUpError(
            f"report {request.report_id} is still {request.status} after {hours:g} h.",
            where=f"{self._tools.spec.report_type}, {self._job.slice_.label}",
            remedy="Clear the task to request a new report, or raise `request.give_up_after`.",
            report_id=request.report_id,
            request_id=request.id,
        )
        await off_loop(self._tools.ledger.record_failed, request.id, error)
        raise error

    async def _sleep(self, request: ReportRequest, began: datetime, deadline: datetime) -> None:
        """Sleep until the next poll, or until a notification says that the report is finished.

        A notification only brings the poll forward: the poll's answer has what the notification lacks (the
        report's createdTime, a query's further pages), and a message in a queue should not end a request. If
        the report was not finished after all, its notifications are ignored from then on.
        """
        assert request.report_id is not None
        ledger, report_api = self._tools.ledger, self._tools.report_api
        if request.report_id in self._notified:
            poll_at = self._next_poll(request, began, await now(ledger), self._tools.spec.request.poll_every)
            await sleep_until(ledger, min(poll_at, deadline))
            return
        arrivals = arrivals_of(ledger)
        async with arrivals.expect(request.account_id, request.report_id) as arrived:
            interval = self._tools.spec.request.poll_every
            if arrivals.is_receiving(request.account_id, report_api.notification_type):
                interval = max(interval, POLL_BESIDE_NOTIFICATIONS)
            poll_at = self._next_poll(request, began, await now(ledger), interval)
            if await sleep_until_notified(ledger, min(poll_at, deadline), arrived):
                self._notified.add(request.report_id)

    def _next_poll(
        self, request: ReportRequest, began: datetime, moment: datetime, interval: timedelta
    ) -> datetime:
        """When to poll next: ``first_poll`` after the create, then every ``interval``, at the request's own
        offset.

        Polls are counted from the create and not from now, so that a thousand waits that a restarted
        triggerer resumes at once do not poll at once.
        """
        rules = self._tools.spec.request
        first_poll = rules.first_poll if interval == rules.poll_every else max(rules.first_poll, interval)
        first = began + first_poll + interval * (poll_offset(request) / 2)
        if moment <= first:
            return first
        slowest = self._tools.report_api.slowest_poll
        if slowest and slowest > interval:
            return _next_slowing_poll(first, moment, interval, slowest)
        polls = (moment - first) // interval + 1
        return first + interval * polls

    async def _wait_out(
        self, request: ReportRequest, error: AmazonUnavailable, started: datetime
    ) -> WaitResult | None:
        moment = await now(self._tools.ledger)
        if moment >= started + self._tools.spec.request.give_up_after:
            return self._result(WaitOutcome.FAILED, error.cause, error)
        log.info("request %s: %s", self._id, error)
        pause = backoff_pause(self._failures, poll_offset(request))
        self._failures += 1
        await sleep_until(self._tools.ledger, moment + pause)
        return None

    def _result(self, outcome: WaitOutcome, detail: str, error: SellerOpsError | None = None) -> WaitResult:
        return WaitResult(outcome, detail, (self._id,), error)


def _next_slowing_poll(
    first: datetime, moment: datetime, interval: timedelta, slowest: timedelta
) -> datetime:
    """When to poll next if the interval grows from ``interval`` to ``slowest``, as an eighth of the time
    since the first poll.
    """
    poll_at = first
    while poll_at <= moment:
        poll_at += min(slowest, max(interval, (poll_at - first) / 8))
    return poll_at
