"""Parses durations and times of day in YAML."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# Dates minus a duration must stay within Python's range, which begins in the year 1.
_LONGEST = 36_525 * 86_400
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(value: object) -> timedelta:
    """``30s``, ``15m``, ``6h`` or ``7d`` as a timedelta. Raises ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+)([smhd])", str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is not a duration; write a number and s, m, h or d, such as 30m or 7d")
    number = int(match[1]) if len(match[1]) <= 10 else _LONGEST
    if number * _SECONDS[match[2]] > _LONGEST:
        raise ValueError(f"{value!r} is longer than 100 years")
    return timedelta(**{_UNITS[match[2]]: number})


def format_duration(value: timedelta) -> str:
    """A duration in the largest unit that divides it: ``7d``, ``90m``."""
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def parse_window(text: str) -> tuple[time, time]:
    """``00:30-00:45`` as two times of day, the second one later. Raises ValueError for anything else."""
    match = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", text.strip())
    if not match:
        raise ValueError(f'{text!r} is not a time window; write it as "00:30-00:45"')
    try:
        start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from error
    if end <= start:
        raise ValueError(f"{text!r} ends before it starts; a window must be within one day")
    return start, end


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]
