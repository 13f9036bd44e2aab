"""A connection to a login's running browser, over CDP or to a bound Playwright endpoint."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from sellerops.base.errors import BrowserUnavailable
from sellerops.browsers.devtools import close_tab, list_tabs, numeric_address, open_tab
from sellerops.browsers.pool import BrowserState, Pool, PoolBrowser, wait_for_browser
from sellerops.settings.logins import Login

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

ATTACH_S = 30.0
# How long to wait for a browser that another machine is restarting.
_AWAY_S = 60.0
_CLOSE_S = 5.0
_BLANK = "about:blank"


class Attachment:
    """A browser's own context (the profile's). ``close`` leaves the browser running."""

    def __init__(
        self,
        found: PoolBrowser,
        playwright: Playwright,
        browser: Browser,
        user_agent: str,
        mark: str,
    ) -> None:
        self.pool_browser = found
        self._playwright, self._browser = playwright, browser
        self.context: BrowserContext = browser.contexts[0]
        self._is_marked = mark in user_agent
        self.user_agent = user_agent if self._is_marked else f"{user_agent} {mark}"
        if not self._is_marked:
            # This covers even the first request of a tab that a page opens.
            self.context.set_extra_http_headers({"User-Agent": self.user_agent})
        self.driver = _driver_of(playwright)
        self.tab_ids: list[str] = []
        self._pages: list[Page] = []

    @property
    def run_id(self) -> str:
        """Changes each time the browser starts; empty if unknown."""
        return self.pool_browser.version.run_id if self.pool_browser.version else ""

    def new_page(self) -> Page:
        """Open a page that identifies itself as automated in its user agent."""
        page = self.context.new_page()
        self.adopt(page)
        return page

    def adopt(self, page: Page) -> None:
        """Record a page as the job's own, and mark its user agent if the browser's lacks the mark."""
        self._pages.append(page)
        session = self.context.new_cdp_session(page)
        self.tab_ids.append(session.send("Target.getTargetInfo")["targetInfo"]["targetId"])
        if not self._is_marked:
            # For scripts in the page. The override ends with the session, which therefore stays open.
            session.send("Emulation.setUserAgentOverride", {"userAgent": self.user_agent})

    def newest_page(self) -> Page | None:
        """The page that the job opened last and that is still open; None if there is none."""
        return next((page for page in reversed(self._pages) if not page.is_closed()), None)

    def close_tabs(self) -> None:
        """Close the job's own pages, from any thread. Only works over CDP."""
        if self.pool_browser.login.browser.startswith("http://"):
            for tab in self.tab_ids:
                close_tab(self.pool_browser.login.browser, tab)

    def close_own_pages(self, keep: Page | None = None) -> None:
        """Close the job's own pages except ``keep``.

        Over CDP this bypasses Playwright, which a hanging page would block.
        """
        is_cdp = self.pool_browser.login.browser.startswith("http://")
        for page, tab in zip(self._pages, self.tab_ids, strict=False):
            if page is keep:
                continue
            with contextlib.suppress(Exception):
                if is_cdp:
                    close_tab(self.pool_browser.login.browser, tab)
                else:
                    page.close()

    def close(self) -> None:
        """Disconnect. Never raises: the browser or the driver may be dead."""
        with contextlib.suppress(Exception):
            self._browser.close()
        with contextlib.suppress(Exception):
            self._playwright.stop()


def attach(pool: Pool, login: Login, mark: str, downloads: Path) -> Attachment:
    """Connect to a login's browser, starting it if it belongs to this machine, and close its stray pages.

    If the browser dies meanwhile, attaching is retried once. The caller holds the login's lock. Raises
    BrowserMissing, BrowserUnavailable and ConfigurationError.
    """
    try:
        return _attach(pool, login, mark, downloads)
    except BrowserUnavailable:
        if not pool.is_dead(login, mark):
            raise
        return _attach(pool, login, mark, downloads)


def _attach(pool: Pool, login: Login, mark: str, downloads: Path) -> Attachment:
    found = pool.ensure(login, mark)
    if found.state in (BrowserState.UNREACHABLE, BrowserState.ELSEWHERE):
        wait_for_browser(login, _AWAY_S)
        found = pool.look(login, mark)
    is_cdp = login.browser.startswith("http://")
    if is_cdp:
        close_stray_tabs(login.browser)
    downloads.mkdir(parents=True, exist_ok=True)
    playwright, browser = _connect(login, downloads, is_cdp=is_cdp)
    try:
        if not is_cdp:
            _close_stray_pages(browser)
        agent = found.version.user_agent if found.version else _agent_of(browser)
        return Attachment(found, playwright, browser, agent, mark)
    except BaseException:
        with contextlib.suppress(Exception):
            playwright.stop()
        raise


def close_stray_tabs(address: str) -> None:
    """Close every page and leave a blank one, which keeps a browser with a window open.

    Call it before attaching, because a page whose script never ends would keep Playwright from attaching.
    """
    stray = [tab.id for tab in list_tabs(address)]
    open_tab(address, _BLANK)
    for tab in stray:
        close_tab(address, tab)
    deadline = time.monotonic() + _CLOSE_S
    while time.monotonic() < deadline and {tab.id for tab in list_tabs(address)} & set(stray):
        time.sleep(0.05)


def _connect(login: Login, downloads: Path, *, is_cdp: bool) -> tuple[Playwright, Browser]:
    from playwright.sync_api import Error, sync_playwright

    playwright = sync_playwright().start()
    try:
        chromium = playwright.chromium
        connect: Callable[[], Browser] = (
            (
                lambda: chromium.connect_over_cdp(
                    numeric_address(login.browser), artifacts_dir=downloads, timeout=ATTACH_S * 1000
                )
            )
            if is_cdp
            else (lambda: chromium.connect(login.browser, timeout=ATTACH_S * 1000))
        )
        browser = connect()
        if browser.contexts:
            return playwright, browser
        raise BrowserUnavailable(
            "the browser has no profile.",
            where=f"browser of login {login.id}",
            remedy="Start it with a persistent profile, for example by `sellerops browsers up`.",
        )
    except (Error, OSError) as error:
        playwright.stop()
        raise BrowserUnavailable(
            f"cannot attach to the browser at {login.browser}: {str(error).splitlines()[0]}",
            where=f"browser of login {login.id}",
        ) from error
    except BaseException:
        playwright.stop()
        raise


def _close_stray_pages(browser: Browser) -> None:
    context = browser.contexts[0]
    stray = list(context.pages)
    context.new_page()
    for page in stray:
        page.close()


def _agent_of(browser: Browser) -> str:
    session = browser.new_browser_cdp_session()
    return str(session.send("Browser.getVersion")["userAgent"])


def _driver_of(playwright: Playwright) -> psutil.Process | None:
    """The process through which Playwright drives browsers; ending it ends any call that waits for it."""
    # `start` binds `stop` to the context manager, which has the transport.
    manager: Any = getattr(playwright.stop, "__self__", None)
    try:
        return psutil.Process(manager._client._transport._proc.pid)
    except (AttributeError, psutil.Error):
        return None
