"""The accounts and reports that both parts collect."""

from __future__ import annotations

from datetime import UTC, datetime

from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MARKETPLACES = {
    "northwind_na": ("NA", "US", "CA"),
    "northwind_eu": ("EU", "GB", "DE", "FR"),
    "northwind_ae": ("EU", "AE"),
    "northwind_au": ("FE", "AU"),
}
REPORTS = (
    "sales_and_traffic",
    "all_orders",
    "fba_customer_returns",
    "search_catalog_performance_weekly",
    "search_terms_weekly",
)
CREATE, FETCH = "createReport", "getReportDocument"


def accounts() -> list[Account]:
    return [
        Account(name, region, tuple(map(marketplace, codes)), f"amazon_sp_{name}")
        for name, (region, *codes) in MARKETPLACES.items()
    ]
