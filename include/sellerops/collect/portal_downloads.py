"""Collects files from web pages: requests the file, leaves the page, comes back later and downloads it.

Each visit is one browser job on a worker. All waiting happens in the triggerer and occupies neither a worker
nor a browser. A slice ends in one of three ways: its file is in the archive, a person is needed, or the page
has changed.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import date, datetime, timedelta

from sellerops.base.errors import LoginBusy, PersonNeeded, Throttled
from sellerops.collect.archiving import lost_document
from sellerops.collect.context import Job, Tools
from sellerops.collect.outcomes import Done, Outcome, WaitFor, WaitOutcome, WaitResult, stored_error
from sellerops.collect.own_requests import find_request, serves
from sellerops.collect.portal_files import parts_of
from sellerops.collect.portal_looks import LISTED_WITHIN, PortalLook
from sellerops.collect.report_claims import look_after
from sellerops.collect.second_look import EmptyEvidence
from sellerops.collect.slice_states import SliceStates
from sellerops.ledger import ReportRequest, RequestStatus, SliceState
from sellerops.ledger.login_locks import is_free
from sellerops.ledger.logins import ActionOutcome, RequiredAction
from sellerops.ledger.required_actions import action_of, end_action, find_action, require_person
from sellerops.ledger.waits import now, off_loop, sleep_until
from sellerops.sources.common.placeholders import options_of
from sellerops.sources.common.portal_api import PortalClient, WantedFile

log = logging.getLogger(__name__)

# Real seconds between two checks of the ledger while waiting for a login in use or for a person.
LOOK_EVERY = 5.0
# A page that says "too early" without saying until when is visited again after this.
TOO_EARLY = timedelta(minutes=5)


class PortalDownloads:
    """Collects one slice's file; ``advance`` and ``wait`` as in Collector."""

    def __init__(self, tools: Tools, portal: PortalClient, job: Job, states: SliceStates) -> None:
        self._tools, self._portal, self._job, self._states = tools, portal, job, states

    def advance(self, ids: tuple[int, ...]) -> Done | WaitFor:
        """Visit the page if a visit is due and the login is free, and repeat that while it makes progress."""
        request = self._tools.ledger.get_request(ids[0]) if ids else find_request(self._tools, self._job)
        while True:
            match request.status:
                case RequestStatus.ARCHIVED if not self._has_documents(request):
                    request = find_request(self._tools, self._job)
                case RequestStatus.ARCHIVED if serves(self._tools, self._job, request):
                    log.info("%s: request %s: %s", self._label, request.id, request.archive_uri)
                    return Done(parts_of(request), Outcome.DOCUMENTS)
                case RequestStatus.ARCHIVED:
                    # Another run's file, too old for this run, had to be fetched first.
                    request = find_request(self._tools, self._job)
                case RequestStatus.CANCELLED:
                    self._states.record_empty(self._job, EmptyEvidence((request.id,), is_conclusive=True))
                    return Done((), Outcome.EMPTY, (request.id,))
                case RequestStatus.FATAL | RequestStatus.FAILED:
                    raise stored_error(request)
                case _:
                    why = self._visit(request)
                    request = self._tools.ledger.get_request(request.id)
                    if why or request.status.is_active:
                        self._record_waiting(request)
                        return WaitFor(
                            (request.id,), why or f"the page prepares the file of {_label(request)}"
                        )

    async def wait(self, ids: tuple[int, ...]) -> WaitResult:
        """Wait until a person has acted, the next visit is due and the login is free, in this order.

        Fails within ``LOOK_EVERY`` seconds when browser jobs are switched off.
        """
        request_id = ids[0] if ids else (await off_loop(find_request, self._tools, self._job)).id
        while True:
            await off_loop(self._portal.may_go_on)
            request = await off_loop(self._tools.ledger.get_request, request_id)
            if request.status.is_terminal:
                return WaitResult(WaitOutcome.READY, f"{_label(request)} is {request.status}", (request_id,))
            action = await off_loop(action_of, self._tools.ledger, self._login_id)
            if action:
                await self._wait_for_person(action)
                continue
            due = self._due(request)
            if due > await now(self._tools.ledger):
                await self._sleep(due)
                continue
            if await off_loop(is_free, self._tools.ledger, self._login_id):
                return WaitResult(
                    WaitOutcome.READY, f"the next visit to the page of {_label(request)}", (request_id,)
                )
            await asyncio.sleep(LOOK_EVERY)

    def _record_waiting(self, request: ReportRequest) -> None:
        """Record the slice as REQUESTED and, while a person is needed, what for."""
        self._states.record(self._job, SliceState.REQUESTED, request.id)
        if action := action_of(self._tools.ledger, self._login_id):
            self._tools.ledger.set_slice_state(
                self._job.slice_,
                SliceState.REQUESTED,
                run=self._job.run,
                request_id=request.id,
                error=PersonNeeded(action.message, where=f"login {self._login_id}"),
            )

    # -- a visit

    def _visit(self, request: ReportRequest) -> str:
        """Visit the page once. Returns what to wait for; empty if the request's row says it."""
        ledger = self._tools.ledger
        if action := action_of(ledger, self._login_id):
            return f"a person: {action.message}"
        due = self._due(request)
        if due > ledger.clock().now():
            return f"the next visit to the page, {due:%Y-%m-%d %H:%M} UTC"
        page = self._tools.spec.request.page
        assert page is not None  # a spec with `downloaded` has one
        try:
            PortalLook(self._tools, self._portal, self._job, request.id).take(page, self._wanted)
        except LoginBusy as error:
            return f"the login: {error.cause}"
        except Throttled as error:
            seconds = error.details.get("virtual_seconds")
            look_after(ledger, request.id, timedelta(seconds=seconds) if seconds else TOO_EARLY)
            return f"the page, which says that it is too early: {error.cause}"
        except PersonNeeded as error:
            return f"a person: {self._ask_person(error).message}"
        return ""

    def _ask_person(self, error: PersonNeeded) -> RequiredAction:
        action = require_person(self._tools.ledger, self._login_id, error)
        log.warning("login %s needs a person: %s", self._login_id, error)
        return action

    @property
    def _wanted(self) -> WantedFile:
        slice_ = self._job.slice_
        return WantedFile(
            self._tools.account,
            slice_.marketplace,
            date.fromisoformat(slice_.first_day) if slice_.first_day else None,
            date.fromisoformat(slice_.last_day) if slice_.last_day else None,
            options_of(self._tools.spec, slice_),
        )

    def _has_documents(self, request: ReportRequest) -> bool:
        """Whether the archive has all files. If not, the request is marked as lost and is made again."""
        archive, ledger = self._tools.archive, self._tools.ledger
        if all(archive.has(ledger.get_request(one).archive_uri or "") for one in parts_of(request)):
            return True
        error = lost_document(self._tools, request)
        log.warning("%s", error)
        return False

    # -- waiting

    def _due(self, request: ReportRequest) -> datetime:
        """When the page may be visited next, counted from the last visit by any run."""
        rules, began = self._tools.spec.request, request.creating_at or request.created_at
        due = request.look_after or request.created_at
        if request.status is RequestStatus.IN_PROGRESS:
            return max(due, request.updated_at + rules.poll_every)
        if request.status is RequestStatus.CREATING:
            return max(due, began + LISTED_WITHIN)
        return max(due, began + rules.first_poll) if request.status is RequestStatus.IN_QUEUE else due

    async def _sleep(self, due: datetime) -> None:
        """Sleep until the next visit is due. Fails within ``LOOK_EVERY`` if browser jobs are switched off."""
        sleeping = asyncio.ensure_future(sleep_until(self._tools.ledger, due))
        try:
            while not (await asyncio.wait({sleeping}, timeout=LOOK_EVERY))[0]:
                await off_loop(self._portal.may_go_on)
            await sleeping
        finally:
            sleeping.cancel()

    async def _wait_for_person(self, action: RequiredAction) -> None:
        """Wait until the action ends. Raises PersonNeeded if somebody gave it up or nobody acted in time."""
        deadline = action.opened_at + self._portal.login.person_timeout
        while action.ended_at is None:
            await off_loop(self._portal.may_go_on)
            if await now(self._tools.ledger) >= deadline:
                await off_loop(end_action, self._tools.ledger, action.id, ActionOutcome.TIMED_OUT)
            else:
                await asyncio.sleep(LOOK_EVERY)
            found = await off_loop(find_action, self._tools.ledger, action.id)
            if found is None:
                return
            action = found
        if action.outcome is not ActionOutcome.RESUMED:
            raise self._nobody_came(action)

    def _nobody_came(self, action: RequiredAction) -> PersonNeeded:
        hours = self._portal.login.person_timeout.total_seconds() / 3600
        what = (
            "somebody gave up on what the page asks for"
            if action.outcome is ActionOutcome.GIVEN_UP
            else f"nobody did what the page asks for within {hours:g} h"
        )
        return PersonNeeded(
            f"{what}: {action.message}",
            where=f"login {self._login_id}",
            remedy="Do it in the login's browser (`sellerops browsers open`), then clear the task.",
            kind=str(action.kind),
            action=action.id,
            evidence=action.evidence_uri,
        )

    @property
    def _login_id(self) -> str:
        return self._portal.login.id

    @property
    def _label(self) -> str:
        return self._job.slice_.label


def _label(request: ReportRequest) -> str:
    return f"request {request.id}"
