"""Which reports a demo collects, in which order, and for which days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sellerops.specs import PeriodKind, ReportSpec

# What `make demo` shows within five minutes: the reports that differ most from each other.
SHOWN = (
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
    """The reports in the order of collecting: those of a later round read what the listings landed."""
    chosen = [spec for spec in specs if full or spec.name in SHOWN]
    later = [spec for spec in chosen if needs_asins(spec)]
    first = sorted((spec for spec in chosen if spec not in later), key=lambda spec: spec.name != LISTINGS)
    return [each for each in (first, later) if each]


def needs_asins(spec: ReportSpec) -> bool:
    """Whether its requests are made of the account's ASINs."""
    return spec.request.split is not None or spec.request.operation in _OF_ASINS


def days_asked(spec: ReportSpec, first: date, last: date) -> dict[str, str]:
    """A run's parameters for these days; empty where a week, a month or a moment is collected instead."""
    if spec.period.kind in (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.SNAPSHOT):
        return {}
    return {"from_day": first.isoformat(), "to_day": last.isoformat()}
