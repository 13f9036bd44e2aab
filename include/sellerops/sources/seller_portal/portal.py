"""What a page object works with: a signed-in browser that shows the wanted store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sellerops.base.errors import AmazonUnavailable
from sellerops.sources.common.portal_api import DownloadedFile
from sellerops.sources.seller_portal.challenges import permission_missing
from sellerops.sources.seller_portal.classify import (
    NOT_ALLOWED_PATH,
    SIGNED_IN_MARK,
    PageKind,
    classify,
    is_sign_in,
)
from sellerops.sources.seller_portal.controls import Controls
from sellerops.sources.seller_portal.error_pages import refuse_error_page
from sellerops.sources.seller_portal.store_names import is_name_of
from sellerops.sources.seller_portal.stores import is_shown, shown_store

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from sellerops.browsers.session import BrowserSession
    from sellerops.settings.accounts import Account
    from sellerops.settings.marketplaces import Marketplace


_FORMATS = {"mdy": "%m/%d/%Y", "dmy": "%d/%m/%Y", "ymd": "%Y/%m/%d"}
_SPECIAL_FORMATS = {"DE": "%d.%m.%Y"}
# A page of each site that is shown only after signing in. Other pages of the ads console redirect a browser
# in which no account has been chosen to a registration page.
START_PATHS = {
    "seller_central": "/home",
    "ads_console": "/choose-account?destination=/reporting",
    "datarova": "/downloads",
}


class SessionEnded(AmazonUnavailable):
    """The site signed the browser out: it shows a sign-in page instead of the page object's."""


class Portal:
    """One site in one browser session.

    ``base``: the site's address without a trailing slash, from the login's connection or the account's
    region. ``store``: the name of the shown store, as the page writes it; empty for sites without stores.
    ``account_name``: the account's name as the header writes it; empty if it shows none; None until the store
    has been chosen.

    :param enter: signs in if need be and shows the store. Called again, at most once, when the session ends
        in the middle of a visit or the site shows another store. Sites without stores are entered when the
        first page is opened.
    """

    def __init__(
        self,
        session: BrowserSession,
        *,
        base: str,
        page_name: str,
        account: Account,
        marketplace: Marketplace | None,
        enter: Callable[[Portal], None] | None = None,
    ) -> None:
        self.session = session
        self.base = base.rstrip("/")
        self.page_name = page_name
        self.account = account
        self.marketplace = marketplace
        self.store = ""
        self.account_name: str | None = None
        self._enter = enter
        self._entries_left = 1 if self.has_stores else 2
        self._tab: Page | None = None
        self.controls = Controls(self)

    @property
    def page(self) -> Page:
        """The browser page; a new one after a reconnection."""
        return self._tab or self.session.page

    @property
    def has_stores(self) -> bool:
        """Whether the site's session shows one store at a time."""
        return self.session.login.site == "seller_central"

    def tab_of(self, action: Callable[[], None]) -> Portal:
        """A copy for the tab that ``action``, such as a click, opens; close it with ``.page.close()``."""
        other = copy(self)
        other._tab = self.session.page_from(action)
        other._enter = None
        other.controls = Controls(other)
        return other

    @property
    def language(self) -> str:
        """The language of the page that is shown: ``en``, ``de``, ``ja``."""
        return (self.page.locator("html").get_attribute("lang") or "en").split("-")[0].lower()

    @property
    def shown_marketplace(self) -> Marketplace:
        """The marketplace whose store is shown: the wanted one; for files of a whole account the one that the
        page names, or else the account's first.
        """
        if self.marketplace:
            return self.marketplace
        known = self.account.marketplaces
        return next((each for each in known if is_name_of(self.store, each)), known[0])

    @property
    def date_format(self) -> str:
        """How the shown store writes dates, whatever the language, as a strptime format."""
        store = self.shown_marketplace
        return _SPECIAL_FORMATS.get(store.code) or _FORMATS[store.dates[0]]

    def url(self, path: str, **query: str) -> str:
        """The address of a path of the site."""
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")

    def goto(self, path: str, **query: str) -> None:
        """Open a path of the site. If the site has signed the browser out or shows another store, enter again
        (once) and open the path again.

        Raises SessionEnded when that does not help, PermissionMissing when the user may not see the page.
        """
        show = self._tab.goto if self._tab else self.session.goto
        show(self.url(path, **query))
        if self._is_elsewhere():
            self.enter_again()
            show(self.url(path, **query))
            if self._is_elsewhere():
                raise self._ended()

    def kind(self) -> PageKind:
        """The kind of page that is shown. Of sites other than Seller Central only sign-in pages are known."""
        kind = classify(self.page.url, self.page.content())
        if kind is PageKind.UNKNOWN and not self.has_stores and "/ap/" not in self.page.url:
            return PageKind.SIGNED_IN
        return kind

    def check_session(self) -> None:
        """Raise SessionEnded when a sign-in page is shown instead of the site's, AmazonUnavailable when an
        error page is.
        """
        if is_sign_in(self.kind()):
            raise self._ended()
        refuse_error_page(self.page, f"page {self.page_name}")

    def enter_again(self) -> None:
        """Sign in and show the store again. Raises SessionEnded if this visit has already done so."""
        if self._enter is None or not self._entries_left:
            raise self._ended()
        self._entries_left -= 1
        self._enter(self)

    def _is_elsewhere(self) -> bool:
        """Whether anything other than a page of the wanted store is shown."""
        if not self.page.locator(SIGNED_IN_MARK).count():
            kind = self.kind()
            if is_sign_in(kind) or kind is PageKind.ACCOUNT_PICKER:
                return True
        if NOT_ALLOWED_PATH in self.page.url:
            raise permission_missing(self)
        return bool(self.store and shown_store(self.page).store) and not is_shown(self)

    def _ended(self) -> SessionEnded:
        return SessionEnded(
            "The site ended the session in the middle of the visit.", where=f"page {self.page_name}"
        )

    def download_from(
        self, action: Callable[[], None], facts: Mapping[str, str] | None = None
    ) -> DownloadedFile:
        """The file that the browser downloads as a result of ``action``, such as a click."""
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
