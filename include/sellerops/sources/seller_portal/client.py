"""One login's pages for one account: a visit is one browser job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sellerops.sources.common.portal_api import DownloadedFile, Visit, WantedFile

if TYPE_CHECKING:
    from sellerops.browsers.evidence import EvidenceStore
    from sellerops.ledger import Ledger
    from sellerops.ledger.logins import JobRef
    from sellerops.settings.accounts import Account
    from sellerops.settings.logins import Login
    from sellerops.sources.common.report_api import Report
    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.page_object import PageObject
    from sellerops.sources.seller_portal.portal import Portal


class SellerPortalClient:
    """Implements ``PortalClient`` with a browser."""

    def __init__(
        self,
        account: Account,
        login: Login,
        credentials: PortalCredentials,
        ledger: Ledger,
        *,
        evidence: EvidenceStore,
        user_agent_mark: str,
    ) -> None:
        self.account = account
        self.login = login
        self._credentials = credentials
        self._ledger = ledger
        self._evidence = evidence
        self._user_agent_mark = user_agent_mark

    @contextmanager
    def visit(self, page: str, wanted: WantedFile, job: JobRef) -> Iterator[Visit]:
        """See ``PortalClient.visit``."""
        raise NotImplementedError
        yield

    def check(self, page: str, job: JobRef) -> None:
        """Open a page and look for its controls (``PageObject.check``), as one browser job."""
        raise NotImplementedError

    def verify_sign_in(self, job: JobRef) -> None:
        """Sign in if need be and do nothing else, as one browser job: after a person has acted."""
        raise NotImplementedError


class PageVisit:
    """A ``Visit``: a page object in a signed-in browser."""

    def __init__(self, page: PageObject, portal: Portal, wanted: WantedFile) -> None:
        self.delivery = page.delivery
        self._page = page
        self._portal = portal
        self._wanted = wanted

    def reports(self) -> Sequence[Report]:
        """See ``Visit.reports``."""
        return self._page.reports(self._portal, self._wanted)

    def request(self) -> None:
        """See ``Visit.request``."""
        self._page.request(self._portal, self._wanted)

    def download(self, report: Report | None) -> Sequence[DownloadedFile]:
        """See ``Visit.download``."""
        return self._page.download(self._portal, self._wanted, report)
