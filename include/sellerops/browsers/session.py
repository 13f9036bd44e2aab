"""One job's use of a login's browser."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil

from sellerops.base.errors import (
    AmazonUnavailable,
    BrowserUnavailable,
    PersonNeeded,
    SellerOpsError,
    SkipError,
    Throttled,
)
from sellerops.browsers.attachment import Attachment, attach
from sellerops.browsers.bounds import Bounds, Breach, Limit, Pace, Watch
from sellerops.browsers.cookies import restore_cookies, save_cookies
from sellerops.browsers.crashes import is_crash
from sellerops.browsers.downloads import (
    BrowserFile,
    download_from,
    is_same_site,
    place_of,
    request_in_page,
    request_outside,
)
from sellerops.browsers.evidence import EvidenceStore
from sellerops.browsers.evidence_capture import Capture
from sellerops.browsers.pool import Pool
from sellerops.browsers.process_tree import kill_renderers
from sellerops.settings.logins import Login

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SERVER_ERROR = 500


class BrowserSession:
    """One job's connection to a login's browser. Only usable in the thread that opened it.

    All methods raise BrowserUnavailable if the browser or the page crashed, or if the job exceeded its time
    or memory limit or lost the login's lock; the error says which limit (``details["limit"]``).
    """

    def __init__(self, login: Login, pool: Pool, mark: str, job_id: int, capture: Capture) -> None:
        self.login = login
        self.downloads = pool.downloads(login.id) / str(job_id)
        self._pool, self._mark, self._capture = pool, mark, capture
        self._attachment: Attachment | None = None
        self._page: Page | None = None
        self._watch: Watch | None = None
        self._may_reconnect = True
        self._has_cookies_to_save = False
        self._is_for_person = False

    @property
    def page(self) -> Page:
        """The job's page, in the profile's own context."""
        assert self._page
        return self._page

    @property
    def user_agent(self) -> str:
        """The user agent that the browser sends, including the mark."""
        return self._attached.user_agent

    @property
    def peak_memory(self) -> int | None:
        """Peak memory of the browser's processes so far, in bytes; None for a browser on another machine."""
        return self._watch.peak_memory if self._watch else None

    def goto(self, url: str) -> None:
        """Load an address in ``page``; if the page has crashed, once per session also in a new one.

        Raises AmazonUnavailable if the site does not answer or answers with a server error.
        """
        with self._translated():
            try:
                self._load(url)
            except Exception as error:
                if not (is_crash(error) and self._may_reconnect):
                    raise
                self.reconnect()
                self._load(url)

    def page_from(self, action: Callable[[], None]) -> Page:
        """The page (tab) that an action opens; it is closed with the session."""
        with self._translated():
            with self._attached.context.expect_page() as opened:
                action()
            self._attached.adopt(opened.value)
            return opened.value

    def download_from(self, action: Callable[[], None], *, page: Page | None = None) -> BrowserFile:
        """The file that an action, such as a click, downloads. ``page``: where the action happens, if not in
        ``self.page``.

        Raises AmazonUnavailable if no download starts, DocumentDamaged if it does not complete.
        """
        with self._translated():
            return download_from(page or self.page, action, self.downloads)

    def request_file(
        self, url: str, method: str = "GET", form: Mapping[str, str] | None = None
    ) -> BrowserFile:
        """The response to a request with the browser's cookies; its body is returned whatever the status.

        Requests to the page's own site are sent by the browser itself. A relative address is relative to
        ``page``.
        """
        with self._translated():
            if is_same_site(self.page, url):
                return request_in_page(self.page, url, method, form, self.downloads)
            return request_outside(self.page, url, method, form, self.downloads, self.user_agent)

    @contextmanager
    def private(self) -> Iterator[None]:
        """A block in which nothing is traced, for signing in. Cookies are saved if it succeeds."""
        self._capture.stop_tracing()
        try:
            with self._translated():
                yield
                self._save_cookies()
                self._has_cookies_to_save = True
        finally:
            self._capture.start_tracing(self._attached.context)

    def reconnect(self) -> None:
        """Attach again with a new ``page``, to a restarted browser if necessary. Once per session."""
        if not self._may_reconnect:
            raise BrowserUnavailable("the browser crashed again.", where=self._where)
        self._may_reconnect = False
        self._capture.forget()
        self._attached.close()
        self._attach()

    def check(self) -> None:
        """Raise BrowserUnavailable if the job may not go on (time, memory, lock)."""
        if self._watch:
            self._watch.check()

    def save_evidence(self, error: BaseException) -> str:
        """Store what the page shows, without secrets and personal data; returns the folder's address.

        ``open_session`` does this for errors that leave its block and puts the address into
        ``details["evidence"]``. Further calls return the same address.
        """
        return self._capture.save(self._attached.newest_page(), error)

    @property
    def _attached(self) -> Attachment:
        assert self._attachment
        return self._attachment

    @property
    def _where(self) -> str:
        return f"browser of login {self.login.id}"

    def _load(self, url: str) -> None:
        from playwright.sync_api import Error

        try:
            response = self.page.goto(url, wait_until="domcontentloaded")
        except Error as error:
            if "net::ERR_" not in str(error) or is_crash(error):
                raise
            if "net::ERR_ABORTED" in str(error):
                # A crash while loading; it shows only when the page is used again.
                self.page.evaluate("0")
            reason = str(error).split("net::", 1)[1].split()[0]
            raise AmazonUnavailable(
                f"the site cannot be reached ({reason}).", where=url.split("?")[0]
            ) from error
        if response and response.status >= _SERVER_ERROR:
            raise AmazonUnavailable(
                f"the page answered with HTTP {response.status}.", where=place_of(self.page)
            )

    def _attach(self) -> None:
        attached = attach(self._pool, self.login, self._mark, self.downloads)
        self._attachment = attached
        restore_cookies(attached.context, self._pool.profile(self.login.id), attached.run_id)
        self._page = attached.new_page()
        self._capture.start_tracing(attached.context)

    def _save_cookies(self) -> None:
        attached = self._attached
        save_cookies(attached.context, self._pool.profile(self.login.id), attached.run_id)

    def _process(self) -> psutil.Process | None:
        return self._attachment.pool_browser.process if self._attachment else None

    def _interrupt(self, breach: Breach, tries: int) -> None:
        """Called by the watch: end what the job's thread waits for."""
        attached = self._attachment
        if not attached:
            return
        if breach.limit is Limit.CRASH:
            if attached.driver:
                attached.driver.kill()
            return
        attached.close_tabs()
        process = self._process()
        if process and breach.limit is not Limit.LOCK and (tries or breach.limit is Limit.MEMORY):
            kill_renderers(process)
        if tries and attached.driver:
            attached.driver.kill()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise Playwright's errors as ours, and a breached limit in place of whatever error it led to."""
        from playwright.sync_api import Error

        self.check()
        try:
            yield
        except SellerOpsError:
            raise
        except Exception as error:
            self.check()
            if is_crash(error):
                raise BrowserUnavailable(
                    "the page or the browser crashed.", where=self._where, crashed=True
                ) from error
            if isinstance(error, Error):
                raise BrowserUnavailable(
                    f"the browser failed on the page: {_first_line(error)}", where=self._where
                ) from error
            raise
        self.check()

    def _leave(self) -> None:
        """Close the job's pages and disconnect; the browser keeps running.

        A page that needs a person stays open, so that the person does not have to start over; the next job
        closes it.
        """
        attached = self._attachment
        if not attached:
            return
        if self._has_cookies_to_save and not (self._watch and self._watch.breach):
            with contextlib.suppress(Exception):
                self._save_cookies()
        if self._watch:
            self._watch.measure()
        self._capture.forget()
        attached.close_own_pages(keep=attached.newest_page() if self._is_for_person else None)
        attached.close()


