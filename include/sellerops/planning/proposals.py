"""Cheaper ways to get the same data: fewer and longer requests, Data Kiosk, a coarser cadence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from sellerops.base.commands import as_typed
from sellerops.calendar.slices import plan_slices
from sellerops.planning.plan import operations_of
from sellerops.planning.requests import BackfillRequests
from sellerops.rate_limits import RateLimitConfig
from sellerops.settings.accounts import Account
from sellerops.settings.specs import PeriodKind, ReportSpec

_COARSER = {
    PeriodKind.DAY: (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.RANGE),
    PeriodKind.WEEK: (PeriodKind.MONTH, PeriodKind.QUARTER),
    PeriodKind.MONTH: (PeriodKind.QUARTER,),
}

# A way that saves less is not proposed.
_WORTH = 0.9


@dataclass(frozen=True)
class Proposal:
    """One way. ``requests`` of all accounts; ``seconds`` of the slowest; ``loses``: what it lacks."""

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
    accounts = [one.account for one in backfills]
    planned = sum(len(one.requests) * one.parts for one in backfills)
    ways = [
        _one_run(spec, accounts, first_day, last_day, now, limits),
        *(
            _queried(spec, other, accounts, first_day, last_day, now, limits, asins)
            for other in specs
            if other.request.how == "queried" and _instead(spec, other, limits)
        ),
        *(
            _coarser(other, accounts, first_day, last_day, now, limits)
            for other in specs
            if other.report_type == spec.report_type
            and other.period.kind in _COARSER.get(spec.period.kind, ())
        ),
    ]
    return sorted(
        (way for way in ways if way and 0 < way.requests <= _WORTH * planned), key=lambda way: way.requests
    )


def _instead(spec: ReportSpec, other: ReportSpec, limits: RateLimitConfig) -> bool:
    names = limits.report_type_limit(spec.report_type).instead
    return any(name in (other.request.query or "") for name in names)


def _one_run(
    spec: ReportSpec,
    accounts: list[Account],
    first_day: date,
    last_day: date,
    now: datetime,
    limits: RateLimitConfig,
) -> Proposal | None:
    """One run over all the days: the longest windows that Amazon accepts, without overlapping lookbacks."""
    numbers = [_windows(spec, account, first_day, last_day, now) for account in accounts]
    conf = json.dumps({"from_day": str(first_day), "to_day": str(last_day)})
    longest = (
        f"windows of up to {spec.period.max_days} days"
        if spec.period.kind is PeriodKind.RANGE
        else (f"each {spec.period.kind.value} once")
    )
    return Proposal(
        spec.name,
        f"one run over all days, {longest}",
        sum(numbers),
        _seconds(spec, limits, max(numbers, default=0)),
        as_typed(f"airflow dags trigger {spec.dag_id} --conf '{conf}'"),
    )


def _queried(
    spec: ReportSpec,
    other: ReportSpec,
    accounts: list[Account],
    first_day: date,
    last_day: date,
    now: datetime,
    limits: RateLimitConfig,
    asins: int | None,
) -> Proposal:
    """A Data Kiosk query over the whole range; several if it is split by ASINs."""
    numbers = [_windows(other, account, first_day, last_day, now) for account in accounts]
    if other.request.split and asins:
        numbers = [number * ceil(asins / other.request.split.at_most) for number in numbers]
    conf = json.dumps({"from_day": str(first_day), "to_day": str(last_day)})
    return Proposal(
        spec.name,
        f"Data Kiosk: {other.name} ({', '.join(other.tables)})",
        sum(numbers),
        _seconds(other, limits, max(numbers, default=0)),
        as_typed(f"airflow dags trigger {other.dag_id} --conf '{conf}'"),
        loses=f"rows land in {', '.join(other.tables)}, not in {', '.join(spec.tables)}",
    )


def _coarser(
    other: ReportSpec,
    accounts: list[Account],
    first_day: date,
    last_day: date,
    now: datetime,
    limits: RateLimitConfig,
) -> Proposal:
    numbers = [_windows(other, account, first_day, last_day, now) for account in accounts]
    conf = json.dumps({"from_day": str(first_day), "to_day": str(last_day)})
    return Proposal(
        other.name,
        f"another cadence: {other.name}, by {other.period.kind.value}",
        sum(numbers),
        _seconds(other, limits, max(numbers, default=0)),
        as_typed(f"airflow dags trigger {other.dag_id} --conf '{conf}'"),
        loses="figures of single days" if other.period.kind is not PeriodKind.RANGE else "",
    )


def _windows(spec: ReportSpec, account: Account, first_day: date, last_day: date, now: datetime) -> int:
    slices = plan_slices(spec, account, run_at=now, now=now, from_day=first_day, to_day=last_day)
    return sum(not slice_.expired for slice_ in slices)


def _seconds(spec: ReportSpec, limits: RateLimitConfig, requests: int) -> float:
    return max(limits.seconds_for(operation, requests) for operation in operations_of(spec))
