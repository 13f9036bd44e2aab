"""Collects one slice into the archive, in short steps on workers and waits in the triggerer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import cast

from sellerops.archive import Archive
from sellerops.base.errors import (
    ArchiveDamaged,
    LedgerUnavailable,
    SellerOpsError,
)
from sellerops.calendar.slices import Slice, check_published
from sellerops.collect.archiving import archive_again, archive_document, give_up_document, read_fatal
from sellerops.collect.context import Job, Tools
from sellerops.collect.dropped_files import DroppedFiles
from sellerops.collect.follower import Follower
from sellerops.collect.further_pages import ResultPages, find_next_page
from sellerops.collect.listed_reports import ListedReports
from sellerops.collect.operation_pager import OperationPager
from sellerops.collect.outcomes import Done, Outcome, WaitFor, WaitOutcome, WaitResult, stored_error
from sellerops.collect.own_requests import find_request, serves
from sellerops.collect.portal_downloads import PortalDownloads
from sellerops.collect.roles import explain_refusal
from sellerops.collect.second_look import EmptyEvidence, find_evidence, open_second_look
from sellerops.collect.slice_states import LedgerSliceStates, NoSliceStates, SliceStates
from sellerops.collect.splitting import PartFollower, Splitting
from sellerops.ledger import Ledger, ReportRequest, RequestStatus, RunRef, SliceState
from sellerops.ledger.outages import wait_for_ledger
from sellerops.ledger.waits import off_loop
from sellerops.rate_limits import QuotaLedger
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec, Split
from sellerops.sources.common.folder_api import DropFolder
from sellerops.sources.common.portal_api import PortalClient
from sellerops.sources.common.report_api import AFTER, Client

log = logging.getLogger(__name__)

# For work that belongs to no run.
_NO_RUN = RunRef("", "", "")


class Collector:
    """Collects the slices of one report for one account, using the client of its source.

    ``advance`` runs on a worker: it does what can be done now and returns what to wait for. ``wait`` runs in
    the triggerer. All state is in the ledger, so either may be killed at any point and called again without
    creating a second report. Pass the ``request_ids`` of a WaitFor to ``wait`` and those of a WaitResult to
    ``advance``: they link a run to its request when several runs share a key.
    """

    def __init__(
        self,
        spec: ReportSpec,
        account: Account,
        client: Client | PortalClient | DropFolder,
        ledger: Ledger,
        limits: QuotaLedger,
        archive: Archive,
    ) -> None:
        # Only code that collects from an API uses the tools' client as an API client.
        self._tools = Tools(spec, account, cast(Client, client), ledger, limits, archive)
        self._states: SliceStates = LedgerSliceStates(ledger)

    def advance(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> Done | WaitFor:
        """Do everything that needs no waiting, including the download of a finished report. Raises a typed
        error for what failed.

        ``reference``: the end of the run's data interval; documents reported since then are reused, however
        old they are.
        """
        job = Job(slice_, run, reference)
        try:
            if slice_.expired:
                self._states.record(job, SliceState.EXPIRED, None)
                return Done((), Outcome.EXPIRED)
            check_published(self._tools.spec, slice_, self._tools.ledger.clock().now())
            if self._tools.spec.request.has_api:
                self._tools.report_api.check(self._tools.client, slice_)
            files = self._unrequested(job)
            if files:
                return files.advance(tuple(request_ids))
            if self._tools.spec.request.split:
                return self._advance_split(job, self._tools.spec.request.split, tuple(request_ids))
            if self._tools.spec.request.how == "queried":
                return self._advance_pages(job, tuple(request_ids))
            return self._advance_created(job, tuple(request_ids))
        except SellerOpsError as caught:
            error = explain_refusal(self._tools.spec, job.slice_, caught)
            self._states.record_failure(job, error)
            raise error from caught

    def archive_again(self, slice_: Slice, request_id: int) -> None:
        """Replace the damaged or missing archived copy of a request's document with a new copy from its
        source.

        Raises RetryableError when there is no quota now, ArchiveDamaged when the source no longer has it.
        """
        request, files = self._tools.ledger.get_request(request_id), self._unrequested(Job(slice_, _NO_RUN))
        if isinstance(files, DroppedFiles) and files.archive_again(request):
            return
        archive_again(self._tools, request, slice_)

    def give_up_document(self, request_id: int, cause: str) -> ArchiveDamaged:
        """Return the error for a document that Amazon repeatedly serves damaged."""
        return give_up_document(self._tools, self._tools.ledger.get_request(request_id), cause)

    async def wait(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> WaitResult:
        """Wait until a worker has something to do or the slice has ended. Returns a SellerOpsError instead of
        raising it. Waits survive an outage of the ledger.
        """
        job = Job(slice_, run, reference)
        while True:
            try:
                return await self._wait(job, tuple(request_ids))
            except LedgerUnavailable as away:
                log.warning("%s waits until the ledger is available: %s", slice_.label, away.cause)
                await wait_for_ledger(self._tools.ledger)

    async def _wait(self, job: Job, ids: tuple[int, ...]) -> WaitResult:
        try:
            if self._tools.spec.request.has_api:
                await self._tools.client.ready()
            files = self._unrequested(job)
            if files:
                result = await files.wait(ids)
            elif self._tools.spec.request.split:
                result = await self._splitting(job, self._tools.spec.request.split).wait(ids)
            else:
                # A query may have several pages: wait for the last one.
                request_id = ids[-1] if ids else (await off_loop(find_request, self._tools, job)).id
                result = await self._follow(job, request_id)
                if ids[:-1]:
                    result = _with_pages(ids[:-1], result)
            if result.outcome is WaitOutcome.EMPTY:
                await off_loop(
                    self._states.record_empty, job, EmptyEvidence(result.request_ids, is_conclusive=True)
                )
        except LedgerUnavailable:
            raise
        except SellerOpsError as error:
            error = explain_refusal(self._tools.spec, job.slice_, error)
            result = WaitResult(WaitOutcome.FAILED, error.cause, ids, error)
        if result.error:
            await off_loop(self._states.record_failure, job, result.error)
        return result

    async def _follow(self, job: Job, request_id: int) -> WaitResult:
        if self._tools.spec.request.how == "called":
            return await OperationPager(self._tools, job, request_id).follow()
        return await Follower(self._tools, job, request_id).follow()

    def _unrequested(self, job: Job) -> ListedReports | PortalDownloads | DroppedFiles | None:
        """The collector for files that no API creates on request; None if an API creates them."""
        match self._tools.spec.request.how:
            case "listed":
                return ListedReports(self._tools, job, self._states)
            case "downloaded":
                return PortalDownloads(self._tools, cast(PortalClient, self._tools.client), job, self._states)
            case "dropped":
                return DroppedFiles(self._tools, cast(DropFolder, self._tools.client), job, self._states)
        return None

    # -- reports that we request

    def _advance_created(self, job: Job, ids: tuple[int, ...]) -> Done | WaitFor:
        request = self._tools.ledger.get_request(ids[0]) if ids else find_request(self._tools, job)
        is_changed = False
        while True:
            match request.status:
                case RequestStatus.ARCHIVED if not self._tools.archive.has(request.archive_uri or ""):
                    request = self._without_document(request, job)
                    is_changed = True
                    continue
                case RequestStatus.ARCHIVED if serves(self._tools, job, request):
                    _log_document(job.slice_, request, is_reused=not ids and not is_changed)
                    left_out = request.document_headers.get("left_out") or {}
                    return Done((request.id,), Outcome.DOCUMENTS, left_out=left_out)
                case RequestStatus.ARCHIVED:
                    # Another run's report, too old for this run, had to be archived first.
                    request = find_request(self._tools, job)
                    continue
                case RequestStatus.CANCELLED:
                    evidence = find_evidence(self._tools, job, request)
                    if evidence.is_conclusive:
                        if AFTER not in request.options:
                            self._states.record_empty(job, evidence)
                        return Done((), Outcome.EMPTY, evidence.request_ids)
                    request = open_second_look(self._tools, job, request)
                    if request.status.is_active:
                        return WaitFor((request.id,), f"the second look, request {request.id}")
                    continue
                case RequestStatus.FATAL | RequestStatus.FAILED:
                    raise stored_error(request)
                case RequestStatus.DONE:
                    is_changed = archive_document(self._tools, request, job.slice_)
                case RequestStatus.IN_PROGRESS if request.document_id:
                    is_changed = read_fatal(self._tools, job, request)
                case _:
                    is_changed = False
            if not is_changed:
                self._states.record(job, SliceState.REQUESTED, request.id)
                return WaitFor((request.id,), _waits_for(request))
            request = self._tools.ledger.get_request(request.id)

    def _advance_pages(self, job: Job, ids: tuple[int, ...]) -> Done | WaitFor:
        """Advance a query and the further pages of its result, one after the other."""
        pages = ResultPages(f"{self._tools.spec.report_type}, {job.slice_.label}")
        step = self._advance_created(job, ids[:1])
        while isinstance(step, Done) and step.outcome is Outcome.DOCUMENTS:
            page = self._tools.ledger.get_request(step.request_ids[-1])
            pages.add(page)
            following = find_next_page(self._tools, page, job.run)
            if following is None:
                return Done(pages.ids, Outcome.DOCUMENTS)
            step = self._advance_created(job, (following.id,))
            if isinstance(step, Done) and step.outcome is Outcome.EMPTY:
                return Done(pages.ids, Outcome.DOCUMENTS)  # the page before turned out to be the last
        return WaitFor((*pages.ids, *step.request_ids), step.reason) if isinstance(step, WaitFor) else step

    def _without_document(self, request: ReportRequest, job: Job) -> ReportRequest:
        """Download an archived request's missing document again, or open a new request if that fails."""
        try:
            archive_again(self._tools, request, job.slice_)
        except ArchiveDamaged as error:
            log.warning("%s", error)
            return find_request(self._tools, job)
        return self._tools.ledger.get_request(request.id)

    # -- one slice as several reports

    def _advance_split(self, job: Job, split: Split, ids: tuple[int, ...]) -> Done | WaitFor:
        step = self._splitting(job, split).advance(ids)
        if isinstance(step, WaitFor):
            self._states.record(job, SliceState.REQUESTED, next(iter(step.request_ids), None))
        elif step.outcome is Outcome.EMPTY:
            self._states.record_empty(job, EmptyEvidence(step.evidence, is_conclusive=True))
        return step

    def _splitting(self, job: Job, split: Split) -> Splitting:
        return Splitting(self._tools, split, job, _PartCollector)


