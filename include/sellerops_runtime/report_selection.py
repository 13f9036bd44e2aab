"""Which reports a demo collects, in which order, and for which days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sellerops.settings.specs import PeriodKind, ReportSpec

# What `make demo` shows within five minutes: the reports that differ most from each other.
DEMO_REPORTS = (
    "all_orders",
    "fba_customer_returns",
    "fba_manage_inventory",
    "sales_and_traffic",
    "settlements",
    "sp_campaigns",
)
# Asked for ASINs, which come from the listings: these go after them, and the listings before all others.
LISTINGS = "listings_all"
_OF_ASINS = ("getCatalogItem", "searchCatalogItems", "getMyFeesEstimates")


def rounds(specs: Sequence[ReportSpec], *, full: bool) -> list[list[ReportSpec]]:
    """The reports in the order of collecting: those of a later round read what the listings landed.

    Quota, not the machine, bounds the whole: what Amazon lets be created once a minute goes first, and of
    that what has most slices, so that no token is left unused while other reports are collected.
    """
    chosen = [spec for spec in specs if spec.enabled and (full or spec.name in DEMO_REPORTS)]
    later = [spec for spec in chosen if needs_asins(spec)]
    first = [spec for spec in chosen if spec not in later]
    return [sorted(each, key=_turn) for each in (first, later) if each]


def _turn(spec: ReportSpec) -> tuple[bool, bool, bool]:
    is_scarce = spec.source == "amazon_sp" and spec.request.how == "created"
    return spec.name != LISTINGS, not is_scarce, spec.period.kind is not PeriodKind.DAY


def needs_asins(spec: ReportSpec) -> bool:
    """Whether its requests are made of the account's ASINs."""
    return spec.request.split is not None or spec.request.operation in _OF_ASINS


def run_days(spec: ReportSpec, first: date, last: date) -> dict[str, str]:
    """A run's parameters for these days; empty where a week, month, quarter or moment is collected."""
    if spec.period.kind.is_whole_only or spec.period.kind is PeriodKind.SNAPSHOT:
        return {}
    return {"from_day": first.isoformat(), "to_day": last.isoformat()}
