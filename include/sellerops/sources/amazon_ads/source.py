"""Amazon Ads as a source (``sources/registry.py``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sellerops.calendar.slices import Slice
from sellerops.ledger import Ledger
from sellerops.rate_limits import Priority, QuotaLedger
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_ads.client import ENDPOINTS, AdsClient
from sellerops.sources.amazon_ads.exports import Exports
from sellerops.sources.amazon_ads.operations import OPERATIONS
from sellerops.sources.amazon_ads.reports import Reports
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.operations import Operation
from sellerops.sources.common.report_api import ReportApi, Source


class _AccountList(Reports):
    """A list of the whole account, which needs no profile."""

    def check(self, client: AdsClient, slice_: Slice) -> None:
        return

    async def prepare(self, client: AdsClient, slice_: Slice) -> None:
        return


class AmazonAds:
    """Reports, exports and lists of an account's advertising profiles."""

    operations: Mapping[str, Operation] = OPERATIONS

    def report_api(self, spec: ReportSpec) -> ReportApi[Any]:
        """Exports if the options name one, else reports."""
        if spec.request.operation == "listProfiles":
            return _AccountList()
        kind = spec.request.options.get("export")
        return Exports(kind) if kind else Reports()

    def client(
        self,
        account: Account,
        credentials: Credentials,
        ledger: Ledger,
        limits: QuotaLedger,
        *,
        priority: Priority = Priority.SCHEDULE,
    ) -> AdsClient:
        return AdsClient(account, credentials, ledger, limits, priority=priority)

    def endpoint(self, account: Account) -> str:
        return ENDPOINTS[account.region]


SOURCE: Source = AmazonAds()
