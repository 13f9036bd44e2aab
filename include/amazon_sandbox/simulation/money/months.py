"""Calendar months as numbers, for monthly charges."""

from __future__ import annotations

from datetime import UTC, date, datetime


def month_of(seconds: int) -> int:
    """The number of the UTC month of an instant (epoch seconds): months since year 0."""
    at = datetime.fromtimestamp(seconds, UTC)
    return at.year * 12 + at.month - 1


def first_day(month: int) -> date:
    """The first day of a month by its number."""
    return date(month // 12, month % 12 + 1, 1)


def instant(day: date, seconds: float = 0.0) -> int:
    """Epoch seconds of an instant given as seconds after midnight (UTC) of a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + seconds)
