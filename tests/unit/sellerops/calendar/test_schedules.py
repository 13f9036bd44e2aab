"""A report is due by the wall clock of its zone, at the same minute for ever, and later is always later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.settings.specs import Schedule

NEW_YORK = ZoneInfo("America/New_York")
SCHEDULES = [
    Schedule(cron="0 7 * * *", timezone="America/New_York"),
    Schedule(cron="30 2 * * *", timezone="America/New_York"),
    Schedule(cron="0 */4 * * *", timezone="UTC"),
    Schedule(cron="* * * * *", timezone="Europe/London"),
    Schedule(between=("00:30-00:45", "06:00-06:15", "10:00-10:15"), timezone="America/Los_Angeles"),
    Schedule(between="08:00-08:01", weekday="tuesday", timezone="Europe/Berlin"),
    Schedule(between="01:00-11:00", day_of_month=15, timezone="Australia/Sydney"),
]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def test_seven_in_new_york_stays_seven_across_both_switches() -> None:
    calendar = ScheduleCalendar(SCHEDULES[0], "any")
    for start in ("2026-03-06", "2026-10-30"):
        dues = list(calendar.between(local(start), local(start) + timedelta(days=5)))
        assert [due.nominal.astimezone(NEW_YORK).hour for due in dues] == [7] * 5
    assert calendar.after(local("2026-03-07T12:00")).nominal - calendar.after(
        local("2026-03-06T12:00")
    ).nominal == (timedelta(hours=23))


def test_a_skipped_time_comes_an_hour_later_and_a_repeated_one_once() -> None:
    calendar = ScheduleCalendar(SCHEDULES[1], "any")
    assert calendar.after(local("2026-03-07T12:00")).nominal == local("2026-03-08T03:30")
    calendar = ScheduleCalendar(Schedule(cron="30 1 * * *", timezone="America/New_York"), "any")
    dues = list(calendar.between(local("2026-10-31T12:00"), local("2026-11-02T12:00")))
    assert [due.nominal.astimezone(NEW_YORK).day for due in dues] == [1, 2]


def test_windows_are_kept_and_their_minute_never_moves() -> None:
    calendar = ScheduleCalendar(SCHEDULES[4], "report__amazon_sp__fba_manage_inventory")
    zone = calendar.zone
    dues = list(calendar.between(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)))
    assert len(dues) == 21
    for due in dues:
        assert timedelta(0) <= due.at - due.nominal < timedelta(minutes=15)
    assert {due.nominal.astimezone(zone).strftime("%H:%M") for due in dues} == {"00:30", "06:00", "10:00"}
    assert len({due.at.astimezone(zone).time() for due in dues}) == 3


def test_reports_with_one_window_are_spread_over_it() -> None:
    schedule = Schedule(between="02:00-04:00", timezone="UTC")
    starts = {
        ScheduleCalendar(schedule, f"report__{n}").after(datetime(2026, 1, 1, tzinfo=UTC)).at
        for n in range(50)
    }
    assert len(starts) > 45


def test_weekdays_and_days_of_month() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    tuesdays = list(ScheduleCalendar(SCHEDULES[5], "x").between(start, start + timedelta(days=28)))
    assert [due.nominal.astimezone(ZoneInfo("Europe/Berlin")).weekday() for due in tuesdays] == [1, 1, 1, 1]
    days = list(ScheduleCalendar(SCHEDULES[6], "x").between(start, start + timedelta(days=90)))
    assert [due.nominal.astimezone(ZoneInfo("Australia/Sydney")).day for due in days] == [15, 15, 15]


@pytest.mark.parametrize("schedule", SCHEDULES)
@given(moment=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
def test_next_is_later_and_the_path_there_does_not_matter(schedule: Schedule, moment: datetime) -> None:
    calendar = ScheduleCalendar(schedule, "report__x")
    due = calendar.after(moment)
    assert due.nominal > moment and due.at >= due.nominal
    between = moment + (due.nominal - moment) / 2
    assert calendar.after(between) == due
    assert calendar.last(due.at) == due
    assert calendar.before(due.nominal).nominal <= moment
    assert calendar.after(calendar.before(due.nominal).nominal) == due
