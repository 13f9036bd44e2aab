"""Days that a report promised by a time of day (spec: ``due``) and that have not landed."""

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

# What was promised longer ago is a gap: filled, and told of before Amazon forgets it.
HORIZON = timedelta(days=3)
# An answer, if not always rows: held figures wait for a person, who was asked.
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
    """A day of a shop (empty id: all of the account's) that should have landed by ``promised_at``, UTC."""

    spec: ReportSpec
    account_id: str
    marketplace_id: str
    day: date
    state: DayState
    promised_at: datetime


def late_days(ledger: Ledger, spec: ReportSpec, accounts: Iterable[Account], now: datetime) -> list[LateDay]:
    """Days promised within ``HORIZON`` before ``now`` and not landed, by promise, account, shop and day.

    Of runs by schedule only, whether they took place or not; nothing promised before the shop's first run
    (catching up is not late), and nothing of a report that has not run for ``STOPPED_AFTER``. Empty for a spec
    without ``due``, or one that is switched off.
    """
    if spec.due is None or not spec.enabled:
        return []
    return sorted(
        _late_days(ledger, spec, accounts, now),
        key=lambda each: (each.promised_at, each.account_id, each.marketplace_id, each.day),
    )


def has_landed(day: Day) -> bool:
    """Whether there is an answer for the day. Rows that are there do not go when asking again fails."""
    return day.state in _ANSWERED or (day.row is not None and day.row.load_id is not None)


def _late_days(
    ledger: Ledger, spec: ReportSpec, accounts: Iterable[Account], now: datetime
) -> Iterator[LateDay]:
    assert spec.due is not None
    calendar = ScheduleCalendar(spec.schedule, spec.dag_id)
    reach = HORIZON + spec.period.available_after + until_next_run(spec)
    for shop in read_calendars(ledger, spec, accounts, now=now, days=reach.days, grace=timedelta(0)):
        known = [day.row.updated_at for day in shop.days if day.row]
        if not known or now - max(known) > STOPPED_AFTER:
            continue
        for day in shop.days:
            if day.expected is None or has_landed(day):
                continue
            promised = calendar.next_promised_time(spec.due, day.expected.due)
            if max(now - HORIZON, min(known)) < promised <= now:
                yield LateDay(spec, shop.account.id, shop.marketplace_id, day.day, day.state, promised)
