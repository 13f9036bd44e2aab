"""One login's pages for one account: a visit is one browser job."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sellerops.base.errors import LedgerUnavailable, SellerOpsError
from sellerops.ledger.login_locks import beat, end_job, state_after, take_lock
from sellerops.ledger.login_refusals import forget_refusal
from sellerops.ledger.logins import JobRef, JobState, LoginLock
from sellerops.sources.common.portal_api import Visit, WantedFile
from sellerops.sources.seller_portal.entrance import Entrance
from sellerops.sources.seller_portal.page_object import Options, PageObject
from sellerops.sources.seller_portal.pages.registry import page_object
from sellerops.sources.seller_portal.password_tries import LedgerRefusals
from sellerops.sources.seller_portal.portal import START_PATHS, Portal
from sellerops.sources.seller_portal.source import base_address
from sellerops.sources.seller_portal.visits import PageVisit

if TYPE_CHECKING:
    from sellerops.browsers.evidence import EvidenceStore
    from sellerops.browsers.session import BrowserSession
    from sellerops.ledger import Ledger
    from sellerops.settings.accounts import Account
    from sellerops.settings.logins import Login
    from sellerops.sources.seller_portal.credentials import PortalCredentials

log = logging.getLogger(__name__)


@dataclass
class _Job:
    """A running browser job, and what its row will say about it."""

    lock: LoginLock
    started: float
    state: JobState = JobState.DONE
    session: BrowserSession | None = None
    error: BaseException | None = None


class SellerPortalClient:
    """Implements ``PortalClient`` with a browser.

    :param may_go_on: called before each step of a visit; raises if browser jobs have been switched off.
    """

    def __init__(
        self,
        account: Account,
        login: Login,
        credentials: PortalCredentials,
        ledger: Ledger,
        *,
        evidence: EvidenceStore,
        user_agent_mark: str,
        may_go_on: Callable[[], None] = lambda: None,
    ) -> None:
        self.account = account
        self.login = login
        self._credentials = credentials
        self._ledger = ledger
        self._evidence = evidence
        self._user_agent_mark = user_agent_mark
        self._may_go_on = may_go_on

    def may_go_on(self) -> None:
        """See ``PortalClient.may_go_on``."""
        self._may_go_on()

    @contextmanager
    def visit(self, page: str, wanted: WantedFile, job: JobRef) -> Iterator[Visit]:
        """See ``PortalClient.visit``."""
        with self._visit(page_object(page), wanted, job) as visit:
            yield visit

    def check(self, page: str, job: JobRef, options: Options = ()) -> None:
        """Open a page and look for its controls (``PageObject.check``), as one browser job."""
        nothing = WantedFile(self.account, None, None, None)
        with self._visit(page_object(page), nothing, job) as visit:
            visit.check(options)

    def verify_sign_in(self, job: JobRef) -> None:
        """Sign in if need be and do nothing else, as one browser job, after a person has acted.

        Since a person wants it, the task's first try also tries refused credentials once more.
        """
        if job.task_try in (None, 1):
            forget_refusal(self._ledger, self.login.id)
        nothing = WantedFile(self.account, None, None, None)
        with self._visit(_SignIn(), nothing, job) as visit:
            visit.check()

    @contextmanager
    def _visit(self, page: PageObject, wanted: WantedFile, ref: JobRef) -> Iterator[PageVisit]:
        entrance = Entrance(self._credentials, LedgerRefusals(self._ledger))
        with self._job(ref, entrance) as job:
            assert job.session is not None
            portal = Portal(
                job.session,
                base=base_address(self.login, self.account, self._credentials),
                page_name=page.name,
                account=self.account,
                marketplace=wanted.marketplace if page.has_stores else None,
                enter=entrance.enter,
            )
            visit = PageVisit(page, portal, wanted, entrance, self._may_go_on)
            visit.enter()
            yield visit
            job.state = JobState.WAITING if visit.is_waiting else JobState.DONE

    @contextmanager
    def _job(self, ref: JobRef, entrance: Entrance) -> Iterator[_Job]:
        """Hold the login and its browser. However the block ends, the job's row records it."""
        from sellerops.browsers.session import open_session

        lock = take_lock(self._ledger, self.login.id, ref, socket.gethostname())
        job = _Job(lock, time.monotonic())
        log.info("Browser job %s: login %s, for %s.", lock.job_id, self.login.id, ref.label)
        try:
            with open_session(
                self.login,
                job_id=lock.job_id,
                secrets=self._credentials.secrets,
                user_agent_mark=self._user_agent_mark,
                evidence=self._evidence,
                is_held=lambda: beat(self._ledger, lock, job.session.peak_memory if job.session else None),
            ) as session:
                job.session = session
                yield job
        except BaseException as error:
            job.error, job.state = error, state_after(error)
            if isinstance(error, SellerOpsError):
                error.details.setdefault("job_id", lock.job_id)
            raise
        finally:
            self._end(job, entrance)

    def _end(self, job: _Job, entrance: Entrance) -> None:
        details = getattr(job.error, "details", {})
        seconds = round(time.monotonic() - job.started, 3)
        log.info("Browser job %s: %s after %.1f s.", job.lock.job_id, job.state.value, seconds)
        try:
            end_job(
                self._ledger,
                job.lock,
                job.state,
                seconds=seconds,
                peak_memory_bytes=job.session.peak_memory if job.session else None,
                sign_ins=entrance.sign_ins,
                error=job.error,
                evidence_uri=details.get("evidence"),
            )
        except LedgerUnavailable:
            # The job's own error matters more; another job can take the lock over once its beat stops.
            log.warning("Could not record the end of browser job %s.", job.lock.job_id, exc_info=True)


class _SignIn(PageObject):
    """Not a real page: it only signs in."""

    name = "sign_in"
    has_stores = False

    def check(self, portal: Portal, options: Options = ()) -> None:
        """Open a page that is shown only after signing in."""
        portal.goto(START_PATHS[portal.session.login.site])
