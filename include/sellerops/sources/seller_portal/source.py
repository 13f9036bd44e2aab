"""Web pages as a source (``sources/registry.py``): the addresses of its sites, and its client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sellerops.sources.common.operations import Operation

if TYPE_CHECKING:
    from sellerops.browsers.evidence import EvidenceStore
    from sellerops.ledger import Ledger
    from sellerops.settings.accounts import Account
    from sellerops.settings.logins import Login
    from sellerops.settings.specs import ReportSpec
    from sellerops.sources.common.portal_api import PortalClient
    from sellerops.sources.common.report_api import ReportApi
    from sellerops.sources.seller_portal.credentials import PortalCredentials

# One host per region. Which store it shows depends on the session, not on the host.
_SELLER_CENTRAL = {
    "NA": "https://sellercentral.amazon.com",
    "EU": "https://sellercentral-europe.amazon.com",
    "FE": "https://sellercentral.amazon.co.jp",
}
_ADS_CONSOLE = {
    "NA": "https://advertising.amazon.com",
    "EU": "https://advertising.amazon.co.uk",
    "FE": "https://advertising.amazon.co.jp",
}
_DATAROVA = "https://app.datarova.com"


class SellerPortal:
    """Pages of Seller Central, the ads console and Datarova. Their files are downloaded with a browser, not
    requested through an API, so ``portal_client`` takes the place of ``client`` and ``report_api``.
    """

    operations: Mapping[str, Operation] = {}

    def report_api(self, spec: ReportSpec) -> ReportApi[Any]:
        raise NotImplementedError("seller_portal has pages, not reports: use portal_client")

    def client(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("seller_portal has pages, not calls: use portal_client")

    def endpoint(self, account: Account) -> str:
        return _SELLER_CENTRAL[account.region]

    def portal_client(
        self,
        account: Account,
        login: Login,
        credentials: PortalCredentials,
        ledger: Ledger,
        *,
        evidence: EvidenceStore,
        user_agent_mark: str,
    ) -> PortalClient:
        """Cheap to create; nothing is opened before a visit."""
        from sellerops.sources.seller_portal.client import SellerPortalClient

        return SellerPortalClient(
            account, login, credentials, ledger, evidence=evidence, user_agent_mark=user_agent_mark
        )


def base_address(login: Login, account: Account, credentials: PortalCredentials) -> str:
    """The address of the login's site: the connection's, or else that of the site in the account's region."""
    if credentials.base:
        return credentials.base.rstrip("/")
    if login.site == "datarova":
        return _DATAROVA
    return (_ADS_CONSOLE if login.site == "ads_console" else _SELLER_CENTRAL)[account.region]


SOURCE = SellerPortal()
