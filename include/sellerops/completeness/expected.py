"""The days that scheduled runs should have collected by now. Pure: uses neither the ledger nor a clock."""

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
# Longest time from a day to the first run after its week, month or quarter, without publication delays.
_NEXT_RUN = timedelta(days=40)
_NEXT_RUN_OF_QUARTERS = timedelta(days=130)


@dataclass(frozen=True)
class ExpectedDay:
    """One day of one marketplace. ``due`` (UTC): when a run should first have collected it, as part of
    ``slice_``.

    ``expired``: Amazon no longer serves the day, or it is a snapshot, which cannot be collected later.
    """

    day: date
    due: datetime
    slice_: Slice
    expired: bool


def marketplace_key(slice_: Slice) -> MarketplaceKey:
    """The slice's marketplace as the ledger stores it: its id, or '' for several marketplaces."""
    return slice_.marketplace.id if slice_.marketplace else ""


def expected_days(
    spec: ReportSpec,
    account: Account,
    first_day: date,
    last_day: date,
    now: datetime,
    moments: Sequence[datetime] | None = None,
) -> dict[MarketplaceKey, dict[date, ExpectedDay]]:
    """The days from ``first_day`` to ``last_day`` that runs due by ``now`` should have collected, by
    marketplace.

    Considers the runs returned by ``moments_for``. A period that was not published before any of these runs
    is not expected. ``moments``: these runs, if already known; they are the same for all accounts.
    """
    if moments is None:
        moments = moments_for(spec, first_day, last_day, now)
    if spec.period.kind in _WHOLE_DAYS:
        found = _of_windows(spec, account, moments, now)
    else:
        found = _of_moments(spec, account, moments, now)
    by_marketplace: dict[MarketplaceKey, dict[date, ExpectedDay]] = {}
    keys: dict[tuple[str, ...], MarketplaceKey] = {}
    for each in found:
        if first_day <= each.day <= last_day:
            codes = each.slice_.marketplaces
            if codes not in keys:
                keys[codes] = marketplace_key(each.slice_)
            by_marketplace.setdefault(keys[codes], {}).setdefault(each.day, each)
    return by_marketplace


def moments_for(spec: ReportSpec, first_day: date, last_day: date, now: datetime) -> list[datetime]:
    """The times of the runs that ``expected_days`` considers: from the day before ``first_day`` until
    ``last_day`` plus lookback, publication delay and ``until_next_run``.
    """
    later = spec.period.lookback + spec.period.available_after + until_next_run(spec)
    return run_moments(spec, first_day - timedelta(days=1), last_day + later, now)


def until_next_run(spec: ReportSpec) -> timedelta:
    """The longest time from a day to the first run that can collect it, excluding publication delays."""
    return _NEXT_RUN_OF_QUARTERS if spec.period.kind is PeriodKind.QUARTER else _NEXT_RUN


def _of_windows(
    spec: ReportSpec, account: Account, moments: Sequence[datetime], now: datetime
) -> Iterator[ExpectedDay]:
    """Plan each contiguous stretch of days once, because the lookbacks of runs overlap."""
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
    """By time zone, the account with only the marketplaces whose slices use that zone."""
    codes: dict[str, set[str]] = {}
    for slice_ in plan_slices(spec, account, run_at=run_at, now=now):
        codes.setdefault(slice_.timezone, set()).update(slice_.marketplaces)
    return {
        zone: replace(account, marketplaces=tuple(s for s in account.marketplaces if s.code in codes[zone]))
        for zone in sorted(codes)
    }


def served_until(spec: ReportSpec, slice_: Slice, day: date) -> datetime:
    """When (UTC) Amazon stops serving a day: a week, month or quarter as a whole, other days one by one."""
    start = slice_.start
    if not spec.period.kind.is_whole_only:
        # If a range reaches back too far, its later days can still be requested.
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
    """When a run can first collect the day: at the end of its period; in a range, at the end of the day."""
    end = slice_.end
    if spec.period.kind is PeriodKind.RANGE:
        end = datetime.combine(day + timedelta(days=1), time(0), tzinfo=ZoneInfo(slice_.timezone))
    assert end is not None
    return end


def _first_from(moments: Sequence[datetime], published: datetime) -> datetime | None:
    index = bisect_left(moments, published)
    return moments[index] if index < len(moments) else None


def _of_moments(
    spec: ReportSpec, account: Account, moments: Sequence[datetime], now: datetime
) -> Iterator[ExpectedDay]:
    """Plan snapshots and listings. A listing covers all earlier ones, so only the last run is planned."""
    is_snapshot = spec.period.kind is PeriodKind.SNAPSHOT
    for moment in moments if is_snapshot else moments[-1:]:
        for slice_ in plan_slices(spec, account, run_at=moment, now=now):
            for day in slice_.days:
                yield ExpectedDay(day, moment, slice_, is_snapshot or slice_.expired)
