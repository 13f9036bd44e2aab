"""Values of a database as cells of Google Sheets, and the text by which a cell is a row's key.

Cells are written with ``valueInputOption=RAW``: nothing is parsed, so a text that begins with ``=``, ``+``,
``-`` or ``@`` stays text, ``00123`` keeps its zeros, and no locale changes a figure. A number cell is a
double (Sheets API v4, ``ExtendedValue.numberValue``) of which 15 significant digits are certain: a longer
number goes as text, so that no digit of it is lost.
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

# Google Drive's help, "Files you can store in Google Drive": cells of a spreadsheet; Google's editors refuse
# a cell beyond so many characters.
MOST_CELLS = 10_000_000
MOST_CHARACTERS = 50_000
MOST_COLUMNS = 18_278

_CERTAIN_DIGITS = 15
# Day 0 of a date cell (Sheets API v4, DateTimeRenderOption SERIAL_NUMBER).
_DAY_ZERO = date(1899, 12, 30)


def cell(value: Any) -> Cell:
    """What is written for one value; null is the empty cell.

    Dates are ISO text (``2026-11-20``), instants ISO text in UTC (``2026-11-20T08:00:00Z``), JSON its text.
    Raises ConfigurationError for bytes, which no cell can hold.
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
            "holds bytes, which a cell cannot.", remedy="Leave the column out, or encode it in the query."
        )
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat() if isinstance(value, date) else str(value)


def key_text(content: Any, *, is_day: bool = False) -> str:
    """The text two cells of a key column share when they say the same.

    A number and the text of it are equal, since people turn one into the other; ``is_day``: a number is the
    day that Sheets makes of a date typed anew.
    """
    if isinstance(content, bool):
        return "TRUE" if content else "FALSE"
    if isinstance(content, (int, float)):
        if is_day and float(content).is_integer():
            return (_DAY_ZERO + timedelta(days=int(content))).isoformat()
        return _plain(Decimal(repr(content)))
    return "" if content is None else str(content)


def key_of(cells: Sequence[Any], days: Sequence[bool]) -> Key:
    """The key of a row from its key cells; ``days``: which of them are dates."""
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
    """Without exponent, and without zeros at the end of a fraction."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
