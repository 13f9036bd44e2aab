"""What a page object works with: a signed-in browser that shows the wanted store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sellerops.sources.common.portal_api import DownloadedFile
from sellerops.sources.seller_portal.classify import PageKind, is_sign_in
from sellerops.sources.seller_portal.controls import Controls

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from sellerops.browsers.session import BrowserSession
    from sellerops.settings.accounts import Account
    from sellerops.settings.marketplaces import Marketplace


class SessionEnded(Exception):
    """The site signed the browser out: it shows a sign-in page instead of the page object's."""


class Portal:
    """One site in one browser session.

    ``base``: the site's address, without a slash at its end, as the login's connection or the account's
    region gives it. ``language``: of the pages (``en``, ``de``, ``ja``), from the page itself. ``store``: the
    name of the shown store, as the page writes it; empty for sites without stores.

    :param renew: signs in again and shows the store; called at most once in a visit.
    """

    def __init__(
        self,
        session: BrowserSession,
        *,
        base: str,
        page_name: str,
        account: Account,
        marketplace: Marketplace | None,
        renew: Callable[[Portal], None] | None = None,
    ) -> None:
        self.session = session
        self.base = base.rstrip("/")
        self.page_name = page_name
        self.account = account
        self.marketplace = marketplace
        self.store = ""
        self._renew = renew
        self._tab: Page | None = None
        self.controls = Controls(self)

    @property
    def page(self) -> Page:
        """The browser page; another one after a reconnection."""
        return self._tab or self.session.page

    def tab_of(self, action: Callable[[], None]) -> Portal:
        """The same for the tab that ``action``, such as a click, opens; close it with ``.page.close()``."""
        other = copy(self)
        other._tab = self.session.page_from(action)
        other._renew = None
        other.controls = Controls(other)
        return other

    @property
    def language(self) -> str:
        """Of the page that is shown: ``en``, ``de``, ``ja``."""
        return (self.page.locator("html").get_attribute("lang") or "en").split("-")[0].lower()

    def url(self, path: str, **query: str) -> str:
        """The address of a path of the site."""
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")

    def goto(self, path: str, **query: str) -> None:
        """Open a path of the site; when the site has signed the browser out, sign in again (once) first."""
        self.session.goto(self.url(path, **query))
        if self.is_signed_out():
            self.renew()
            self.session.goto(self.url(path, **query))
            self.check_session()

    def is_signed_out(self) -> bool:
        """Whether a sign-in page is shown."""
        return is_sign_in(self.kind())

    def kind(self) -> PageKind:
        """What is shown."""
        from sellerops.sources.seller_portal.classify import classify

        return classify(self.page.url, self.page.content())

    def check_session(self) -> None:
        """Raise SessionEnded when a sign-in page is shown instead of the site's."""
        if self.is_signed_out():
            raise SessionEnded

    def renew(self) -> None:
        """Sign in again. Raises SessionEnded when that was done before in this visit."""
        renew, self._renew = self._renew, None
        if renew is None:
            raise SessionEnded
        renew(self)

    def download_from(
        self, action: Callable[[], None], facts: Mapping[str, str] | None = None
    ) -> DownloadedFile:
        """The file that the browser downloads in consequence of ``action``, such as a click."""
        saved = self.session.download_from(action, page=self._tab)
        return DownloadedFile(saved.path, saved.name, dict(facts or {}))

    def request_file(
        self,
        path: str,
        *,
        method: str = "GET",
        form: Mapping[str, str] | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> DownloadedFile:
        """The file at a path of the site (or a whole address), requested with the browser's cookies."""
        url = path if "://" in path else self.url(path)
        saved = self.session.request_file(url, method, form)
        return DownloadedFile(saved.path, saved.name, dict(facts or {}))
