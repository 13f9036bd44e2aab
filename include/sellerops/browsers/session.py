"""One job's use of a login's browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sellerops.browsers.downloads import BrowserFile
from sellerops.browsers.evidence import EvidenceStore
from sellerops.settings.logins import Login

if TYPE_CHECKING:
    from playwright.sync_api import Page


class BrowserSession:
    """A login's browser, attached to for one job. Only usable in the thread that opened it.

    All methods raise BrowserUnavailable when the browser or the page crashed, or when the job exceeded its
    time or memory or lost the login's lock; the error says which.
    """

    login: Login
    downloads: Path
    user_agent: str

    @property
    def page(self) -> Page:
        """The job's page, of the profile's own context."""
        raise NotImplementedError

    @property
    def peak_memory(self) -> int | None:
        """Most memory of the browser's processes so far, in bytes; None for a browser on another machine."""
        raise NotImplementedError

    def goto(self, url: str) -> None:
        """Load an address in ``page``; once per session also after the page has crashed."""
        raise NotImplementedError

    def page_from(self, action: Callable[[], None]) -> Page:
        """The page (tab) that an action opens; it is closed with the session."""
        raise NotImplementedError

    def download_from(self, action: Callable[[], None], *, page: Page | None = None) -> BrowserFile:
        """The file that an action, such as a click, downloads. ``page``: where the action happens, if not in
        ``self.page``.

        Raises AmazonUnavailable if no download starts, DocumentDamaged if it does not complete.
        """
        raise NotImplementedError

    def request_file(
        self, url: str, method: str = "GET", form: Mapping[str, str] | None = None
    ) -> BrowserFile:
        """The response to a request with the browser's cookies; of the page's own site it is the browser
        itself that requests it. A relative address is one of ``page``. Whatever the status is, the body is
        returned.
        """
        raise NotImplementedError

    def private(self) -> AbstractContextManager[None]:
        """Nothing is traced in this block, for signing in. Cookies are saved when it succeeds."""
        raise NotImplementedError

    def reconnect(self) -> None:
        """Attach again, to a restarted browser if need be, with a new ``page``. Once per session."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise BrowserUnavailable if the job may not go on (time, memory, lock)."""
        raise NotImplementedError

    def save_evidence(self, error: BaseException) -> str:
        """Store what the page shows, without secrets and personal data; returns the folder's address.

        Masks the page itself, so the job cannot use it any more. ``open_session`` does this for every
        SellerOpsError that leaves its block and puts the address into ``details["evidence"]``.
        """
        raise NotImplementedError


@contextmanager
def open_session(
    login: Login,
    *,
    job_id: int,
    secrets: Sequence[str],
    user_agent_mark: str,
    evidence: EvidenceStore,
    is_held: Callable[[], bool],
) -> Iterator[BrowserSession]:
    """Attach to a login's browser, whose lock the caller holds; start it if it belongs to this machine.

    ``secrets``: texts that must not appear in evidence (password, one-time-password secret). ``is_held``
    beats the login's lock and returns whether it is still held; it is called from another thread every
    ``BEAT_EVERY_S``. Other pages of the browser are closed at the start, the job's own and its downloads at
    the end. Raises BrowserMissing, BrowserUnavailable and ConfigurationError; errors of Playwright that
    leave the block become BrowserUnavailable.
    """
    raise NotImplementedError
    yield
