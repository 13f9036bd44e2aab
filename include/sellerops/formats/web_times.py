"""Dates and times as web pages write them: months in words, AM and PM, zone labels.

Source: payments files of several stores, such as ``Sep 4, 2026 1:05:07 AM PDT`` (US), ``29 June 2026 5:39:32
pm GMT+9`` (Australia; the label is the user's zone), ``02.06.2026 18:28:02 UTC`` (Germany) and ``2026/07/03
12:34:56 JST`` (Japan).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

# How months begin in the languages of the stores, without accents; a longer beginning is tried first.
_MONTHS = {
    1: "jan gen ene oca sty", 2: "feb fev subat lut", 3: "mar mrz maa", 4: "apr abr avr nis kwi",
    5: "may mai mag maj mei", 6: "jun juin giu haz cze", 7: "jul juil lug tem lip", 8: "aug aou ago sie agu",
    9: "sep set eyl wrz", 10: "oct okt ott out eki paz", 11: "nov kas lis", 12: "dec dez dic gru ara",
}  # fmt: skip
_BEGINNINGS = sorted(
    ((word, number) for number, words in _MONTHS.items() for word in words.split()),
    key=lambda each: -len(each[0]),
)
# Hours ahead of UTC. IST and CST are those of India and North America.
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "EEST": 3, "TRT": 3, "SAST": 2, "GST": 4, "IST": 5.5, "SGT": 8, "AWST": 8, "JST": 9,
    "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "PST": -8, "PDT": -7,
    "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4, "BRT": -3,
}  # fmt: skip
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_WORD = r"([^\W\d_]{3,12})\.?"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})\.?\s+(?:de\s+)?{_WORD},?\s+(?:de\s+)?([0-9]{{4}})")
_MONTH_FIRST = re.compile(rf"{_WORD}\s+([0-9]{{1,2}}),?\s+([0-9]{{4}})")
_POINTS = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_SLASHES = re.compile(r"([0-9]{4})[/-]([0-9]{1,2})[/-]([0-9]{1,2})")
_MONTH_IN_WORDS = re.compile(rf"{_WORD}[\s-]+([0-9]{{4}})")
_YEAR_AND_MONTH = re.compile(r"([0-9]{4})[/-]([0-9]{1,2})")
_MONTH_AND_YEAR = re.compile(r"([0-9]{1,2})[/-]([0-9]{4})")
_CLOCK = re.compile(
    r",?\s+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:\s*([ap])\.?\s?m\.?)?(?:\s+(\S{1,9}))?", re.IGNORECASE
)
_BETWEEN_DAYS = re.compile(r"\s+[-\u2013\u2014~]\s+")


def iso_time(text: str) -> str | None:
    """An instant in ISO, UTC, or a day if there is no time; None if the text has none of these forms.

    A time without a zone is UTC.
    """
    cleaned = _cleaned(text)
    day, end = _day(cleaned)
    if day is None:
        return None
    if end == len(cleaned):
        return day.isoformat()
    found = _CLOCK.fullmatch(cleaned, end)
    if not found:
        return None
    hour, minute, second, half, label = found.groups()
    zone = _zone(label)
    hours = _hours(int(hour), half)
    if zone is None or hours is None:
        return None
    try:
        moment = datetime(day.year, day.month, day.day, hours, int(minute), int(second or 0), tzinfo=zone)
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


def iso_day(text: str) -> str | None:
    """A day in ISO, of a month its first; None if there is a time, or the text has none of these forms."""
    cleaned = _cleaned(text)
    day, end = _day(cleaned)
    if day:
        return day.isoformat() if end == len(cleaned) else None
    for pattern, order in ((_MONTH_IN_WORDS, "my"), (_YEAR_AND_MONTH, "ym"), (_MONTH_AND_YEAR, "my")):
        found = pattern.fullmatch(cleaned)
        if found:
            part = dict(zip(order, found.groups(), strict=True))
            month = int(part["m"]) if part["m"].isdigit() else month_number(part["m"]) or 0
            return f"{part['y']}-{month:02d}-01" if 1 <= month <= 12 else None
    return None


def days_of_range(text: str) -> tuple[str, str]:
    """Both days of ``Aug 18, 2026 - Aug 24, 2026``, as written; a single day is both."""
    parts = _BETWEEN_DAYS.split(text.strip())
    return (parts[0], parts[1]) if len(parts) == 2 else (text, text)


def month_number(word: str) -> int | None:
    """1 to 12 for a month's name, or its beginning, in a language of the stores; None for another word."""
    folded = "".join(each for each in unicodedata.normalize("NFKD", word.casefold()) if each.isalpha())
    return next((number for beginning, number in _BEGINNINGS if folded.startswith(beginning)), None)


def _cleaned(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _day(text: str) -> tuple[date | None, int]:
    """The day that a text begins with, and where it ends."""
    for pattern, order in ((_MONTH_FIRST, "mdy"), (_DAY_FIRST, "dmy"), (_POINTS, "dmy"), (_SLASHES, "ymd")):
        found = pattern.match(text)
        if not found:
            continue
        part = dict(zip(order, found.groups(), strict=True))
        month = int(part["m"]) if part["m"].isdigit() else month_number(part["m"])
        try:
            return date(int(part["y"]), month or 0, int(part["d"])), found.end()
        except ValueError:
            return None, 0
    return None, 0


def _hours(hour: int, half: str | None) -> int | None:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half.lower() == "p" else 0)


def _zone(label: str | None) -> timezone | None:
    """The zone that a label means (UTC without one); None for an unknown label."""
    if not label:
        return UTC
    if label.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[label.upper()]))
    found = _OFFSET.fullmatch(label.upper())
    if not found or int(found[2]) > 14:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)
