"""Gaps: contiguous stretches of missing or failed days that one run can collect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sellerops.calendar.slices import days_label
from sellerops.completeness.marketplace_calendar import Day, DayState, MarketplaceCalendar
from sellerops.ledger import SliceRow, SliceState
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.settings.specs import ReportSpec

# States in which nothing was collected and no run is in progress.
OPEN = frozenset({DayState.MISSING, DayState.LATE, DayState.FAILED})
# States that a run or a person has yet to finish.
IN_PROGRESS = frozenset({DayState.PLANNED, DayState.REQUESTED, DayState.QUARANTINED})
# Used when Airflow is not asked about a run: a run that has not recorded its days' states by then never will.
LONGEST_RUN = timedelta(days=2)
# Most days in a gap, because Airflow limits the mapped tasks of a run.
LONGEST = 31


@dataclass(frozen=True)
class Gap:
    """Consecutive days of some marketplaces of an account. ``marketplace_ids`` is ('',) if one document
    covers them all.

    ``expired``: no run can collect them any more.
    """

    spec: ReportSpec
    account_id: str
    marketplace_ids: tuple[str, ...]
    first_day: date
    last_day: date
    states: tuple[DayState, ...]
    expired: bool

    @property
    def codes(self) -> tuple[str, ...]:
        """The marketplaces' codes; empty if one document covers them all."""
        return tuple(marketplace_by_id(one).code for one in self.marketplace_ids if one)

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def label(self) -> str:
        """``sales_and_traffic northwind_na US 2026-11-03..2026-11-05``."""
        days = days_label(self.first_day, self.last_day)
        return f"{self.spec.name} {self.account_id} {','.join(self.codes) or 'all marketplaces'} {days}"


IsHandled = Callable[[SliceRow], bool]


def find_gaps(
    calendars: Iterable[MarketplaceCalendar],
    now: datetime,
    *,
    older_than: timedelta = timedelta(days=1),
    is_handled: IsHandled | None = None,
) -> list[Gap]:
    """The gaps older than ``older_than``. Those that expire first come first, expired ones last.

    ``is_handled``: whether a live run or a person is still dealing with a day that is planned, requested or
    quarantined. By default, a run counts as live for two days after its last change, and quarantined days
    always count as handled. A report that is switched off has no gaps.
    """

    def is_recent(row: SliceRow) -> bool:
        return row.state is SliceState.QUARANTINED or row.updated_at > now - LONGEST_RUN

    handled = is_handled or is_recent
    found: dict[tuple[object, ...], Gap] = {}
    for calendar in calendars:
        if not calendar.spec.is_on:
            continue
        for gap in _of_calendar(calendar, now, older_than, handled):
            key = (gap.spec.name, gap.account_id, gap.first_day, gap.last_day, gap.expired)
            same = found.get(key)
            found[key] = _join(same, gap) if same else gap
    return sorted(found.values(), key=_urgency)


def _urgency(gap: Gap) -> tuple[bool, date, str, str]:
    return gap.expired, gap.first_day + gap.spec.period.history, gap.spec.name, gap.account_id


def _join(one: Gap, other: Gap) -> Gap:
    ids = tuple(sorted({*one.marketplace_ids, *other.marketplace_ids}))
    return replace(one, marketplace_ids=ids, states=_unique([*one.states, *other.states]))


def _of_calendar(
    calendar: MarketplaceCalendar, now: datetime, older_than: timedelta, is_handled: IsHandled
) -> Iterator[Gap]:
    stretch: list[Day] = []
    for day in calendar.days:
        if not _is_gap(day, calendar.spec, now - older_than, is_handled):
            continue
        if stretch and (
            day.day != stretch[-1].day + timedelta(days=1)
            or _is_lost(day) != _is_lost(stretch[-1])
            or (len(stretch) >= LONGEST and not _is_lost(day) and _may_split(calendar.spec, day))
        ):
            yield _gap(calendar, stretch)
            stretch = []
        stretch.append(day)
    if stretch:
        yield _gap(calendar, stretch)


def _is_gap(day: Day, spec: ReportSpec, before: datetime, is_handled: IsHandled) -> bool:
    if day.row is None:
        return day.state in OPEN and day.expected is not None and day.expected.due <= before
    if day.state is DayState.LATE and (day.expected is None or day.expected.due > before):
        return False  # not published yet
    if day.row.updated_at > before:
        return False
    if day.state in IN_PROGRESS:
        return not is_handled(day.row)
    if day.state is DayState.EXPIRED:
        # Amazon still serves it: it was marked by mistake (wrong `history` or clock).
        return day.expected is not None and not day.expected.expired
    return day.state in OPEN


def _is_lost(day: Day) -> bool:
    return day.expected is not None and day.expected.expired


def _may_split(spec: ReportSpec, day: Day) -> bool:
    """Whether a gap may be split before this day: weeks, months and quarters are never split."""
    if spec.period.kind.is_whole_only:
        return day.expected is not None and day.day == day.expected.slice_.days[0]
    return True


def _gap(calendar: MarketplaceCalendar, stretch: Sequence[Day]) -> Gap:
    return Gap(
        spec=calendar.spec,
        account_id=calendar.account.id,
        marketplace_ids=(calendar.marketplace_id,),
        first_day=stretch[0].day,
        last_day=stretch[-1].day,
        states=_unique(day.state for day in stretch),
        expired=_is_lost(stretch[0]),
    )


def _unique(states: Iterable[DayState]) -> tuple[DayState, ...]:
    return tuple(dict.fromkeys(states))
