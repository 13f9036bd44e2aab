"""Collecting one slice: from a plan to documents in the archive, by short steps on workers and waits in the
triggerer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sellerops.archive import Archive
from sellerops.base.errors import (
    ArchiveDamaged,
    LedgerUnavailable,
    RetryableError,
    SellerOpsError,
    SkipError,
    Throttled,
)
from sellerops.calendar.slices import Slice, check_published
from sellerops.collect.archiving import archive_again, archive_document, give_up_document, read_fatal
from sellerops.collect.context import Job, Tools, call_on_worker, fresh_after, key_of, off_loop
from sellerops.collect.document_tokens import reserve_token
from sellerops.collect.follower import Follower
from sellerops.collect.further_pages import ResultPages, find_next_page
from sellerops.collect.listing import find_listed
from sellerops.collect.operation_pager import OperationPager
from sellerops.collect.outages import wait_for_ledger
from sellerops.collect.outcomes import Done, Outcome, WaitFor, WaitOutcome, WaitResult, stored_error
from sellerops.collect.report_claims import find_own_reported_at
from sellerops.collect.roles import explain_refusal
from sellerops.collect.second_look import EmptyEvidence, find_evidence, open_second_look
from sellerops.collect.splitting import PartFollower, Splitting
from sellerops.ledger import Ledger, ReportRequest, RequestStatus, RunRef, SliceState
from sellerops.rate_limits import QuotaLedger
from sellerops.reprocess.quarantine import state_of
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec, Split
from sellerops.sources.common.report_api import AFTER, Client

log = logging.getLogger(__name__)

_JUST_NOW = timedelta(minutes=10)


class Collector:
    """Collects the slices of one report for one account.

    ``advance`` runs on a worker: it does what can be done now and says what to wait for. ``wait`` runs in the
    triggerer. All state is in the ledger, so either may be killed at any point and called again; a second
    report is never created for it. Pass the ``request_ids`` of a WaitFor to ``wait`` and those of a
    WaitResult back to ``advance``: they tie a run to its request when several runs meet.
    """

    def __init__(
        self,
        spec: ReportSpec,
        account: Account,
        client: Client,
        ledger: Ledger,
        limits: QuotaLedger,
        archive: Archive,
    ) -> None:
        self._tools = Tools(spec, account, client, ledger, limits, archive)

    def advance(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> Done | WaitFor:
        """Do what needs no waiting; a finished report is downloaded here. Raises the typed error of what
        failed.

        ``reference``: the end of the run's data interval; documents reported since then are used again
        however old.
        """
        job = Job(slice_, run, reference)
        try:
            if slice_.expired:
                return self._expired(job)
            check_published(self._tools.spec, slice_, self._tools.ledger.clock().now())
            self._tools.report_api.check(self._tools.client, slice_)
            if self._tools.spec.request.how == "listed":
                return self._advance_listed(job, tuple(request_ids))
            if self._tools.spec.request.split:
                return self._advance_split(job, self._tools.spec.request.split, tuple(request_ids))
            if self._tools.spec.request.how == "queried":
                return self._advance_pages(job, tuple(request_ids))
            return self._advance_created(job, tuple(request_ids))
        except SellerOpsError as caught:
            error = explain_refusal(self._tools.spec, job.slice_, caught)
            self._note_failure(job, error)
            raise error from caught

    def archive_again(self, slice_: Slice, request_id: int) -> None:
        """Replace the archived copy of a request's document, which is damaged or gone, with Amazon's.

        Raises RetryableError when there is no quota now, ArchiveDamaged when Amazon no longer serves it.
        """
        archive_again(self._tools, self._tools.ledger.get_request(request_id), slice_)

    def give_up_document(self, request_id: int, cause: str) -> ArchiveDamaged:
        """The error of a document that Amazon serves damaged, again and again."""
        return give_up_document(self._tools, self._tools.ledger.get_request(request_id), cause)

    async def wait(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> WaitResult:
        """Wait until a worker has something to do or the slice ended; never raises a SellerOpsError, but
        returns it. A ledger that is away is waited for: whoever meets an outage goes on after it.
        """
        job = Job(slice_, run, reference)
        while True:
            try:
                return await self._wait(job, tuple(request_ids))
            except LedgerUnavailable as away:
                log.warning("%s waits for the ledger: %s", slice_.label, away.cause)
                await wait_for_ledger(self._tools.ledger)

    async def _wait(self, job: Job, ids: tuple[int, ...]) -> WaitResult:
        try:
            await self._tools.client.ready()
            if self._tools.spec.request.how == "listed":
                result = await self._wait_listed(job, ids)
            elif self._tools.spec.request.split:
                result = await self._splitting(job, self._tools.spec.request.split).wait(ids)
            else:
                # Of a query's pages the last is the one to wait for.
                request_id = ids[-1] if ids else (await off_loop(self._find, job)).id
                result = await self._follow(job, request_id)
                if ids[:-1]:
                    result = _with_pages(ids[:-1], result)
            if result.outcome is WaitOutcome.EMPTY:
                await off_loop(self._note_empty, job, EmptyEvidence(result.request_ids, is_conclusive=True))
        except LedgerUnavailable:
            raise
        except SellerOpsError as error:
            error = explain_refusal(self._tools.spec, job.slice_, error)
            result = WaitResult(WaitOutcome.FAILED, error.cause, ids, error)
        if result.error:
            await off_loop(self._note_failure, job, result.error)
        return result

    async def _follow(self, job: Job, request_id: int) -> WaitResult:
        if self._tools.spec.request.how == "called":
            return await OperationPager(self._tools, job, request_id).follow()
        return await Follower(self._tools, job, request_id).follow()

    # -- reports we ask for

    def _advance_created(self, job: Job, ids: tuple[int, ...]) -> Done | WaitFor:
        request = self._tools.ledger.get_request(ids[0]) if ids else self._find(job)
        moved = False
        while True:
            match request.status:
                case RequestStatus.ARCHIVED if not self._tools.archive.has(request.archive_uri or ""):
                    request = self._without_document(request, job)
                    moved = True
                    continue
                case RequestStatus.ARCHIVED if self._serves(request, job):
                    _say_document(job.slice_, request, is_reused=not ids and not moved)
                    left_out = request.document_headers.get("left_out") or {}
                    return Done((request.id,), Outcome.DOCUMENTS, left_out=left_out)
                case RequestStatus.ARCHIVED:
                    # Another run's report, too old for this one, stood in the way; now it is safe and out of
                    # it.
                    request = self._find(job)
                    continue
                case RequestStatus.CANCELLED:
                    looks = find_evidence(self._tools, job, request)
                    if looks.is_conclusive:
                        if AFTER not in request.options:
                            self._note_empty(job, looks)
                        return Done((), Outcome.EMPTY, looks.request_ids)
                    request = open_second_look(self._tools, job, request)
                    if request.status.is_active:
                        return WaitFor((request.id,), f"a second look, by request {request.id}")
                    continue
                case RequestStatus.FATAL | RequestStatus.FAILED:
                    raise stored_error(request)
                case RequestStatus.DONE:
                    moved = archive_document(self._tools, request, job.slice_)
                case RequestStatus.IN_PROGRESS if request.document_id:
                    moved = read_fatal(self._tools, job, request)
                case _:
                    moved = False
            if not moved:
                self._note(job, SliceState.REQUESTED, request.id)
                return WaitFor((request.id,), _waits_for(request))
            request = self._tools.ledger.get_request(request.id)

    def _advance_pages(self, job: Job, ids: tuple[int, ...]) -> Done | WaitFor:
        """A query and the further pages of its result, one after the other."""
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
                return Done(pages.ids, Outcome.DOCUMENTS)  # the page before was the last after all
        return WaitFor((*pages.ids, *step.request_ids), step.reason) if isinstance(step, WaitFor) else step

    def _find(self, job: Job) -> ReportRequest:
        """Reuse before asking: the running or young enough request of this key, else a new one."""
        ledger, key = self._tools.ledger, key_of(self._tools.spec, job.slice_)
        return ledger.find_or_open_request(key, fresh_after=self._fresh_after(job), run=job.run)

    def _without_document(self, request: ReportRequest, job: Job) -> ReportRequest:
        """The document of an archived request is gone: Amazon's copy of it, else a new request."""
        try:
            archive_again(self._tools, request, job.slice_)
        except ArchiveDamaged as error:
            log.warning("%s", error)
            return self._find(job)
        return self._tools.ledger.get_request(request.id)

    def _fresh_after(self, job: Job) -> datetime:
        since = fresh_after(self._tools.spec, job, self._tools.ledger.clock().now())
        own = find_own_reported_at(self._tools.ledger, key_of(self._tools.spec, job.slice_), job.run)
        return min(since, own) if own else since

    def _serves(self, request: ReportRequest, job: Job) -> bool:
        """Whether an archived request's document is recent enough for the job: its own run's always is."""
        if (request.dag_id, request.run_id) == (job.run.dag_id, job.run.run_id):
            return True
        return (request.reported_at or request.created_at) >= self._fresh_after(job)

    # -- one slice as several reports

    def _advance_split(self, job: Job, split: Split, ids: tuple[int, ...]) -> Done | WaitFor:
        step = self._splitting(job, split).advance(ids)
        if isinstance(step, WaitFor):
            self._note(job, SliceState.REQUESTED, next(iter(step.request_ids), None))
        elif step.outcome is Outcome.EMPTY:
            self._note_empty(job, EmptyEvidence(step.evidence, is_conclusive=True))
        return step

    def _splitting(self, job: Job, split: Split) -> Splitting:
        return Splitting(self._tools, split, job, _PartCollector)

    # -- reports that Amazon makes by itself

    def _advance_listed(self, job: Job, ids: tuple[int, ...]) -> Done | WaitFor:
        if not ids and self._just_found_empty(job):
            return Done((), Outcome.EMPTY)
        requests = [self._tools.ledger.get_request(one) for one in ids] if ids else self._list_now(job)
        if requests is None:
            return WaitFor((), f"{self._tools.spec.report_type} to be listed")
        if not requests:
            self._note(job, SliceState.CONFIRMED_EMPTY, None)
            return Done((), Outcome.EMPTY)
        every = tuple(request.id for request in requests)
        for request in requests:
            if request.status is RequestStatus.DONE and not archive_document(
                self._tools, request, job.slice_
            ):
                self._note(job, SliceState.REQUESTED, request.id)
                return WaitFor(every, f"quota for the document of request {request.id}")
            if request.status in (RequestStatus.FATAL, RequestStatus.FAILED):
                raise stored_error(request)
        return Done(every, Outcome.DOCUMENTS)

    def _list_now(self, job: Job) -> list[ReportRequest] | None:
        """List on the worker when there is quota for it now; None when there is not."""
        try:
            return call_on_worker(self._tools, lambda: find_listed(self._tools, job))
        except Throttled as error:
            log.info("%s: %s", job.slice_.label, error.cause)
            return None

    def _just_found_empty(self, job: Job) -> bool:
        """Whether this run's wait listed nothing a moment ago: again would only cost another lease."""
        moment = self._tools.ledger.clock().now()
        rows = self._tools.ledger.slice_states(
            report=job.slice_.report,
            account_id=job.slice_.account_id,
            first_day=job.slice_.days[0],
            last_day=job.slice_.days[-1],
            states=(SliceState.CONFIRMED_EMPTY,),
        )
        place = job.slice_.marketplace.id if job.slice_.marketplace else ""
        return any(
            row.run_id == job.run.run_id
            and row.marketplace_id == place
            and moment - row.updated_at < _JUST_NOW
            for row in rows
        )

    async def _wait_listed(self, job: Job, ids: tuple[int, ...]) -> WaitResult:
        if not ids:
            ids = tuple(request.id for request in await find_listed(self._tools, job))
        if not ids:
            return WaitResult(WaitOutcome.EMPTY, "Amazon lists no report in this window")
        for one in ids:
            request = await off_loop(self._tools.ledger.get_request, one)
            if request.status is RequestStatus.DONE:
                await reserve_token(self._tools, request)
                break
        return WaitResult(WaitOutcome.READY, f"{len(ids)} reports are listed", ids)

    # -- what the calendar shows

    def _expired(self, job: Job) -> Done:
        self._note(job, SliceState.EXPIRED, None)
        return Done((), Outcome.EXPIRED)

    def _note(self, job: Job, state: SliceState, request_id: int | None) -> None:
        self._tools.ledger.set_slice_state(job.slice_, state, run=job.run, request_id=request_id)

    def _note_empty(self, job: Job, looks: EmptyEvidence) -> None:
        """An empty day is a fact with its evidence."""
        ids = looks.request_ids
        self._tools.ledger.set_slice_state(
            job.slice_,
            SliceState.CONFIRMED_EMPTY,
            run=job.run,
            request_id=ids[-1] if ids else None,
            error=looks.evidence if ids else None,
        )

    def _note_failure(self, job: Job, error: SellerOpsError) -> None:
        """A failure that Airflow repeats is not the slice's end, and the ledger may be what failed."""
        if isinstance(error, RetryableError):
            return
        state = state_of(error) if isinstance(error, SkipError) else SliceState.FAILED
        try:
            self._tools.ledger.set_slice_state(job.slice_, state, run=job.run, error=error)
        except SellerOpsError as away:
            log.warning("the failure of %s is not in the ledger: %s", job.slice_.label, away)


