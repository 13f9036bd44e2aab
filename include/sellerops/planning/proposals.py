"""Proposes cheaper ways to get the same data: fewer and longer requests, Data Kiosk, a coarser cadence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from sellerops.base.commands import as_typed
from sellerops.calendar.slices import plan_slices
from sellerops.planning.plan import seconds_of
from sellerops.planning.requests import BackfillRequests
from sellerops.rate_limits import RateLimitConfig
from sellerops.settings.accounts import Account
from sellerops.settings.specs import PeriodKind, ReportSpec

_COARSER = {
    PeriodKind.DAY: (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.RANGE),
    PeriodKind.WEEK: (PeriodKind.MONTH, PeriodKind.QUARTER),
    PeriodKind.MONTH: (PeriodKind.QUARTER,),
}

# The largest share of the planned requests that a proposed way may need.
_WORTH = 0.9


@dataclass(frozen=True)
class Proposal:
    """One cheaper way.

    ``requests``: of all accounts together. ``seconds``: of the slowest account. ``loses``: its drawback.
    """

    report: str
    way: str
    requests: int
    seconds: float
    command: str
    loses: str = ""


def proposals_for(
    backfills: Sequence[BackfillRequests],
    *,
    first_day: date,
    last_day: date,
    now: datetime,
    limits: RateLimitConfig,
    specs: Sequence[ReportSpec],
    asins: int | None = None,
) -> list[Proposal]:
    """Ways with fewer requests than one report's ``backfills`` (one per account), cheapest first."""
    spec = backfills[0].spec
    days = _Days(tuple(one.account for one in backfills), first_day, last_day, now, limits)
    planned = sum(len(one.requests) * one.parts for one in backfills)
    ways = [
        _one_run(spec, days),
        *(
            _queried(spec, other, days, asins)
            for other in specs
            if other.request.how == "queried" and _instead(spec, other, limits)
        ),
        *(
            _coarser(other, days)
            for other in specs
            if other.report_type == spec.report_type
            and other.period.kind in _COARSER.get(spec.period.kind, ())
        ),
    ]
    return sorted((way for way in ways if 0 < way.requests <= _WORTH * planned), key=lambda way: way.requests)


def _instead(spec: ReportSpec, other: ReportSpec, limits: RateLimitConfig) -> bool:
    names = limits.report_type_limit(spec.report_type).instead
    return any(name in (other.request.query or "") for name in names)


def _one_run(spec: ReportSpec, days: _Days) -> Proposal:
    """One run over all the days, with the longest windows that Amazon accepts and no repeated lookbacks."""
    longest = (
        f"windows of up to {spec.period.max_days} days"
        if spec.period.kind is PeriodKind.RANGE
        else f"each {spec.period.kind.value} once"
    )
    return days.run_of(spec, spec.name, f"one run over all days, {longest}")


def _queried(spec: ReportSpec, other: ReportSpec, days: _Days, asins: int | None) -> Proposal:
    """A Data Kiosk query over the whole range; several queries if it is split by ASINs."""
    split = other.request.split
    return days.run_of(
        other,
        spec.name,
        f"Data Kiosk: {other.name} ({', '.join(other.tables)})",
        parts=ceil(asins / split.at_most) if split and asins else 1,
        loses=f"rows go to {', '.join(other.tables)}, not in {', '.join(spec.tables)}",
    )


def _coarser(other: ReportSpec, days: _Days) -> Proposal:
    return days.run_of(
        other,
        other.name,
        f"another cadence: {other.name}, by {other.period.kind.value}",
        loses="no figures for single days" if other.period.kind is not PeriodKind.RANGE else "",
    )


@dataclass(frozen=True)
class _Days:
    """The days to backfill, and the accounts."""

    accounts: tuple[Account, ...]
    first_day: date
    last_day: date
    now: datetime
    limits: RateLimitConfig

    def run_of(self, spec: ReportSpec, report: str, way: str, *, parts: int = 1, loses: str = "") -> Proposal:
        """One run of ``spec`` over all the days, with ``parts`` requests per window."""
        requests = [self._windows(spec, account) * parts for account in self.accounts]
        slowest = max(requests, default=0)
        conf = json.dumps({"from_day": str(self.first_day), "to_day": str(self.last_day)})
        return Proposal(
            report,
            way,
            sum(requests),
            seconds_of(spec, slowest, self.limits),
            as_typed(f"airflow dags trigger {spec.dag_id} --conf '{conf}'"),
            loses,
        )

    def _windows(self, spec: ReportSpec, account: Account) -> int:
        slices = plan_slices(
            spec,
            account,
            run_at=self.now,
            now=self.now,
            from_day=self.first_day,
            to_day=self.last_day,
        )
        return sum(not slice_.expired for slice_ in slices)
