"""Converts database values to cells of Google Sheets, and key cells to comparable text.

Cells are written with ``valueInputOption=RAW``: nothing is parsed, so a text that begins with ``=``, ``+``,
``-`` or ``@`` stays text, ``00123`` keeps its zeros, and no locale changes a number. A number cell is a
double (Sheets API v4, ``ExtendedValue.numberValue``) with 15 reliable significant digits, so a longer number
is written as text to keep all digits.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sellerops.base.errors import ConfigurationError

Cell = str | float | int | bool
Key = tuple[str, ...]

# Limits of a spreadsheet (Google Drive's help, "Files you can store in Google Drive") and, as enforced by
# Google's editors, of a cell.
MOST_CELLS = 10_000_000
MOST_CHARACTERS = 50_000
MOST_COLUMNS = 18_278

_CERTAIN_DIGITS = 15
# Day 0 of a date cell (Sheets API v4, DateTimeRenderOption SERIAL_NUMBER).
_DAY_ZERO = date(1899, 12, 30)


def cell(value: Any) -> Cell:
    """The cell for a value; null becomes an empty cell.

    Dates become ISO text (``2026-11-20``), instants ISO text in UTC (``2026-11-20T08:00:00Z``), and JSON its
    text. Raises ConfigurationError for bytes, which a cell cannot contain.
    """
    if value is None:
        return ""
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise ConfigurationError(
            "contains bytes, which a cell cannot hold.",
            remedy="Leave the column out, or encode it in the query.",
        )
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat() if isinstance(value, date) else str(value)


def key_text(content: Any, *, is_day: bool = False) -> str:
    """The text by which two cells of a key column are compared.

    A number equals its text, because people convert one into the other. With ``is_day``, a number is a day,
    because Sheets stores a date that somebody retyped as a number.
    """
    if isinstance(content, bool):
        return "TRUE" if content else "FALSE"
    if isinstance(content, (int, float)):
        if is_day and float(content).is_integer():
            return (_DAY_ZERO + timedelta(days=int(content))).isoformat()
        return _plain(Decimal(repr(content)))
    return "" if content is None else str(content)


def key_of(cells: Sequence[Any], days: Sequence[bool]) -> Key:
    """A row's key from its key cells; ``days``: which of them are dates."""
    return tuple(key_text(each, is_day=is_day) for each, is_day in zip(cells, days, strict=True))


def _number(value: float | Decimal) -> Cell:
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not number.is_finite():
        return str(value)
    if isinstance(value, float):
        return value
    if len(number.normalize().as_tuple().digits) > _CERTAIN_DIGITS or number.adjusted() > 300:
        return _plain(number)
    return int(number) if number == number.to_integral_value() and number.adjusted() < 16 else float(number)


def _plain(number: Decimal) -> str:
    """The number as text without an exponent and without trailing zeros."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
