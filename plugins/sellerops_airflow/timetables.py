"""The timetable of report DAGs: a cron, or daily windows in which each DAG has its own minute."""

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
# More than clocks ever jump.
_LEAP = timedelta(hours=4)


class ReportTimetable(Timetable):
    """Data intervals between the nominal times of a schedule; runs start at their end plus a spread.

    A nominal time is the cron's moment or a window's start, in the schedule's time zone. Intervals depend on
    the schedule alone, so the scheduler, ``catchup`` and backfills create the same runs.

    :param schedule: the cron or windows, with their time zone.
    :param key: determines the minute within a window: the DAG id.
    :param period: a report's period; the ids of its scheduled runs then contain the days they collect.
    """

    def __init__(self, schedule: Schedule, key: str, period: PeriodKind | None = None) -> None:
        self.schedule = schedule
        self.key = key
        self.period = period
        self._calendar = ScheduleCalendar(schedule, key)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The interval after the last one; without ``catchup`` the latest one due, if that is later."""
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
        """The interval of a manual run: from the last nominal time to ``run_after``."""
        return DataInterval(pendulum.instance(self._before(run_after)), run_after)

    def generate_run_id(
        self,
        *,
        run_type: DagRunType,
        run_after: pendulum.DateTime,
        data_interval: DataInterval | None,
        **extra: Any,
    ) -> str:
        """``scheduled__<newest days>__<start>``, with the days in the schedule's time zone.

        Other runs are named by their start alone: Airflow (3.3.2) names backfill runs without calling this,
        and does not pass the days in a manual run's form.
        """
        if self.period is None or data_interval is None or run_type != DagRunType.SCHEDULED:
            return super().generate_run_id(
                run_type=run_type, run_after=run_after, data_interval=data_interval, **extra
            )
        first, last = newest_days(self.period, data_interval.end, self._calendar.zone)
        days = f"{first}" if first == last else f"{first}_to_{last}"
        return run_type.generate_run_id(suffix=f"{days}__{run_after.isoformat()}")

    def serialize(self) -> dict[str, Any]:
        """The arguments, as Airflow stores them with the DAG."""
        period = {"period": self.period.value} if self.period else {}
        schedule = self.schedule.model_dump(mode="json", exclude_defaults=True)
        return {"schedule": schedule, "key": self.key, **period}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> ReportTimetable:
        """The timetable from stored arguments."""
        # DAGs stored by earlier versions have no period.
        period = PeriodKind(data["period"]) if "period" in data else None
        return cls(Schedule.model_validate(data["schedule"]), data["key"], period)

    @property
    def summary(self) -> str:
        """The schedule as the DAG list shows it: ``daily 00:30-00:45, 06:00-06:15 America/Los_Angeles``."""
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
        """The summary, with a hint that a window's minute depends on the DAG."""
        spread = "" if self.schedule.cron else ", at this report's own minute of the window"
        return f"{self.summary}{spread}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReportTimetable) and self.serialize() == other.serialize()

    def __hash__(self) -> int:
        return hash((self.schedule, self.key))

    def _first_start(self, restriction: TimeRestriction) -> datetime | None:
        """The earliest nominal time at which an interval may start; None without a limit."""
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
        """The last nominal time before ``moment`` that forward iteration reaches.

        When clocks jump over two windows, the later window may come first; forward iteration reaches only
        one.
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
