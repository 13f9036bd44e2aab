"""Days that are not loaded although the time promised in the spec (``due``) has passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.completeness.expected import until_next_run
from sellerops.completeness.marketplace_calendar import Day, DayState, read_calendars
from sellerops.completeness.silence import STOPPED_AFTER
from sellerops.ledger import Ledger
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec

# A day promised longer ago counts as a gap: it is filled, and a warning is sent before it expires.
HORIZON = timedelta(days=3)
# States that fulfil the promise, though not always with rows: quarantined figures have their own notice.
_ANSWERED = frozenset(
    {
        DayState.LOADED,
        DayState.CONFIRMED_EMPTY,
        DayState.PARTIAL,
        DayState.QUARANTINED,
        DayState.EXPIRED,
    }
)


@dataclass(frozen=True)
class LateDay:
    """A day due by ``promised_at`` (UTC) and not loaded. ``marketplace_id`` empty: the whole region."""

    spec: ReportSpec
    account_id: str
    marketplace_id: str
    day: date
    state: DayState
    promised_at: datetime


def late_days(ledger: Ledger, spec: ReportSpec, accounts: Iterable[Account], now: datetime) -> list[LateDay]:
    """Days promised within ``HORIZON`` before ``now`` that are not loaded, sorted by promise, account,
    marketplace and day.

    Includes only days of scheduled runs, whether these took place or not. Skips days promised before the
    marketplace's first run (catching up is not late) and marketplaces without a run for ``STOPPED_AFTER``.
    Empty for a spec without ``due``, or one that is switched off.
    """
    if spec.due is None or not spec.is_on:
        return []
    return sorted(
        _late_days(ledger, spec, accounts, now),
        key=lambda each: (each.promised_at, each.account_id, each.marketplace_id, each.day),
    )


def has_landed(day: Day) -> bool:
    """Whether the promise for the day is fulfilled. Rows already loaded stay when a later request fails."""
    return day.state in _ANSWERED or (day.row is not None and day.row.load_id is not None)


def _late_days(
    ledger: Ledger, spec: ReportSpec, accounts: Iterable[Account], now: datetime
) -> Iterator[LateDay]:
    assert spec.due is not None
    schedule = ScheduleCalendar(spec.schedule, spec.dag_id)
    reach = HORIZON + spec.period.available_after + until_next_run(spec)
    for calendar in read_calendars(ledger, spec, accounts, now=now, days=reach.days, grace=timedelta(0)):
        known = [day.row.updated_at for day in calendar.days if day.row]
        if not known or now - max(known) > STOPPED_AFTER:
            continue
        for day in calendar.days:
            if day.expected is None or has_landed(day):
                continue
            promised = schedule.next_promised_time(spec.due, day.expected.due)
            if max(now - HORIZON, min(known)) < promised <= now:
                yield LateDay(
                    spec, calendar.account.id, calendar.marketplace_id, day.day, day.state, promised
                )
