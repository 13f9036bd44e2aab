"""The days that the schedule's runs should have collected by now; pure, cut by the planner of the runs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sellerops.calendar.backfill import run_moments
from sellerops.calendar.slices import Slice, plan_slices, window_days
from sellerops.settings.accounts import Account
from sellerops.settings.specs import PeriodKind, ReportSpec

MarketplaceKey = str
_WHOLE_DAYS = (
    PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.RANGE,
)  # fmt: skip
# From a day to the first run after its week, month or quarter, the time to its publication aside.
_NEXT_RUN = timedelta(days=40)
_NEXT_RUN_OF_QUARTERS = timedelta(days=130)


@dataclass(frozen=True)
class ExpectedDay:
    """One day of one shop. ``due``: when a run first should have brought it. ``slice_``: the slice it is in.

    ``expired``: Amazon no longer serves it, or (a snapshot) its moment is over.
    """

    day: date
    due: datetime
    slice_: Slice
    expired: bool


def marketplace_key(slice_: Slice) -> MarketplaceKey:
    """As the ledger keys a slice's shop: its id, or nothing for several shops together."""
    return slice_.marketplace.id if slice_.marketplace else ""


def expected_days(
    spec: ReportSpec, account: Account, first_day: date, last_day: date, now: datetime
) -> dict[MarketplaceKey, dict[date, ExpectedDay]]:
    """The days from ``first_day`` to ``last_day`` that runs due by ``now`` should have collected, by shop.

    Runs are those whose data interval begins in these days or in the lookback after them. A period that was
    not published at any run's time yet is not expected.
    """
    later = spec.period.lookback + spec.period.available_after + until_next_run(spec)
    moments = run_moments(spec, first_day - timedelta(days=1), last_day + later, now)
    if spec.period.kind in _WHOLE_DAYS:
        found = _of_windows(spec, account, moments, now)
    else:
        found = _of_moments(spec, account, moments, now)
    shops: dict[MarketplaceKey, dict[date, ExpectedDay]] = {}
    keys: dict[tuple[str, ...], MarketplaceKey] = {}
    for each in found:
        if first_day <= each.day <= last_day:
            codes = each.slice_.marketplaces
            if codes not in keys:
                keys[codes] = marketplace_key(each.slice_)
            shops.setdefault(keys[codes], {}).setdefault(each.day, each)
    return shops


def until_next_run(spec: ReportSpec) -> timedelta:
    """At most so long after a day comes the first run that can have it, once its period is published."""
    return _NEXT_RUN_OF_QUARTERS if spec.period.kind is PeriodKind.QUARTER else _NEXT_RUN


def _of_windows(
    spec: ReportSpec, account: Account, moments: Sequence[datetime], now: datetime
) -> Iterator[ExpectedDay]:
    """Runs reach back over each other: days are planned once for each stretch without a gap."""
    if not moments:
        return
    for zone, part in _by_zone(spec, account, moments[-1], now).items():
        for first, last, run_at in _stretches(spec, ZoneInfo(zone), moments):
            slices = plan_slices(spec, part, run_at=run_at, now=now, from_day=first, to_day=last)
            for slice_ in slices:
                for day in slice_.days:
                    due = _first_from(moments, _end_of(spec, slice_, day) + spec.period.available_after)
                    if due is not None:
                        yield ExpectedDay(day, due, slice_, served_until(spec, slice_, day) < now)


def _by_zone(spec: ReportSpec, account: Account, run_at: datetime, now: datetime) -> dict[str, Account]:
    """The account with those shops only whose slices are cut by the clock of a zone, by zone."""
    codes: dict[str, set[str]] = {}
    for slice_ in plan_slices(spec, account, run_at=run_at, now=now):
        codes.setdefault(slice_.timezone, set()).update(slice_.marketplaces)
    return {
        zone: replace(account, marketplaces=tuple(s for s in account.marketplaces if s.code in codes[zone]))
        for zone in sorted(codes)
    }


def served_until(spec: ReportSpec, slice_: Slice, day: date) -> datetime:
    """When Amazon stops serving a day of the slice: with its week, month or quarter, or by itself. UTC."""
    start = slice_.start
    if not spec.period.kind.is_whole_only:
        # Of a long range that reaches back too far its later days can still be asked for.
        start = datetime.combine(day, time(0), tzinfo=ZoneInfo(slice_.timezone))
    assert start is not None
    return (start + spec.period.history).astimezone(UTC)


def _stretches(
    spec: ReportSpec, zone: ZoneInfo, moments: Sequence[datetime]
) -> Iterator[tuple[date, date, datetime]]:
    first, last = window_days(spec, zone, moments[0])
    run_at = moments[0]
    for moment in moments[1:]:
        start, end = window_days(spec, zone, moment)
        if start > last + timedelta(days=1):
            yield first, last, run_at
            first = start
        last, run_at = max(last, end), moment
    yield first, last, run_at


def _end_of(spec: ReportSpec, slice_: Slice, day: date) -> datetime:
    """When a run can first have the day: with its whole period; a range is asked for anew every day."""
    end = slice_.end
    if spec.period.kind is PeriodKind.RANGE:
        end = datetime.combine(day + timedelta(days=1), time(0), tzinfo=ZoneInfo(slice_.timezone))
    assert end is not None
    return end


def _first_from(moments: Sequence[datetime], published: datetime) -> datetime | None:
    place = bisect_left(moments, published)
    return moments[place] if place < len(moments) else None


def _of_moments(
    spec: ReportSpec, account: Account, moments: Sequence[datetime], now: datetime
) -> Iterator[ExpectedDay]:
    """A snapshot stands for its moment and cannot be had later; the last listing looks back over all."""
    is_snapshot = spec.period.kind is PeriodKind.SNAPSHOT
    for moment in moments if is_snapshot else moments[-1:]:
        for slice_ in plan_slices(spec, account, run_at=moment, now=now):
            for day in slice_.days:
                yield ExpectedDay(day, moment, slice_, is_snapshot or slice_.expired)
