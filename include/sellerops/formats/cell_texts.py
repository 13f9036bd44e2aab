"""The cells of an Excel workbook as the text that a CSV file of the same page would have."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

# Digits that Excel shows; the rest is binary noise, such as 0.30000000000000004.
_DIGITS = ".15g"
_HALF_A_MILLISECOND = timedelta(microseconds=500)


def text_of(cell: Any) -> str:
    """A cell's value: numbers without noise and percent as shown, dates and times in ISO, blank as ''."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, is_percent="%" in (cell.number_format or ""))
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _number(value: float, *, is_percent: bool) -> str:
    """12.02 for a cell that holds 0.1202 and shows 12.02 %."""
    exact = Decimal(value) if isinstance(value, int) else Decimal(format(value, _DIGITS))
    if not exact.is_finite():
        return str(value)
    shown = exact * 100 if is_percent else exact
    return format(shown.normalize(), "f") if shown else "0"


def _moment(value: datetime) -> str:
    """Excel counts in fractions of a day: 12:00:00 may come as 11:59:59.999997."""
    near = value + _HALF_A_MILLISECOND
    rounded = near.replace(microsecond=near.microsecond // 1000 * 1000)
    if rounded.time() == time(0):
        return rounded.date().isoformat()
    return rounded.isoformat(sep="T", timespec="milliseconds" if rounded.microsecond else "seconds")
