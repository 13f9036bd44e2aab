"""Selects the reports that a demo collects, their order and their days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sellerops.settings.specs import PeriodKind, ReportSpec

# The reports of a plain `make demo`: as different from each other as possible, in under five minutes.
DEMO_REPORTS = (
    "all_orders",
    "fba_customer_returns",
    "fba_manage_inventory",
    "sales_and_traffic",
    "settlements",
    "sp_campaigns",
)
# With MARTS=1: the reports from which profit, the bridge and restock are built.
MART_REPORTS = (
    *("economics", "fba_inventory_planning", "fba_inventory_summaries", "inventory_ledger_summary"),
    *("listings_all", "reimbursements", "restock_recommendations", "sales_and_traffic_by_sku"),
    *("sp_advertised_products", "sp_purchased_products", "storage_fees", "transactions"),
)
# With MARTS=1 these reach further back than the others, because forecasts need two months of demand and
# stock. Each of them is one document per month.
HISTORY_REPORTS = frozenset({"all_orders", "inventory_ledger_summary"})
HISTORY = timedelta(days=60)
# With PORTAL=1: files of web pages that no API serves, some for each login.
PORTAL_REPORTS = (
    "awd_storage_fees",
    "demographics",
    "payments_date_range",
    "search_query_performance_brand_weekly",
)
# Operations requested per ASIN. ASINs come from the listings report, so that one is collected before all
# others.
LISTINGS = "listings_all"
_OF_ASINS = ("getCatalogItem", "searchCatalogItems", "getMyFeesEstimates")


def rounds(specs: Sequence[ReportSpec], *, full: bool, marts: bool = False) -> list[list[ReportSpec]]:
    """The reports in one or two rounds; those of the second read what the listings of the first loaded.

    ``full``: all reports. ``marts``: also those from which marts are built.

    Quota is the bottleneck. So the listings are followed by the reports that Amazon creates at most once a
    minute, those with the most slices first, and no quota is left unused while other reports are collected.
    """
    names = {*DEMO_REPORTS, *PORTAL_REPORTS, *(MART_REPORTS if marts else ())}
    chosen = [spec for spec in specs if spec.is_on and (full or spec.name in names)]
    later = [spec for spec in chosen if needs_asins(spec)]
    first = [spec for spec in chosen if spec not in later]
    return [sorted(each, key=_turn) for each in (first, later) if each]


def _turn(spec: ReportSpec) -> tuple[bool, bool, bool]:
    return spec.name != LISTINGS, not spec.has_scarce_quota, spec.period.kind is not PeriodKind.DAY


def needs_asins(spec: ReportSpec) -> bool:
    """Whether the report is requested per ASIN of the account."""
    return spec.request.split is not None or spec.request.operation in _OF_ASINS


def run_days(spec: ReportSpec, first: date, last: date, *, marts: bool = False) -> dict[str, str]:
    """A run's parameters for these days; empty unless the report's period is a day that can be chosen.

    ``marts``: ``HISTORY_REPORTS`` also get the days before ``first``.
    """
    if spec.period.kind.is_whole_only or spec.period.kind is PeriodKind.SNAPSHOT:
        return {}
    if marts and spec.name in HISTORY_REPORTS:
        first -= HISTORY
    return {"from_day": first.isoformat(), "to_day": last.isoformat()}
