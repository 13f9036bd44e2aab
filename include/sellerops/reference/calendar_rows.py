"""The rows of table ``calendar``: parts of dates that the destinations' SQL dialects compute differently."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

FIRST_DAY = date(2020, 1, 1)
_EPOCH = date(1970, 1, 1)


def last_day(today: date) -> date:
    """The end of the year after next, because forecasts look up to two years ahead."""
    return date(today.year + 2, 12, 31)


def calendar_rows(first: date, last: date) -> Iterator[dict[str, Any]]:
    """A row for each day from ``first`` to ``last``, both included."""
    for number in range((last - first).days + 1):
        yield _row(first + timedelta(days=number))


def _row(day: date) -> dict[str, Any]:
    iso = day.isocalendar()
    quarter = (day.month - 1) // 3 + 1
    return {
        "day": day,
        "week_monday": day - timedelta(days=day.weekday()),
        "week_sunday": day - timedelta(days=day.isoweekday() % 7),
        "month_first": day.replace(day=1),
        "quarter_first": date(day.year, 3 * quarter - 2, 1),
        "year": day.year,
        "month": day.month,
        "quarter": quarter,
        "weekday": day.isoweekday(),
        "iso_year": iso.year,
        "iso_week": iso.week,
        "same_weekday_last_year": day - timedelta(weeks=52),
        "day_number": (day - _EPOCH).days,
    }
