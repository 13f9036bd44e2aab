"""Slices: the (account, marketplaces, window) units that a run collects, each repeatable on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sellerops.base.errors import FormError, NotPublishedYet
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import Marketplace, marketplace
from sellerops.settings.specs import PeriodKind, ReportSpec
from sellerops.settings.specs.durations import format_duration

_TWO_QUARTERS = timedelta(days=184)


@dataclass(frozen=True)
class Slice:
    """One unit of a report: an account, its marketplaces and a window.

    ``first_day``/``last_day`` are inclusive local days of ``timezone``; ``window_start``/``window_end``
    are the same as instants (ISO, UTC, end exclusive). Listings have a window but no days. Snapshots have no
    window: ``snapshot_at`` is the time of their data. ``expired``: Amazon no longer serves the slice.
    """

    source: str
    report: str
    account_id: str
    region: str
    marketplaces: tuple[str, ...]
    label: str
    timezone: str
    first_day: str | None = None
    last_day: str | None = None
    window_start: str | None = None
    window_end: str | None = None
    snapshot_at: str | None = None
    expired: bool = False

    @property
    def marketplace(self) -> Marketplace | None:
        """The slice's only marketplace; None if it covers the account's whole region."""
        return marketplace(self.marketplaces[0]) if len(self.marketplaces) == 1 else None

    @property
    def marketplace_ids(self) -> tuple[str, ...]:
        return tuple(marketplace(code).id for code in self.marketplaces)

    @property
    def start(self) -> datetime | None:
        return datetime.fromisoformat(self.window_start) if self.window_start else None

    @property
    def end(self) -> datetime | None:
        return datetime.fromisoformat(self.window_end) if self.window_end else None

    @property
    def requested_days(self) -> list[date]:
        """The local days that are requested from Amazon; none for a snapshot or a listing."""
        return self.days if self.first_day else []

    @property
    def days(self) -> list[date]:
        """The local days that the slice covers: of a snapshot the day of ``snapshot_at``, of a listing the
        first day of its window.
        """
        if self.first_day and self.last_day:
            first, last = date.fromisoformat(self.first_day), date.fromisoformat(self.last_day)
            return [first + timedelta(days=n) for n in range((last - first).days + 1)]
        moment = self.snapshot_at or self.window_start
        return [datetime.fromisoformat(moment).astimezone(ZoneInfo(self.timezone)).date()] if moment else []

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready values, for XCom."""
        return {**asdict(self), "marketplaces": list(self.marketplaces)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Slice:
        return cls(**{**values, "marketplaces": tuple(values["marketplaces"])})


def plan_slices(
    spec: ReportSpec,
    account: Account,
    *,
    run_at: datetime,
    now: datetime,
    from_day: date | None = None,
    to_day: date | None = None,
    lookback: timedelta | None = None,
) -> list[Slice]:
    """The slices of one run for one account. Deterministic: equal arguments give equal slices in equal order.

    ``run_at`` is the end of the run's data interval: periods closed by then are collected, reaching back by
    ``lookback``, or by the spec's. ``from_day``/``to_day`` (local days, inclusive) replace the lookback in a
    manual run. ``now`` determines what Amazon no longer serves. Raises FormError if ``from_day`` is after
    ``to_day``.
    """
    marketplaces = _marketplaces_of(spec, account)
    if not marketplaces:
        return []
    if lookback is not None:
        period = spec.period.model_copy(update={"lookback": lookback})
        spec = spec.model_copy(update={"period": period})
    groups = [(each,) for each in marketplaces] if spec.scope == "marketplace" else [tuple(marketplaces)]
    cutters = {PeriodKind.SNAPSHOT: _snapshot, PeriodKind.LISTING: _listing}
    cut = cutters.get(spec.period.kind, _windows)
    oldest = now - spec.period.history
    return [
        slice_ for group in groups for slice_ in cut(spec, account, group, run_at, oldest, from_day, to_day)
    ]


def window_days(spec: ReportSpec, zone: ZoneInfo, run_at: datetime) -> tuple[date, date]:
    """First and last day (in ``zone``) that the lookback of a run at ``run_at`` covers; the last is the day
    before the run.
    """
    last_closed = run_at.astimezone(zone).date() - timedelta(days=1)
    return last_closed - timedelta(days=max(spec.period.lookback.days, 1) - 1), last_closed


def newest_days(kind: PeriodKind, run_at: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """First and last local day of the newest whole period (or snapshot) that a run at ``run_at`` collects."""
    today = run_at.astimezone(zone).date()
    if kind is PeriodKind.SNAPSHOT:
        return today, today
    yesterday = today - timedelta(days=1)
    *_, newest = _slices(kind, yesterday - _TWO_QUARTERS, yesterday, yesterday)
    return newest


def days_label(first: date, last: date) -> str:
    """``2026-11-20``, or ``2026-11-01..2026-11-07``: the same in the UI, in notices and in commands."""
    return f"{first}" if first == last else f"{first}..{last}"


def check_published(spec: ReportSpec, slice_: Slice, now: datetime) -> None:
    """Raise NotPublishedYet if Amazon cannot have published the slice's period by ``now``."""
    wait = spec.period.available_after
    if not wait or slice_.end is None or now >= slice_.end + wait:
        return
    raise NotPublishedYet(
        f"Amazon publishes this period {format_duration(wait)} after its end, from "
        f"{slice_.end + wait:%Y-%m-%d %H:%M} UTC.",
        where=f"{spec.name}, {slice_.label}",
    )


def _marketplaces_of(spec: ReportSpec, account: Account) -> list[Marketplace]:
    if spec.source not in account.sources or (spec.accounts != "all" and account.id not in spec.accounts):
        return []
    return [
        each for each in account.marketplaces if spec.marketplaces == "all" or each.code in spec.marketplaces
    ]


def _snapshot(
    spec: ReportSpec,
    account: Account,
    group: tuple[Marketplace, ...],
    run_at: datetime,
    oldest: datetime,
    from_day: date | None,
    to_day: date | None,
) -> Iterator[Slice]:
    zone = _zone(spec, group)
    moment = run_at.astimezone(UTC)
    label = f"{_place(account, group)} {moment.astimezone(zone):%Y-%m-%d %H:%M}"
    yield _slice(spec, account, group, label, zone, snapshot_at=moment.isoformat(), expired=moment < oldest)


def _listing(
    spec: ReportSpec,
    account: Account,
    group: tuple[Marketplace, ...],
    run_at: datetime,
    oldest: datetime,
    from_day: date | None,
    to_day: date | None,
) -> Iterator[Slice]:
    zone = _zone(spec, group)
    start, end = run_at - spec.period.lookback, run_at
    if from_day or to_day:
        first, last = _given_days(from_day, to_day)
        start, end = _midnight(first, zone), min(run_at, _midnight(last + timedelta(days=1), zone))
    start = max(start, oldest + timedelta(minutes=5))
    label = f"{_place(account, group)} until {end.astimezone(zone):%Y-%m-%d}"
    yield _slice(
        spec,
        account,
        group,
        label,
        zone,
        window_start=start.astimezone(UTC).isoformat(),
        window_end=end.astimezone(UTC).isoformat(),
        expired=end <= start,
    )


def _windows(
    spec: ReportSpec,
    account: Account,
    group: tuple[Marketplace, ...],
    run_at: datetime,
    oldest: datetime,
    from_day: date | None,
    to_day: date | None,
) -> Iterator[Slice]:
    zone = _zone(spec, group)
    first, last_closed = window_days(spec, zone, run_at)
    last = last_closed
    if from_day or to_day:
        first, last = _given_days(from_day, to_day)
        last = min(last, last_closed)
    slices = _slices(spec.period.kind, first, last, last_closed, spec.period.max_days)
    if spec.period.kind is PeriodKind.RANGE:
        slices = _split_at_history(slices, zone, oldest)
    for start, end in slices:
        end_instant = _midnight(end + timedelta(days=1), zone)
        yield _slice(
            spec,
            account,
            group,
            f"{_place(account, group)} {days_label(start, end)}",
            zone,
            first_day=start.isoformat(),
            last_day=end.isoformat(),
            window_start=_midnight(start, zone).astimezone(UTC).isoformat(),
            window_end=end_instant.astimezone(UTC).isoformat(),
            expired=_midnight(start, zone) < oldest,
        )


def _split_at_history(
    slices: Iterator[tuple[date, date]], zone: ZoneInfo, oldest: datetime
) -> Iterator[tuple[date, date]]:
    """Split a range of which Amazon serves only the later days, so that these can still be requested."""
    for start, end in slices:
        cut = start
        while cut <= end and _midnight(cut, zone) < oldest:
            cut += timedelta(days=1)
        if start < cut <= end:
            yield start, cut - timedelta(days=1)
        yield (cut if cut <= end else start), end


def _slices(
    kind: PeriodKind, first: date, last: date, last_closed: date, max_days: int = 1
) -> Iterator[tuple[date, date]]:
    """Whole days, Sunday-to-Saturday weeks, calendar months or quarters, or ranges up to ``max_days``."""
    cursor = first
    while cursor <= last:
        if kind is PeriodKind.DAY:
            start = end = cursor
        elif kind is PeriodKind.WEEK:
            start = cursor - timedelta(days=(cursor.weekday() + 1) % 7)
            end = start + timedelta(days=6)
        elif kind is PeriodKind.MONTH:
            start = cursor.replace(day=1)
            end = _month_end(start)
        elif kind is PeriodKind.QUARTER:
            start = cursor.replace(month=cursor.month - (cursor.month - 1) % 3, day=1)
            end = _month_end(start.replace(month=start.month + 2))
        else:
            start, end = cursor, min(last, cursor + timedelta(days=max_days - 1))
        if end <= last_closed:
            yield start, end
        cursor = end + timedelta(days=1)


def _month_end(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _given_days(from_day: date | None, to_day: date | None) -> tuple[date, date]:
    first, last = from_day or to_day, to_day or from_day
    assert first is not None
    assert last is not None
    if first > last:
        raise FormError(
            f"the first day {first} is after the last day {last}.",
            remedy="Swap them and trigger the run again.",
        )
    return first, last


def _zone(spec: ReportSpec, group: tuple[Marketplace, ...]) -> ZoneInfo:
    return ZoneInfo("UTC") if spec.period.clock == "utc" else group[0].zone


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone)


def _place(account: Account, group: tuple[Marketplace, ...]) -> str:
    return group[0].code if len(group) == 1 else account.region


def _slice(
    spec: ReportSpec,
    account: Account,
    group: tuple[Marketplace, ...],
    label: str,
    zone: ZoneInfo,
    **window: Any,
) -> Slice:
    return Slice(
        source=spec.source,
        report=spec.name,
        account_id=account.id,
        region=account.region,
        marketplaces=tuple(each.code for each in group),
        label=label,
        timezone=str(zone),
        **window,
    )
