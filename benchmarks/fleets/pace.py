"""A virtual day that passes quickly in hours in which little is due, and slowly in the forenoon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

# Faster, and claims of slices that wait for a processor run out.
_FASTEST = 60.0
_STEP = timedelta(minutes=30)

# (moment of the day, speed of the clock from then on)
Pace = list[tuple[datetime, float]]


def pace(due: Iterable[tuple[datetime, int]], start: datetime, seconds_per_slice: float) -> Pace:
    """Speeds by the half hour from ``start`` on, so that a slice is due every so many real seconds.

    ``due``: when how many slices are due. The last speed holds until they have ended.
    """
    moments = list(due)
    speeds: Pace = []
    end = start.replace(hour=0, minute=0) + timedelta(days=1)
    while start < end:
        slices = sum(number for moment, number in moments if start <= moment < start + _STEP)
        real = max(_STEP.total_seconds() / _FASTEST, slices * seconds_per_slice)
        speeds.append((start, round(_STEP.total_seconds() / real, 3)))
        start += _STEP
    return speeds


def speed_at(speeds: Pace, moment: datetime) -> float:
    """The speed that holds at a moment, from the first one on."""
    return [speed for since, speed in speeds if since <= moment][-1]
