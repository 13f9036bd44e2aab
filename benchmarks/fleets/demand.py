"""The demand of one seller's day, minute by minute, from the real schedules and the planner's slices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from fleets.day import runs_of, slices_of
from fleets.sellers import as_accounts, make_fleet
from sellerops.settings.specs import ReportSpec, enabled_specs

MINUTES = 24 * 60
# How a slice gets its document: the operation that creates it, and the one that returns it. Empty where no
# quota matters.
PATHS: dict[str, tuple[str, str]] = {
    "report": ("createReport", "getReportDocument"),
    "query": ("createQuery", "getDocument"),
    "ads": ("createAdsReport", ""),
    "listed": ("", "getReportDocument"),
    "called": ("", ""),
}


@dataclass
class Demand:
    """The demand of one seller.

    ``slices``: their number by minute and (region, path). ``plans``: number of planning tasks, one per
    account and run, by minute. ``loads``: average number of tables that a slice is loaded into.
    """

    slices: dict[int, Counter[tuple[str, str]]] = field(default_factory=dict)
    plans: Counter[int] = field(default_factory=Counter)
    loads: float = 1.0

    @property
    def total(self) -> int:
        """The number of all slices of the day."""
        return sum(sum(each.values()) for each in self.slices.values())

    @property
    def by_path(self) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for each in self.slices.values():
            found.update(each)
        return found


def path_of(spec: ReportSpec) -> str:
    """How a report's slices get their documents: a key of ``PATHS``."""
    if spec.source == "amazon_ads":
        return "ads" if spec.request.how == "created" else "called"
    return {"created": "report", "queried": "query", "listed": "listed"}.get(spec.request.how, "called")


def demand_of(day: date, marketplaces: int = 23) -> Demand:
    """The demand of a seller on a day (UTC)."""
    specs = {spec.dag_id: spec for spec in enabled_specs() if spec.request.has_api and spec.accounts == "all"}
    midnight, demand, tables = datetime.combine(day, time(), UTC), Demand(), 0
    for run in runs_of(specs.values(), day):
        spec, minute = specs[run.dag_id], int((run.at - midnight).total_seconds()) // 60
        for account in as_accounts(make_fleet(1, marketplaces)):
            number = len(slices_of(spec, account, run))
            demand.plans[minute] += 1
            demand.slices.setdefault(minute, Counter())[account.region, path_of(spec)] += number
            tables += number * len(spec.tables)
    demand.loads = tables / max(1, demand.total)
    return demand
