"""The Selling Partner API as a source (``sources/registry.py``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sellerops.ledger import Ledger
from sellerops.rate_limits import Priority, QuotaLedger
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import region_endpoint
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.amazon_sp.operations.registry import OPERATIONS
from sellerops.sources.amazon_sp.report_api import report_api_of
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.operations import Operation
from sellerops.sources.common.report_api import ReportApi, Source


class SellingPartner:
    """Reports, Data Kiosk queries and operations of one seller account."""

    operations: Mapping[str, Operation] = OPERATIONS

    def report_api(self, spec: ReportSpec) -> ReportApi[Any]:
        return report_api_of(spec)

    def client(
        self,
        account: Account,
        credentials: Credentials,
        ledger: Ledger,
        limits: QuotaLedger,
        *,
        priority: Priority = Priority.SCHEDULE,
    ) -> SpApiClient:
        return SpApiClient(account, credentials, ledger, limits, priority=priority)

    def endpoint(self, account: Account) -> str:
        return region_endpoint(account.region)


SOURCE: Source = SellingPartner()
