"""Schedule, catch-up and backfill create the same runs in order, also across clock changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pendulum
import pytest
from airflow.sdk import conf
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.utils.types import DagRunType
from hypothesis import given, settings
from hypothesis import strategies as st

from sellerops.settings.specs import PeriodKind, Schedule
from sellerops_airflow import timetables
from sellerops_airflow.timetables import ReportTimetable

NEW_YORK = ZoneInfo("America/New_York")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
KEY = "report__amazon_sp__any"

SCHEDULES = {
    "cron": Schedule(cron="0 7 * * *", timezone="America/New_York"),
    "cron in the gap": Schedule(cron="30 2 * * *", timezone="America/New_York"),
    "every four hours": Schedule(cron="0 */4 * * *", timezone="UTC"),
    "windows": Schedule(
        between=("00:30-00:45", "06:00-06:15", "10:00-10:15"), timezone="America/Los_Angeles"
    ),
    "windows in the gap": Schedule(between=("01:30-01:45", "02:30-03:20"), timezone="Europe/Berlin"),
    "windows swapped by the leap": Schedule(
        between=("02:45-02:50", "03:15-03:20"), timezone="America/New_York"
    ),
    "weekly": Schedule(between=("08:00-08:01",), weekday="tuesday", timezone="Europe/Berlin"),
    "monthly": Schedule(between=("01:00-11:00",), day_of_month=15, timezone="Australia/Sydney"),
}
BOTH = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


def table(schedule: Schedule) -> ReportTimetable:
    return ReportTimetable(schedule, KEY)


def bounds(
    earliest: datetime | None, latest: datetime | None = None, *, catchup: bool = True
) -> TimeRestriction:
    return TimeRestriction(
        pendulum.instance(earliest) if earliest else None,
        pendulum.instance(latest) if latest else None,
        catchup,
    )


def runs(
    schedule: Schedule, earliest: datetime, latest: datetime | None = None, last: DataInterval | None = None
) -> Iterator[DagRunInfo]:
    """As the scheduler does to catch up, and `iter_dagrun_infos_between` for a backfill."""
    while True:
        info = table(schedule).next_dagrun_info(
            last_automated_data_interval=last, restriction=bounds(earliest, latest)
        )
        if info is None:
            return
        yield info
        last = info.data_interval


def local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize("start", [datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 29, tzinfo=UTC)])
def test_seven_in_new_york_stays_seven_across_both_switches(start: datetime) -> None:
    found = list(islice(runs(SCHEDULES["cron"], start), 6))
    assert {info.run_after.astimezone(NEW_YORK).hour for info in found} == {7}
    assert {info.data_interval.start.astimezone(NEW_YORK).hour for info in found if info.data_interval} == {7}
    seconds = {
        (info.data_interval.end - info.data_interval.start).total_seconds()
        for info in found
        if info.data_interval
    }
    assert 86400 in seconds
    assert len(seconds) == 2


def test_a_time_the_clocks_skip_comes_an_hour_later_and_one_they_repeat_comes_once() -> None:
    spring = list(islice(runs(SCHEDULES["cron in the gap"], datetime(2026, 3, 7, tzinfo=UTC)), 3))
    assert [local(info.run_after, NEW_YORK) for info in spring] == [
        "2026-03-08 03:30",
        "2026-03-09 02:30",
        "2026-03-10 02:30",
    ]
    autumn = Schedule(cron="30 1 * * *", timezone="America/New_York")
    found = list(islice(runs(autumn, datetime(2026, 10, 31, tzinfo=UTC)), 3))
    assert [local(info.run_after, NEW_YORK)[:10] for info in found] == [
        "2026-11-01",
        "2026-11-02",
        "2026-11-03",
    ]


def test_several_windows_a_day_start_within_themselves_at_the_same_minute_every_day() -> None:
    schedule = SCHEDULES["windows"]
    found = list(islice(runs(schedule, datetime(2026, 10, 30, tzinfo=UTC)), 12))
    minutes = [info.run_after.astimezone(LOS_ANGELES).time() for info in found]
    assert minutes[:3] == minutes[3:6] == minutes[6:9] == minutes[9:]
    for info in found:
        assert info.data_interval is not None
        nominal = info.data_interval.end.astimezone(LOS_ANGELES).time()
        (stop,) = [end for start, end in schedule.windows if start == nominal]
        assert nominal <= info.run_after.astimezone(LOS_ANGELES).time() < stop


def test_iterating_past_a_leap_of_the_clocks_meets_the_same_runs_from_everywhere() -> None:
    schedule = SCHEDULES["windows swapped by the leap"]
    whole = list(islice(runs(schedule, datetime(2026, 3, 6, tzinfo=UTC)), 10))
    for index, info in enumerate(whole[:-1]):
        assert (
            list(islice(runs(schedule, datetime(2026, 3, 6, tzinfo=UTC), last=info.data_interval), 9 - index))
            == (whole[index + 1 :])
        )


def test_two_reports_with_one_window_start_at_different_minutes() -> None:
    schedule = Schedule(between=("02:00-04:00",), timezone="UTC")
    restriction = bounds(datetime(2026, 1, 1, tzinfo=UTC))
    starts = {
        ReportTimetable(schedule, f"report__{number}")
        .next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
        .run_after  # type: ignore[union-attr]
        for number in range(40)
    }
    assert len(starts) > 35


@BOTH
@settings(max_examples=25, deadline=None)
@given(moment=MOMENTS)
def test_the_next_run_is_later_and_begins_where_the_last_ended(schedule: Schedule, moment: datetime) -> None:
    first, second, third = islice(runs(schedule, moment), 3)
    assert first.data_interval
    assert second.data_interval
    assert third.data_interval
    assert moment <= first.data_interval.start < first.data_interval.end <= first.run_after
    assert second.data_interval.start == first.data_interval.end
    assert third.data_interval.start == second.data_interval.end
    assert first.run_after < second.run_after < third.run_after


@BOTH
@settings(max_examples=25, deadline=None)
@given(moment=MOMENTS, skip=st.integers(0, 20))
def test_where_one_starts_to_iterate_makes_no_difference(
    schedule: Schedule, moment: datetime, skip: int
) -> None:
    whole = list(islice(runs(schedule, moment), skip + 3))
    assert whole[skip].data_interval is not None
    again = list(islice(runs(schedule, whole[skip].data_interval.start), 3))
    assert again == whole[skip:]


@BOTH
@settings(max_examples=25, deadline=None)
@given(moment=MOMENTS)
def test_a_backfill_makes_the_runs_that_the_schedule_made(schedule: Schedule, moment: datetime) -> None:
    scheduled = list(islice(runs(schedule, moment), 12))
    assert scheduled[2].data_interval
    assert scheduled[9].data_interval
    earliest, latest = scheduled[2].data_interval.start, scheduled[9].data_interval.start
    assert list(runs(schedule, earliest, latest)) == scheduled[2:10]
    # A backfill of days ranges from midnight to midnight.
    assert (
        list(runs(schedule, earliest - timedelta(seconds=1), latest + timedelta(seconds=1)))
        == scheduled[2:10]
    )


@BOTH
@settings(max_examples=25, deadline=None)
@given(now=MOMENTS)
def test_without_catchup_the_latest_due_run_comes_first(schedule: Schedule, now: datetime) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timetables, "_now", lambda: now)
        early = datetime(2020, 1, 1, tzinfo=UTC)
        info = table(schedule).next_dagrun_info(
            last_automated_data_interval=None, restriction=bounds(early, catchup=False)
        )
        assert info is not None
        assert info.run_after <= now
        following = table(schedule).next_dagrun_info(
            last_automated_data_interval=info.data_interval, restriction=bounds(early, catchup=False)
        )
    assert following is not None
    assert following.run_after > now
    assert following.data_interval
    assert info.data_interval
    assert following.data_interval.start == info.data_interval.end


def test_after_a_long_pause_without_catchup_missed_runs_are_left_out() -> None:
    now = datetime(2026, 6, 10, 12, tzinfo=UTC)
    old = next(runs(SCHEDULES["cron"], datetime(2026, 1, 1, tzinfo=UTC)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timetables, "_now", lambda: now)
        info = table(SCHEDULES["cron"]).next_dagrun_info(
            last_automated_data_interval=old.data_interval,
            restriction=bounds(datetime(2026, 1, 1, tzinfo=UTC), catchup=False),
        )
    assert info is not None
    assert local(info.run_after, NEW_YORK) == "2026-06-10 07:00"


def test_a_changed_schedule_continues_and_never_repeats_a_run() -> None:
    before = next(runs(SCHEDULES["cron"], datetime(2026, 5, 1, tzinfo=UTC)))
    changed = Schedule(cron="0 7 1 * *", timezone="America/New_York")
    after = next(runs(changed, datetime(2020, 1, 1, tzinfo=UTC), last=before.data_interval))
    assert before.data_interval
    assert after.data_interval
    assert after.data_interval.start > before.data_interval.start


def test_the_restriction_is_kept() -> None:
    start, end = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 4, tzinfo=UTC)
    found = list(runs(SCHEDULES["cron"], start, end))
    assert [local(info.data_interval.start, NEW_YORK)[:10] for info in found if info.data_interval] == [
        "2026-05-01",
        "2026-05-02",
        "2026-05-03",
    ]
    assert (
        table(SCHEDULES["cron"]).next_dagrun_info(last_automated_data_interval=None, restriction=bounds(None))
        is None
    )


def test_a_run_by_hand_ends_when_it_was_asked_for() -> None:
    asked = pendulum.datetime(2026, 11, 21, 15, 4)
    interval = table(SCHEDULES["cron"]).infer_manual_data_interval(run_after=asked)
    assert interval.end == asked
    assert local(interval.start, NEW_YORK) == "2026-11-21 07:00"


@BOTH
def test_it_survives_serialisation_by_airflow(schedule: Schedule) -> None:
    original = table(schedule)
    again = ReportTimetable.deserialize(json.loads(json.dumps(original.serialize())))
    assert again == original
    assert hash(again) == hash(original)
    assert again != ReportTimetable(schedule, "report__another")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert again.next_dagrun_info(
        last_automated_data_interval=None, restriction=bounds(start)
    ) == original.next_dagrun_info(last_automated_data_interval=None, restriction=bounds(start))


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("cron", "0 7 * * * America/New_York"),
        ("windows", "daily 00:30-00:45, 06:00-06:15, 10:00-10:15 America/Los_Angeles"),
        ("weekly", "tuesdays 08:00-08:01 Europe/Berlin"),
        ("monthly", "monthly on day 15 01:00-11:00 Australia/Sydney"),
    ],
)
def test_people_can_read_when_it_runs(name: str, summary: str) -> None:
    assert table(SCHEDULES[name]).summary == summary
    assert table(SCHEDULES[name]).description.startswith(summary)


def named(period: PeriodKind | None, run_type: DagRunType, end: datetime) -> str:
    interval = DataInterval(pendulum.instance(end - timedelta(days=1)), pendulum.instance(end))
    timetable = ReportTimetable(SCHEDULES["cron"], KEY, period)
    again = ReportTimetable.deserialize(json.loads(json.dumps(timetable.serialize())))
    assert again == timetable
    return again.generate_run_id(
        run_type=run_type, run_after=pendulum.instance(end), data_interval=interval, partition_key=None
    )


@pytest.mark.parametrize(
    ("period", "days"),
    [
        (PeriodKind.DAY, "2026-11-20"),
        (PeriodKind.RANGE, "2026-11-20"),
        (PeriodKind.LISTING, "2026-11-20"),
        (PeriodKind.SNAPSHOT, "2026-11-21"),
        (PeriodKind.WEEK, "2026-11-08_to_2026-11-14"),
        (PeriodKind.MONTH, "2026-10-01_to_2026-10-31"),
    ],
)
def test_a_run_is_named_by_the_newest_days_it_collects(period: PeriodKind, days: str) -> None:
    """In the schedule's wall clock time, in a form that Airflow accepts."""
    end = datetime(2026, 11, 21, 12, tzinfo=UTC)  # a Saturday, 07:00 in New York
    run_id = named(period, DagRunType.SCHEDULED, end)
    assert run_id == f"scheduled__{days}__2026-11-21T12:00:00+00:00"
    assert DagRunType.from_run_id(run_id) is DagRunType.SCHEDULED
    assert re.match(conf.get("scheduler", "allowed_run_id_pattern"), run_id)
    assert ".." not in run_id


def test_runs_by_hand_and_dags_without_a_report_are_named_by_their_start() -> None:
    """Airflow does not pass the days of a run's form to the timetable."""
    end = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert named(PeriodKind.DAY, DagRunType.MANUAL, end) == "manual__2026-11-21T12:00:00+00:00"
    assert named(None, DagRunType.SCHEDULED, end) == "scheduled__2026-11-21T12:00:00+00:00"