def _waits_for(request: ReportRequest) -> str:
    if request.document_id:
        return f"quota for the document of request {request.id}"
    return f"request {request.id} is {request.status}"


def _log_document(slice_: Slice, request: ReportRequest, *, is_reused: bool) -> None:
    """Log where the slice's document is, and whether it was fetched for this run."""
    if is_reused:
        log.info(
            "%s: reused the document of request %s, fetched %s; nothing was requested: %s",
            *(slice_.label, request.id, f"{request.updated_at:%Y-%m-%d %H:%M} UTC", request.archive_uri),
        )
    else:
        log.info("%s: fetched the document of request %s: %s", slice_.label, request.id, request.archive_uri)


def _with_pages(before: tuple[int, ...], result: WaitResult) -> WaitResult:
    """Extend the result of waiting for the last page to all pages; the earlier ones are archived."""
    is_empty = result.outcome is WaitOutcome.EMPTY
    outcome = WaitOutcome.READY if is_empty else result.outcome
    return replace(result, outcome=outcome, request_ids=(*before, *result.request_ids))


class _PartCollector(Collector):
    """Collects one part of a split slice. Records no states: one part does not decide the slice's state."""

    def __init__(self, tools: Tools, turn: asyncio.Lock) -> None:
        self._tools, self._states, self._turn = tools, NoSliceStates(), turn

    async def _follow(self, job: Job, request_id: int) -> WaitResult:
        return await PartFollower(self._tools, job, request_id, self._turn).follow()
