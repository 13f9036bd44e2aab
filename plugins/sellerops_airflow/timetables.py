"""When report DAGs run: cron or windows of a named time zone, each DAG at its own minute of a window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable
from airflow.utils.types import DagRunType

from sellerops.calendar.schedules import Due, ScheduleCalendar
from sellerops.calendar.slices import newest_days
from sellerops.settings.specs import PeriodKind, Schedule

_MOMENT = timedelta(microseconds=1)
# More than the clocks ever leap.
_LEAP = timedelta(hours=4)


class ReportTimetable(Timetable):
    """A run's data interval lies between two nominal times of the schedule; it starts at the end plus spread.

    The nominal time is the cron's moment or a window's start. Intervals follow from the schedule alone: the
    scheduler, ``catchup`` and a backfill make the same runs. ``key`` (the DAG id) picks the window's moment;
    ``period``, of a report, has scheduled runs named by the days they collect.
    """

    def __init__(self, schedule: Schedule, key: str, period: PeriodKind | None = None) -> None:
        self.schedule = schedule
        self.key = key
        self.period = period
        self._calendar = ScheduleCalendar(schedule, key)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The interval after the last one; without ``catchup`` not before the latest that is already due."""
        earliest = self._first_start(restriction)
        if last_automated_data_interval is None:
            if earliest is None:
                return None
            start = earliest
        else:
            start = self._at_or_before(last_automated_data_interval.end)
            if earliest and earliest > start:
                start = earliest
            if start <= last_automated_data_interval.start:  # the schedule has changed since
                start = self._calendar.after(last_automated_data_interval.start).nominal
        if restriction.latest is not None and start > restriction.latest:
            return None
        return _info(start, self._calendar.after(start))

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        """A run by hand for ``run_after`` collects what had closed by then."""
        return DataInterval(pendulum.instance(self._before(run_after)), run_after)

    def generate_run_id(
        self,
        *,
        run_type: DagRunType,
        run_after: pendulum.DateTime,
        data_interval: DataInterval | None,
        **extra: Any,
    ) -> str:
        """``scheduled__2026-11-20__2026-11-21T12:00:00+00:00``: the newest days, by the schedule's zone, then
        the start.

        Other runs are named by their start alone: Airflow (3.3.2) names backfilled ones without asking, and
        does not tell the days in the form of a run by hand.
        """
        if self.period is None or data_interval is None or run_type != DagRunType.SCHEDULED:
            return super().generate_run_id(
                run_type=run_type, run_after=run_after, data_interval=data_interval, **extra
            )
        first, last = newest_days(self.period, data_interval.end, self._calendar.zone)
        days = f"{first}" if first == last else f"{first}_to_{last}"
        return run_type.generate_run_id(suffix=f"{days}__{run_after.isoformat()}")

    def serialize(self) -> dict[str, Any]:
        period = {"period": self.period.value} if self.period else {}
        schedule = self.schedule.model_dump(mode="json", exclude_defaults=True)
        return {"schedule": schedule, "key": self.key, **period}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> ReportTimetable:
        # DAGs that an earlier version stored name no period.
        period = PeriodKind(data["period"]) if "period" in data else None
        return cls(Schedule.model_validate(data["schedule"]), data["key"], period)

    @property
    def summary(self) -> str:
        """As shown in the list of DAGs, such as ``daily 00:30-00:45, 06:00-06:15 America/Los_Angeles``."""
        schedule = self.schedule
        if schedule.cron:
            return f"{schedule.cron} {schedule.timezone}"
        days = "daily"
        if schedule.weekday:
            days = f"{schedule.weekday}s"
        elif schedule.day_of_month:
            days = f"monthly on day {schedule.day_of_month}"
        return f"{days} {', '.join(schedule.between)} {schedule.timezone}"

    @property
    def description(self) -> str:  # type: ignore[override]
        spread = "" if self.schedule.cron else ", at this report's own minute of the window"
        return f"{self.summary}{spread}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReportTimetable) and self.serialize() == other.serialize()

    def __hash__(self) -> int:
        return hash((self.schedule, self.key))

    def _first_start(self, restriction: TimeRestriction) -> datetime | None:
        """The earliest nominal time an interval may start at; None when nothing bounds it."""
        starts = []
        if restriction.earliest is not None:
            starts.append(self._calendar.after(restriction.earliest - _MOMENT).nominal)
        if not restriction.catchup:
            latest_due = self._calendar.last(_now()).nominal
            starts.append(self._before(latest_due))
        return max(starts, default=None)

    def _at_or_before(self, moment: datetime) -> datetime:
        return self._before(moment + _MOMENT)

    def _before(self, moment: datetime) -> datetime:
        """The last nominal time earlier than ``moment``, of those that iterating onward meets.

        Where the clocks leap over two windows the later one may come to lie first; onward, only one is met.
        """
        nominal = self._calendar.before(moment).nominal
        if self._calendar.after(nominal - _MOMENT).nominal == nominal == self._last_onward(nominal, moment):
            return nominal
        return self._last_onward(self._calendar.before(moment - _LEAP).nominal, moment)

    def _last_onward(self, nominal: datetime, moment: datetime) -> datetime:
        while (following := self._calendar.after(nominal).nominal) < moment:
            nominal = following
        return nominal


def _info(start: datetime, end: Due) -> DagRunInfo:
    interval = DataInterval(pendulum.instance(start), pendulum.instance(end.nominal))
    return DagRunInfo(run_after=pendulum.instance(end.at), data_interval=interval)


def _now() -> datetime:
    return datetime.now(UTC)
