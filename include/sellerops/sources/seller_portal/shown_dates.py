"""Dates and ranges in the texts of pages.

The order of day and month depends on the store, not on the language of the session. A leading four-digit
year, dots (day first) and names of months determine the order themselves.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, tzinfo

# The first three letters are unique in English; German adds Mai, Okt and Dez, and Mär and Mrz for March.
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
    "nov": 11, "dec": 12, "mai": 5, "okt": 10, "dez": 12, "mär": 3, "mrz": 3,
}  # fmt: skip
_NAME = r"(?P<{0}>[^\W\d_]{{3,}})"
_DAY = re.compile(
    r"(?P<y1>\d{4})\s*年\s*(?P<m1>\d{1,2})\s*月\s*(?P<d1>\d{1,2})\s*日"
    r"|(?<!\d)(?P<y2>\d{4})[-/.](?P<m2>\d{1,2})[-/.](?P<d2>\d{1,2})(?!\d)"
    r"|(?<!\d)(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<y3>\d{4}|\d{2})(?!\d)"
    r"|" + _NAME.format("n4") + r"\.?\s+(?P<d4>\d{1,2}),?\s+(?P<y4>\d{4})"
    r"|(?<!\d)(?P<d5>\d{1,2})\.?\s+" + _NAME.format("n5") + r"\.?,?\s+(?P<y5>\d{4})"
)  # fmt: skip
# After a date: 2:31 PM, 14:31, um 14:31 Uhr.
_CLOCK = re.compile(
    r",?\s+(?:at\s+|um\s+)?(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::\d{2})?(?:\s*(?P<half>[ap])\.?m)?",
    re.IGNORECASE,
)


def find_days(text: str, order: str) -> tuple[date, ...]:
    """All dates in a text, in its order. ``order``: how this store writes a date such as 3/1/26 (``mdy``)."""
    found = (_day(match, order) for match in _DAY.finditer(unicodedata.normalize("NFKC", text)))
    return tuple(day for day in found if day is not None)


def find_range(text: str, order: str) -> tuple[date, date] | None:
    """First and last day of the range in a text; a single date is a range of one day. None without dates,
    with more than two, or if the later one comes first.
    """
    days = find_days(text, order)
    if not days or len(days) > 2 or days[0] > days[-1]:
        return None
    return days[0], days[-1]


def find_instant(text: str, order: str, zone: tzinfo) -> datetime | None:
    """The last date that is followed by a time of day, such as when a file was requested: aware, to the
    minute. None without one.
    """
    folded = unicodedata.normalize("NFKC", text)
    for match in reversed(list(_DAY.finditer(folded))):
        day, clock = _day(match, order), _CLOCK.match(folded, match.end())
        if day is not None and clock is not None:
            return datetime.combine(day, _time(clock), zone)
    return None


def _time(clock: re.Match[str]) -> time:
    hour, half = int(clock["hour"]), (clock["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, int(clock["minute"]))


def _day(match: re.Match[str], order: str) -> date | None:
    part = match.groupdict()
    if part["a"] is not None:
        names = _order_of_numbers(part["sep"], order)
        values = {names[0]: int(part["a"]), names[1]: int(part["b"])}
        year, month, day = _full_year(part["y3"]), values["m"], values["d"]
    elif part["n4"] or part["n5"]:
        which = "4" if part["n4"] else "5"
        month = _month(part[f"n{which}"])
        year, day = int(part[f"y{which}"]), int(part[f"d{which}"])
    else:
        which = "1" if part["y1"] else "2"
        year, month, day = (int(part[f"{letter}{which}"]) for letter in "ymd")
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _order_of_numbers(separator: str, order: str) -> str:
    return "dm" if separator == "." or order != "mdy" else "md"


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _month(name: str) -> int:
    return _MONTHS.get(name.lower()[:3], 0)