@contextmanager
def open_session(
    login: Login,
    *,
    job_id: int,
    secrets: Sequence[str],
    user_agent_mark: str,
    evidence: EvidenceStore,
    is_held: Callable[[], bool],
    pool: Pool | None = None,
    pace: Pace | None = None,
) -> Iterator[BrowserSession]:
    """Attach to a login's browser, whose lock the caller holds; start it if it belongs to this machine.

    ``secrets``: texts that must not appear in evidence (password, one-time password secret). ``is_held``
    renews the login's lock and returns whether it is still held; another thread calls it every
    ``BEAT_EVERY_S``. Other pages of the browser are closed at the start; at the end the job's own pages are
    closed and its downloads deleted. Raises BrowserMissing, BrowserUnavailable and ConfigurationError;
    Playwright errors that leave the block become BrowserUnavailable. Errors that leave the block, except
    SkipError and Throttled, get ``details["evidence"]`` if evidence can be stored.
    """
    pool = pool or Pool()
    session = BrowserSession(
        login, pool, user_agent_mark, job_id, Capture(login.id, job_id, secrets, evidence)
    )
    watch = session._watch = Watch(
        Bounds(login, is_held, session._process, session._interrupt), pace or Pace()
    )
    try:
        watch.start()
        pool.clear_downloads(login.id)
        with session._translated():
            session._attach()
        try:
            with session._translated():
                yield session
        except Exception as error:
            session._is_for_person = isinstance(error, PersonNeeded)
            _attach_evidence(session, error)
            raise
    finally:
        try:
            session._leave()
        finally:
            watch.stop()
            shutil.rmtree(session.downloads, ignore_errors=True)


def _attach_evidence(session: BrowserSession, error: Exception) -> None:
    """Add the evidence's address to an error, ours or not: the job's row and its notice need it."""
    details: dict[str, Any] = getattr(error, "details", {})
    if isinstance(error, SkipError | Throttled) or details.get("evidence"):
        return
    # The error itself matters more than its evidence.
    with contextlib.suppress(Exception):
        details["evidence"] = session.save_evidence(error)
        error.details = details  # type: ignore[attr-defined]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
