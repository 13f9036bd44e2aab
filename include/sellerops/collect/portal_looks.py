"""One look at a web page: what can be done for a request during a visit, which holds the login's lock.

The page, not the ledger, decides what exists: a request that may have been made (CREATING) is searched for in
the page's list before it is made again. Jobs of a login run one at a time, so nobody else can be making it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from sellerops.base.errors import (
    BrowserUnavailable,
    GiveUpError,
    RequestRefused,
    SellerOpsError,
    Throttled,
    WrongFile,
)
from sellerops.collect.context import Job, Tools, job_ref
from sellerops.collect.fatal import fatal_report_error
from sellerops.collect.own_requests import usable_since
from sellerops.collect.portal_files import archive_files
from sellerops.collect.portal_rows import (
    ALIVE,
    find_row,
    rows_made_now,
    rows_made_since,
    time_of,
    unknown_rows,
)
from sellerops.collect.report_claims import (
    adopt_report,
    claim_request,
    look_after,
    record_fatal,
    release_claim,
    release_orphan,
)
from sellerops.ledger import ReportRequest, RequestStatus
from sellerops.ledger.login_locks import is_used_by
from sellerops.ledger.logins import JobRef
from sellerops.sources.common.portal_api import Delivery, PortalClient, Visit, WantedFile
from sellerops.sources.common.report_api import ProcessingStatus, Report

log = logging.getLogger(__name__)

# A page may take a moment to list a request.
LISTED_WITHIN = timedelta(minutes=2)
# A request that the page has not listed is made again after growing pauses, at most this long.
_LONGEST_PAUSE = timedelta(hours=1)


class PortalLook:
    """Advances one request as far as one visit of its page can."""

    def __init__(self, tools: Tools, portal: PortalClient, job: Job, request_id: int) -> None:
        self._tools, self._portal, self._job, self._id = tools, portal, job, request_id

    def take(self, page: str, wanted: WantedFile) -> None:
        """Visit the page once. Returns when the request is ARCHIVED or CANCELLED, or must wait for the page.

        Raises LoginBusy and whatever else the visit raises, and also ReportFatal, NotPublishedYet, WrongFile
        and GiveUpError.
        """
        ref = job_ref(self._job, page, self._id)
        with self._portal.visit(page, wanted, ref) as visit:
            # Another run may have advanced it while this one waited for the login.
            request = self._request()
            if not request.status.is_active:
                return
            if visit.delivery is Delivery.DIRECT:
                moment = self._tools.ledger.clock().now()
                self._tools.ledger.record_created(request.id, f"request {request.id}", "us", moment)
                self._download(visit, ref, None)
                return
            row = self._row_of(visit, request)
            if row is not None:
                self._follow(visit, ref, row, is_new=request.report_id is None)

    # -- finding or making the page's row

    def _row_of(self, visit: Visit, request: ReportRequest) -> Report | None:
        """The page's row for the request; None if the request must wait."""
        rows = visit.reports()
        if request.report_id:
            row = find_row(rows, request.report_id)
            if row is None:
                self._give_up_if_late(request, "not on the page any more")
                look_after(self._tools.ledger, request.id, self._tools.spec.request.poll_every)
                log.info("request %s: %s is not on the page now", request.id, request.report_id)
            return row
        if request.status is RequestStatus.CREATING and not self._settle(request, rows):
            return None
        request = self._request()
        if request.report_id:
            return find_row(rows, request.report_id)
        if request.look_after and request.look_after > self._tools.ledger.clock().now():
            return None
        return self._reuse(request, rows) or self._make(visit, request, rows)

    def _settle(self, request: ReportRequest, rows: Sequence[Report]) -> bool:
        """Adopt the row that a lost request made, or release its claim. False: the page may list it later."""
        assert request.creating_at is not None
        made = rows_made_since(self._tools, rows, request.creating_at)
        if made:
            row = min(made, key=lambda each: each.created_at)
            adopt_report(self._tools.ledger, request, row.report_id, time_of(row) or request.creating_at)
            log.info("request %s adopts %s, which the page lists", request.id, row.report_id)
            return True
        if self._tools.ledger.clock().now() < request.creating_at + LISTED_WITHIN:
            return False
        self._release(request)
        return True

    def _release(self, request: ReportRequest) -> None:
        """Release the claim of a request that the page does not list. The request is made again after a pause
        as long as its age, but at most an hour; after ``give_up_after`` it is FAILED.
        """
        ledger, patience = self._tools.ledger, self._tools.spec.request.give_up_after
        age = ledger.clock().now() - request.created_at
        if age < patience:
            if release_orphan(ledger, request) and request.id == self._id:
                look_after(ledger, request.id, min(age, _LONGEST_PAUSE))
            return
        error = GiveUpError(
            f"the file was requested, but the page has not listed it within {_hours(patience)}.",
            where=f"{request.report}, {self._job.slice_.label}",
            remedy="Check in the browser what the page lists, then clear the task to request the file again.",
            request_id=request.id,
        )
        ledger.record_failed(request.id, error)
        if request.id == self._id:
            raise error

    def _reuse(self, request: ReportRequest, rows: Sequence[Report]) -> Report | None:
        """Take an existing row that is recent and complete enough, instead of requesting another file."""
        since = usable_since(self._tools, self._job)
        end = self._job.slice_.end
        usable = max(since, end) if end else since
        fit = [
            row for row in unknown_rows(self._tools, rows) if row.status in ALIVE and row.created_at >= usable
        ]
        if not fit or claim_request(self._tools.ledger, request).request is None:
            return None
        row = max(fit, key=lambda each: each.created_at)
        self._tools.ledger.record_created(request.id, row.report_id, "reused", row.created_at)
        log.info("request %s reuses %s, requested %s", request.id, row.report_id, row.created_at)
        return row

    def _make(self, visit: Visit, request: ReportRequest, rows: Sequence[Report]) -> Report | None:
        """Request the file from the page, once, and find its row."""
        ledger = self._tools.ledger
        claim = claim_request(ledger, request)
        if claim.look_alike and self._settle(claim.look_alike, rows):
            claim = claim_request(ledger, request)
        if claim.request is None:
            # By then the page must list the file that the look-alike requested.
            look_after(ledger, request.id, LISTED_WITHIN)
            return None
        assert claim.request.creating_at is not None
        try:
            visit.request()
        except Throttled:
            release_claim(ledger, request.id, claim.token)
            raise
        except RequestRefused as error:
            ledger.record_failed(request.id, error)
            raise
        except SellerOpsError as error:
            if error.details.get("sent") is False:
                release_claim(ledger, request.id, claim.token)
            raise
        before = {row.report_id for row in rows}
        made = rows_made_now(self._tools, visit.reports(), before, claim.request.creating_at)
        if not made:
            log.info("request %s: the page does not list it yet", request.id)
            return None
        row = max(made, key=lambda each: each.created_at)
        moment = time_of(row) or claim.request.creating_at
        ledger.record_created(request.id, row.report_id, reported_at=moment)
        return row

    # -- following it

    def _follow(self, visit: Visit, ref: JobRef, row: Report, *, is_new: bool) -> None:
        ledger = self._tools.ledger
        match row.status:
            case ProcessingStatus.DONE:
                ledger.record_status(self._id, RequestStatus.DONE, reported_at=time_of(row))
                self._download(visit, ref, row)
            case ProcessingStatus.CANCELLED:
                ledger.record_status(self._id, RequestStatus.CANCELLED, reported_at=time_of(row))
            case ProcessingStatus.FATAL:
                error = fatal_report_error(self._tools, self._job, row.report_id, row.reason)
                record_fatal(ledger, self._id, None, time_of(row), error)
                raise error
            case _ if is_new:
                pass  # just requested: its first look is still to come
            case _:
                # IN_PROGRESS even if the page still says queued: it has been looked at.
                ledger.record_status(self._id, RequestStatus.IN_PROGRESS, reported_at=time_of(row))
                self._give_up_if_late(self._request(), str(row.status))

    def _download(self, visit: Visit, ref: JobRef, row: Report | None) -> None:
        request = self._request()
        try:
            files = visit.download(row)
        except RequestRefused as error:
            self._tools.ledger.record_failed(self._id, error)
            raise
        if not is_used_by(self._tools.ledger, self._portal.login.id, ref):
            raise BrowserUnavailable(
                "another job has taken over the login, so the file of this one is discarded.",
                where=f"login {self._portal.login.id}",
            )
        if not files:
            self._tools.ledger.record_status(self._id, RequestStatus.CANCELLED)
            return
        try:
            archive_files(self._tools, self._job, request, files)
        except WrongFile as error:
            # The row still belongs to this request, so the next request does not take it again.
            self._tools.ledger.record_failed(self._id, error)
            raise

    def _give_up_if_late(self, request: ReportRequest, state: str) -> None:
        patience = self._tools.spec.request.give_up_after
        began = request.creating_at or request.created_at
        if self._tools.ledger.clock().now() < began + patience:
            return
        error = GiveUpError(
            f"the page's file {request.report_id} is {state} after {_hours(patience)}.",
            where=f"{self._tools.spec.name}, {self._job.slice_.label}",
            remedy="Clear the task to request a new file, or raise `request.give_up_after`.",
            request_id=request.id,
        )
        self._tools.ledger.record_failed(request.id, error)
        raise error

    def _request(self) -> ReportRequest:
        return self._tools.ledger.get_request(self._id)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:g} h"
