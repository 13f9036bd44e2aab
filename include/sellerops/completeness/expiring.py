"""Missing or failed days that Amazon soon stops serving."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sellerops.completeness.expected import served_until
from sellerops.completeness.gaps import OPEN
from sellerops.completeness.marketplace_calendar import Day, DayState, MarketplaceCalendar
from sellerops.settings.specs import PeriodKind, ReportSpec

# Warn this long before a day expires.
WARN_AHEAD = timedelta(days=7)
# A day in progress counts as open once it has not changed for this long.
_STALLED_AFTER = timedelta(days=1)
# A snapshot expires at once; a listing has no days that expire.
_NEVER_EXPIRING = frozenset({PeriodKind.SNAPSHOT, PeriodKind.LISTING})


@dataclass(frozen=True)
class ExpiringDay:
    """A day not loaded yet. ``served_until``: UTC; ``last_day_to_act``: in the marketplace's time zone."""

    spec: ReportSpec
    account_id: str
    marketplace_id: str
    day: date
    state: DayState
    served_until: datetime
    last_day_to_act: date


def expiring_days(calendars: Iterable[MarketplaceCalendar], now: datetime) -> list[ExpiringDay]:
    """Open days that expire within twice ``WARN_AHEAD``, soonest first. Days already expired are left out."""
    found = [each for calendar in calendars for each in _of_calendar(calendar, now)]
    return sorted(found, key=lambda each: (each.served_until, each.account_id, each.marketplace_id, each.day))


def days_to_check(spec: ReportSpec, now: datetime) -> tuple[date, int]:
    """The last day that may expire within twice ``WARN_AHEAD``, and how many days before it to check as well.

    The reach is long because a month or quarter expires with its first day.
    """
    reach = 2 * WARN_AHEAD.days + (93 if spec.period.kind is PeriodKind.QUARTER else 32)
    last = (now - spec.period.history).date() + timedelta(days=reach)
    return min(last, now.date()), reach + 2


def needs_warning(each: ExpiringDay, now: datetime) -> bool:
    """Whether the day expires so soon that a warning is needed now."""
    return each.served_until <= now + WARN_AHEAD


def _of_calendar(calendar: MarketplaceCalendar, now: datetime) -> Iterator[ExpiringDay]:
    if calendar.spec.period.kind in _NEVER_EXPIRING:
        return
    for day in calendar.days:
        if day.expected is None or not _is_open(day, now):
            continue
        if day.row is not None and day.row.load_id is not None:
            continue  # its rows are loaded; only a later request failed
        slice_ = day.expected.slice_
        until = served_until(calendar.spec, slice_, day.day)
        if now < until <= now + 2 * WARN_AHEAD:
            last = (until - timedelta(microseconds=1)).astimezone(ZoneInfo(slice_.timezone)).date()
            yield ExpiringDay(
                calendar.spec, calendar.account.id, calendar.marketplace_id, day.day, day.state, until, last
            )


def _is_open(day: Day, now: datetime) -> bool:
    if day.state in (DayState.PLANNED, DayState.REQUESTED) and day.row is not None:
        return day.row.updated_at <= now - _STALLED_AFTER
    return day.state in OPEN
