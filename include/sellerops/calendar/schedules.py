"""When a report is due: by cron, or within time windows, in the wall-clock time of a time zone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sellerops.settings.specs import Schedule

# More than any daylight-saving switch moves the clock.
_SLACK = timedelta(hours=3)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Due:
    """``nominal`` is the run's logical time (the cron's, or the window's start); ``at`` is when it starts.

    Both are aware, in UTC. For a cron they are equal.
    """

    nominal: datetime
    at: datetime


class ScheduleCalendar:
    """The due times of one schedule. ``key`` (a DAG id) determines the moment within a window.

    Times are wall-clock times: one that a daylight-saving switch skips is due an hour later, and one that it
    repeats is due once.
    """

    def __init__(self, schedule: Schedule, key: str) -> None:
        self.schedule = schedule
        self.key = key
        self.zone = ZoneInfo(schedule.timezone)

    def after(self, moment: datetime) -> Due:
        """The first due time whose nominal time is later than ``moment``."""
        return next(due for due in self._onward(moment - _SLACK) if due.nominal > moment)

    def before(self, moment: datetime) -> Due:
        """The last due time whose nominal time is earlier than ``moment``."""
        return next(due for due in self._backward(moment + _SLACK) if due.nominal < moment)

    def last(self, moment: datetime) -> Due:
        """The last due time that has started by ``moment``."""
        return next(due for due in self._backward(moment + _SLACK) if due.at <= moment)

    def between(self, start: datetime, end: datetime) -> Iterator[Due]:
        """All due times with ``start <= nominal <= end``, in order."""
        last = start - timedelta(microseconds=1)
        for due in self._onward(start - _SLACK):
            if due.nominal > end:
                return
            if due.nominal > last:
                last = due.nominal
                yield due

    def next_promised_time(self, due: str, moment: datetime) -> datetime:
        """The first ``due`` (``09:00``, wall-clock time) later than ``moment``, in UTC."""
        day = (moment - _SLACK).astimezone(self.zone).date()
        while (promised := self._instant(datetime.combine(day, time.fromisoformat(due)))) <= moment:
            day += timedelta(days=1)
        return promised

    def _onward(self, moment: datetime) -> Iterator[Due]:
        """Due times in order, starting no later than ``moment``."""
        local = moment.astimezone(self.zone).replace(tzinfo=None)
        return self._crons(local, forward=True) if self.schedule.cron else self._windows(local.date(), 1)

    def _backward(self, moment: datetime) -> Iterator[Due]:
        """Due times in reverse order, starting no earlier than ``moment``."""
        local = moment.astimezone(self.zone).replace(tzinfo=None)
        return self._crons(local, forward=False) if self.schedule.cron else self._windows(local.date(), -1)

    def _crons(self, local: datetime, *, forward: bool) -> Iterator[Due]:
        from croniter import croniter

        steps = croniter(self.schedule.cron, local)
        while True:
            nominal = self._instant(steps.get_next(datetime) if forward else steps.get_prev(datetime))
            yield Due(nominal, nominal)

    def _windows(self, day: date, step: int) -> Iterator[Due]:
        numbered = list(enumerate(self.schedule.windows))[::step]
        while True:
            for index, (start, end) in numbered if self._is_due_on(day) else ():
                nominal = self._instant(datetime.combine(day, start))
                length = datetime.combine(day, end) - datetime.combine(day, start)
                yield Due(nominal, nominal + self._spread(index, length))
            day += timedelta(days=step)

    def _is_due_on(self, day: date) -> bool:
        if self.schedule.weekday:
            return _WEEKDAYS[day.weekday()] == self.schedule.weekday
        return self.schedule.day_of_month in (None, day.day)

    def _spread(self, index: int, length: timedelta) -> timedelta:
        digest = hashlib.sha256(f"{self.key}/{index}".encode()).digest()
        return timedelta(seconds=int.from_bytes(digest[:8], "big") % max(int(length.total_seconds()), 1))

    def _instant(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone).astimezone(UTC)
