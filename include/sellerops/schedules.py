"""When a report is due: cron or windows, by the wall clock of a named zone, spread stably within a window."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sellerops.specs import Schedule

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Due:
    """``nominal`` names the run (the cron's moment, or the window's start); ``at`` is when it really starts.

    Both aware, UTC. For a cron they are equal.
    """

    nominal: datetime
    at: datetime


class Calendar:
    """The due moments of one schedule. ``key`` (a DAG id) picks the minute within a window, always the same.

    By the wall clock: a time that a daylight-saving switch skips comes an hour later, a repeated one once.
    """

    def __init__(self, schedule: Schedule, key: str) -> None:
        self.schedule = schedule
        self.key = key
        self.zone = ZoneInfo(schedule.timezone)

    def after(self, moment: datetime) -> Due:
        """The first due moment whose nominal time is later than ``moment``."""
        day = moment.astimezone(self.zone).date() - timedelta(days=1)
        return next(due for due in self._from(day) if due.nominal > moment)

    def last(self, moment: datetime) -> Due:
        """The last due moment that has started by ``moment``."""
        for days in (3, 10, 40, 400, 3000):
            begin = moment.astimezone(self.zone).date() - timedelta(days=days)
            found = None
            for due in self._from(begin):
                if due.at > moment:
                    break
                found = due
            if found:
                return found
        raise ValueError(f"{self.schedule} was never due before {moment}")

    def between(self, start: datetime, end: datetime) -> Iterator[Due]:
        """All due moments with ``start <= nominal <= end``, in order."""
        due = self.after(start - timedelta(microseconds=1))
        while due.nominal <= end:
            yield due
            due = self.after(due.nominal)

    def _from(self, day: date) -> Iterator[Due]:
        return self._cron_from(day) if self.schedule.cron else self._windows_from(day)

    def _cron_from(self, day: date) -> Iterator[Due]:
        from croniter import croniter

        steps = croniter(self.schedule.cron, datetime.combine(day, time(0)) - timedelta(seconds=1))
        previous = None
        while True:
            nominal = self._instant(steps.get_next(datetime))
            if previous is None or nominal > previous:
                yield Due(nominal, nominal)
            previous = nominal

    def _windows_from(self, day: date) -> Iterator[Due]:
        windows = self.schedule.windows
        while True:
            if self._is_due_on(day):
                for index, (start, end) in enumerate(windows):
                    nominal = self._instant(datetime.combine(day, start))
                    length = datetime.combine(day, end) - datetime.combine(day, start)
                    yield Due(nominal, nominal + self._spread(index, length))
            day += timedelta(days=1)

    def _is_due_on(self, day: date) -> bool:
        if self.schedule.weekday:
            return _WEEKDAYS[day.weekday()] == self.schedule.weekday
        return self.schedule.day_of_month in (None, day.day)

    def _spread(self, index: int, length: timedelta) -> timedelta:
        digest = hashlib.sha256(f"{self.key}/{index}".encode()).digest()
        return timedelta(seconds=int.from_bytes(digest[:8], "big") % max(int(length.total_seconds()), 1))

    def _instant(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone).astimezone(UTC)