def _waits_for(request: ReportRequest) -> str:
    if request.document_id:
        return f"quota for the document of request {request.id}"
    return f"request {request.id} is {request.status}"


def _say_document(slice_: Slice, request: ReportRequest, *, is_reused: bool) -> None:
    """Where the slice's document is; whether Amazon was asked for it just now."""
    if is_reused:
        log.info(
            "%s: reused the document of request %s, fetched %s; no request was made: %s",
            *(slice_.label, request.id, f"{request.updated_at:%Y-%m-%d %H:%M} UTC", request.archive_uri),
        )
    else:
        log.info("%s: fetched the document of request %s: %s", slice_.label, request.id, request.archive_uri)


def _with_pages(before: tuple[int, ...], result: WaitResult) -> WaitResult:
    """What waiting for a further page means for all: those before it are there."""
    is_empty = result.outcome is WaitOutcome.EMPTY
    outcome = WaitOutcome.READY if is_empty else result.outcome
    return replace(result, outcome=outcome, request_ids=(*before, *result.request_ids))


class _PartCollector(Collector):
    """Collects one part of a split slice: how the slice stands is not for one part to say."""

    def __init__(self, tools: Tools, turn: asyncio.Lock) -> None:
        self._tools, self._turn = tools, turn

    async def _follow(self, job: Job, request_id: int) -> WaitResult:
        return await PartFollower(self._tools, job, request_id, self._turn).follow()

    def _note(self, job: Job, state: SliceState, request_id: int | None) -> None:
        pass

    def _note_empty(self, job: Job, looks: EmptyEvidence) -> None:
        pass

    def _note_failure(self, job: Job, error: SellerOpsError) -> None:
        pass
