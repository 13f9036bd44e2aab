"""Which runs a backfill creates, and which of their slices share one request."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.calendar.slices import Slice
from sellerops.settings.specs import ReportSpec

WindowKey = tuple[tuple[str, ...], str | None, str | None]


def run_moments(spec: ReportSpec, first_day: date, last_day: date, now: datetime) -> list[datetime]:
    """The ends (UTC) of the data intervals that begin on these days, of runs that were due by ``now``.

    ``first_day`` and ``last_day``: inclusive, in the schedule's time zone.
    """
    zone = ZoneInfo(spec.schedule.timezone)
    calendar = ScheduleCalendar(spec.schedule, spec.dag_id)
    start = datetime.combine(first_day, time(0), tzinfo=zone)
    end = datetime.combine(last_day + timedelta(days=1), time(0), tzinfo=zone) - timedelta(microseconds=1)
    dated = list(calendar.between(start, end))
    if not dated:
        return []
    # Each run's interval ends where the next one begins.
    ends = [*dated[1:], calendar.after(dated[-1].nominal)]
    return [due.nominal for due in ends if due.at <= now]


def window_key(slice_: Slice) -> WindowKey:
    """The key that slices with the same request share."""
    return tuple(sorted(slice_.marketplace_ids)), slice_.window_start, slice_.window_end or slice_.snapshot_at


def describe_seconds(seconds: float) -> str:
    """``3 h 20 min``; ``0 min`` for less than one."""
    minutes = ceil(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
