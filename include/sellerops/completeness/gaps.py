"""Gaps: days that should be there and are not, as stretches one run can bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sellerops.calendar.slices import days_label
from sellerops.completeness.marketplace_calendar import Day, DayState, MarketplaceCalendar
from sellerops.ledger import SliceRow, SliceState
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.settings.specs import ReportSpec

# Nothing was brought, and nothing more comes of it by itself.
OPEN = frozenset({DayState.MISSING, DayState.LATE, DayState.FAILED})
# A run or a person was to bring it to an end.
IN_PROGRESS = frozenset({DayState.PLANNED, DayState.REQUESTED, DayState.QUARANTINED})
# Where nobody can be asked about runs: one that has not written how its days ended by then never will.
LONGEST_RUN = timedelta(days=2)
# Runs by hand are bounded by Airflow's mapped tasks; so long a stretch is one run.
LONGEST = 31


@dataclass(frozen=True)
class Gap:
    """Consecutive days of some shops of an account. ``marketplace_ids`` ('',): all shops in one document.

    ``expired``: no run can bring them any more.
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
        """The shops' codes; empty for all together."""
        return tuple(marketplace_by_id(one).code for one in self.marketplace_ids if one)

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def label(self) -> str:
        """``sales_and_traffic northwind_na US 2026-11-03..2026-11-05``."""
        days = days_label(self.first_day, self.last_day)
        return f"{self.spec.name} {self.account_id} {','.join(self.codes) or 'all shops'} {days}"


IsHandled = Callable[[SliceRow], bool]


def find_gaps(
    shops: Iterable[MarketplaceCalendar],
    now: datetime,
    *,
    older_than: timedelta = timedelta(days=1),
    is_handled: IsHandled | None = None,
) -> list[Gap]:
    """The gaps that have stood for ``older_than``: what Amazon forgets first comes first, the lost last.

    ``is_handled``: whether a day planned, requested or in quarantine is still a live run's or a person's.
    Left out: a run's for two days, a person's for good. A report that is switched off has no gaps.
    """

    def is_recent(row: SliceRow) -> bool:
        return row.state is SliceState.QUARANTINED or row.updated_at > now - LONGEST_RUN

    attended = is_handled or is_recent
    found: dict[tuple[object, ...], Gap] = {}
    for shop in shops:
        if not shop.spec.enabled:
            continue
        for gap in _of_shop(shop, now, older_than, attended):
            key = (gap.spec.name, gap.account_id, gap.first_day, gap.last_day, gap.expired)
            same = found.get(key)
            found[key] = _joined(same, gap) if same else gap
    return sorted(found.values(), key=_urgency)


def _urgency(gap: Gap) -> tuple[bool, date, str, str]:
    return gap.expired, gap.first_day + gap.spec.period.history, gap.spec.name, gap.account_id


def _joined(one: Gap, other: Gap) -> Gap:
    shops = tuple(sorted({*one.marketplace_ids, *other.marketplace_ids}))
    return replace(one, marketplace_ids=shops, states=_unique([*one.states, *other.states]))


def _of_shop(
    shop: MarketplaceCalendar, now: datetime, older_than: timedelta, is_handled: IsHandled
) -> Iterator[Gap]:
    stretch: list[Day] = []
    for day in shop.days:
        if not _is_gap(day, shop.spec, now - older_than, is_handled):
            continue
        if stretch and (
            day.day != stretch[-1].day + timedelta(days=1)
            or _is_lost(day) != _is_lost(stretch[-1])
            or (len(stretch) >= LONGEST and not _is_lost(day) and _may_part(shop.spec, day))
        ):
            yield _gap(shop, stretch)
            stretch = []
        stretch.append(day)
    if stretch:
        yield _gap(shop, stretch)


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
        # Marked by a history or a clock that was wrong: Amazon does serve it.
        return day.expected is not None and not day.expected.expired
    return day.state in OPEN


def _is_lost(day: Day) -> bool:
    return day.expected is not None and day.expected.expired


def _may_part(spec: ReportSpec, day: Day) -> bool:
    """A week, month or quarter is not cut in two."""
    if spec.period.kind.is_whole_only:
        return day.expected is not None and day.day == day.expected.slice_.days[0]
    return True


def _gap(shop: MarketplaceCalendar, stretch: Sequence[Day]) -> Gap:
    return Gap(
        spec=shop.spec,
        account_id=shop.account.id,
        marketplace_ids=(shop.marketplace_id,),
        first_day=stretch[0].day,
        last_day=stretch[-1].day,
        states=_unique(day.state for day in stretch),
        expired=_is_lost(stretch[0]),
    )


def _unique(states: Iterable[DayState]) -> tuple[DayState, ...]:
    return tuple(dict.fromkeys(states))
