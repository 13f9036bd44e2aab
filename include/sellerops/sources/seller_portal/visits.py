"""A visit: a page object in a signed-in browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from sellerops.base.errors import AmazonUnavailable, BrowserUnavailable, PageChanged
from sellerops.sources.common.portal_api import Delivery, DownloadedFile, WantedFile
from sellerops.sources.common.report_api import ProcessingStatus, Report
from sellerops.sources.seller_portal.pages.loading import before_sending
from sellerops.sources.seller_portal.portal import SessionEnded

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.entrance import Entrance
    from sellerops.sources.seller_portal.page_object import Options, PageObject
    from sellerops.sources.seller_portal.portal import Portal

_Result = TypeVar("_Result")
# Playwright has no error types for these.
_CRASHES = ("crashed", "has been closed", "target closed", "disconnected")


class PageVisit:
    """A ``Visit``. Reading is repeated once when the session ends or the browser crashes. Requesting a file
    is not, because only the page shows whether it was requested.

    ``is_waiting``: the page prepares the file. ``may_go_on`` raises to end the visit before its next step.
    """

    def __init__(
        self,
        page: PageObject,
        portal: Portal,
        wanted: WantedFile,
        entrance: Entrance,
        may_go_on: Callable[[], None] = lambda: None,
    ) -> None:
        self.delivery = page.delivery
        self.is_waiting = False
        self._page = page
        self._portal = portal
        self._wanted = wanted
        self._entrance = entrance
        self._may_go_on = may_go_on
        self._has_reconnected = False

    def enter(self) -> None:
        """Sign in if need be and show the store; again after a crash, once."""
        self.read(lambda: self._entrance.enter(self._portal))

    def check(self, options: Options = ()) -> None:
        """Look for the page's controls."""
        self.read(lambda: self._page.check(self._portal, options))

    def reports(self) -> Sequence[Report]:
        """See ``Visit.reports``."""
        found = self.read(lambda: self._page.reports(self._portal, self._wanted))
        if self.delivery is Delivery.LISTED:
            self.is_waiting = bool(found) and found[0].status in (
                ProcessingStatus.IN_QUEUE,
                ProcessingStatus.IN_PROGRESS,
            )
        return found

    def request(self) -> None:
        """See ``Visit.request``."""
        with before_sending():
            self._may_go_on()
        self.is_waiting = True
        try:
            _guarded(self._portal, lambda: self._page.request(self._portal, self._wanted))
        except SessionEnded as error:
            raise AmazonUnavailable(
                "The site ended the session while the file was being requested.",
                where=error.where,
                remedy="Nothing: the next try looks for the file before it requests it again.",
            ) from None

    def download(self, report: Report | None) -> Sequence[DownloadedFile]:
        """See ``Visit.download``."""
        found = self.read(lambda: self._page.download(self._portal, self._wanted, report))
        self.is_waiting = False
        return found

    def read(self, action: Callable[[], _Result]) -> _Result:
        """Do what may be done twice, and repeat it once after a new sign-in or in a restarted browser."""
        self._may_go_on()
        try:
            return _guarded(self._portal, action)
        except SessionEnded:
            self._portal.enter_again()
        except BrowserUnavailable as error:
            if self._has_reconnected or not error.details.get("crashed"):
                raise
            self._has_reconnected = True
            self._portal.session.reconnect()
            self._entrance.enter(self._portal)
        return _guarded(self._portal, action)


def _guarded(portal: Portal, action: Callable[[], _Result]) -> _Result:
    """Translate Playwright's errors: BrowserUnavailable after a crash, else PageChanged."""
    from playwright.sync_api import Error

    try:
        return action()
    except Error as error:
        # Raises if the job exceeded a limit or lost its login: its pages were then closed for that reason.
        portal.session.check()
        # Without the cause: its call log repeats what was typed.
        said = error.message.splitlines()[0] if error.message else type(error).__name__
        if any(word in error.message.lower() for word in _CRASHES):
            raise BrowserUnavailable(
                f"The browser or its page crashed: {said}",
                where=f"login {portal.session.login.id}",
                crashed=True,
            ) from None
        raise PageChanged(
            f"A control of the page could not be used: {said}",
            where=f"page {portal.page_name}",
            page=portal.page_name,
            control=said,
        ) from None
