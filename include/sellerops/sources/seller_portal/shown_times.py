"""Periods and moments as the lists of Seller Central show them; single days are read by ``shown_dates``."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sellerops.sources.seller_portal.shown_dates import find_days, find_range

# Labels of zones that Seller Central appends to times, with their offset in hours. Ambiguous ones (IST, CST)
# are left out: the store's own zone is then used.
_OFFSETS = {
    "utc": 0, "gmt": 0, "z": 0, "pst": -8, "pdt": -7, "est": -5, "edt": -4, "bst": 1, "wet": 0, "cet": 1,
    "cest": 2, "mez": 1, "mesz": 2, "jst": 9, "aest": 10, "aedt": 11, "gst": 4,
}  # fmt: skip
_TIME = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"\s*(?P<half>[ap]\.?\s?m\b\.?)?\s*(?P<zone>(?:gmt|utc)[+-]\d{1,2}|[a-z]{1,4}\b)?",
    re.IGNORECASE,
)
# The names of each month in English and German; Japanese pages use its number.
MONTH_NAMES: tuple[tuple[str, ...], ...] = (
    ("January", "Jan", "Januar"), ("February", "Feb", "Februar"), ("March", "Mar", "März", "Mär", "Mrz"),
    ("April", "Apr"), ("May", "Mai"), ("June", "Jun", "Juni"), ("July", "Jul", "Juli"), ("August", "Aug"),
    ("September", "Sep", "Sept"), ("October", "Oct", "Oktober", "Okt"), ("November", "Nov"),
    ("December", "Dec", "Dezember", "Dez"),
)  # fmt: skip
_MONTHS = {name.lower(): number for number, names in enumerate(MONTH_NAMES, 1) for name in names}
_MONTH = re.compile(
    r"(?P<y1>\d{4})\s*年\s*(?P<m1>\d{1,2})\s*月(?!\s*\d)"
    r"|(?<![\d./-])(?P<m2>\d{1,2})/(?P<y2>\d{4})(?![\d./-])"
    r"|(?<![\d./-])(?P<y3>\d{4})[-/](?P<m3>\d{1,2})(?![\d./-])"
    r"|(?P<name>[^\W\d_]{3,9})\.?,?\s+(?P<y4>\d{4})"
)


def find_period(text: str, order: str) -> tuple[date, date] | None:
    """First and last day that a text covers: a range, one day, or a whole month ("October 2026").

    ``order``: of day and month in this store (``mdy``, ``dmy``, ``ymd``). None without a period.
    """
    normal = unicodedata.normalize("NFKC", text)
    if find_days(normal, order):
        return find_range(normal, order)
    for match in _MONTH.finditer(normal):
        month = _month(match)
        if month is not None:
            year = int(next(value for key, value in match.groupdict().items() if key[0] == "y" and value))
            return month_days(year, month)
    return None


def month_days(year: int, month: int) -> tuple[date, date]:
    """First and last day of a month."""
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def find_moment(text: str, order: str, zone: tzinfo) -> datetime | None:
    """The moment in a text, aware; None without a day or with an impossible time.

    Without a zone label the time is in the store's time zone, ``zone``. Without seconds it is the last second
    of the minute, so that a row never looks older than it is; without a time it is the start of the day, so
    that a row never looks fresh.
    """
    normal = unicodedata.normalize("NFKC", text)
    days = find_days(normal, order)
    if not days:
        return None
    match = _TIME.search(normal)
    if match is None:
        return datetime.combine(days[0], time(), zone)
    hour, minute = int(match["hour"]), int(match["minute"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower().startswith("p") else 0)
    second = int(match["second"]) if match["second"] else 59
    if hour > 23 or minute > 59 or second > 59:
        return None
    moment = datetime.combine(days[0], time(hour, minute, second), zone)
    offset = _offset(match["zone"] or "")
    return moment if offset is None else moment.replace(tzinfo=UTC) - offset


def has_time(text: str) -> bool:
    """Whether a text names a time of day."""
    return _TIME.search(unicodedata.normalize("NFKC", text)) is not None


def _offset(label: str) -> timedelta | None:
    label = label.lower()
    if label[:3] in ("gmt", "utc") and label[3:]:
        return timedelta(hours=int(label[3:]))
    return timedelta(hours=_OFFSETS[label]) if label in _OFFSETS else None


def _month(match: re.Match[str]) -> int | None:
    if match["name"]:
        return _MONTHS.get(match["name"].lower())
    number = int(match["m1"] or match["m2"] or match["m3"])
    return number if 1 <= number <= 12 else None
