"""Parses dates and timestamps as reports write them. This is the reference: ``casts`` must agree with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from sellerops.settings.marketplaces import Marketplace

ISO, LOCAL = "iso", "local"
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?)?"
    r"\s?(Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_DIGITS = {
    "%Y": "[0-9]{4}",
    "%m": "[0-9]{2}",
    "%d": "[0-9]{2}",
    "%H": "[0-9]{2}",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
}
_DIRECTIVE = re.compile(r"%.")
_LOCAL = re.compile(
    r"([0-9]{1,4})([./-])([0-9]{1,2})\2([0-9]{1,4})"
    r"(?:[T ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?\s?(Z|UTC)?"
)
# With points, the day always comes first.
_POINTED = "dmy"


@dataclass(frozen=True)
class IsoRewrite:
    """A pattern as a regular expression (RE2), and the replacement that turns its matches into ISO."""

    regex: str
    replacement: str


def parse_timestamp(text: str, patterns: Sequence[str]) -> datetime:
    """The instant in UTC, by the first matching pattern; a text without a zone is UTC. Raises ValueError."""
    moment = _parse(text.strip(), patterns)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def parse_date(text: str, patterns: Sequence[str]) -> date:
    """The day as written. A time beside it must be midnight: any other would be lost. Raises ValueError."""
    moment = _parse(text.strip(), patterns)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise ValueError("a time where a date was expected")
    return moment.date()


@lru_cache(maxsize=256)
def iso_rewrite(pattern: str) -> IsoRewrite | None:
    """How to turn text of a pattern with fixed digits into ISO; None if the pattern needs strptime."""
    regex, groups, last = "", [], 0
    for found in _DIRECTIVE.finditer(pattern):
        if found.group() not in _DIGITS or found.group() in groups:
            return None
        groups.append(found.group())
        regex += re.escape(pattern[last : found.start()]) + f"({_DIGITS[found.group()]})"
        last = found.end()
    regex += re.escape(pattern[last:])
    place = {name: f"\\{number}" for number, name in enumerate(groups, start=1)}
    if not {"%Y", "%m", "%d"} <= place.keys() or ("%S" in place and "%M" not in place):
        return None
    day = f"{place['%Y']}-{place['%m']}-{place['%d']}"
    if "%H" not in place:
        return IsoRewrite(f"^{regex}$", day) if "%M" not in place else None
    clock = ":".join(place.get(part, "00") for part in ("%H", "%M", "%S"))
    return IsoRewrite(f"^{regex}$", f"{day} {clock}")


def with_marketplace_orders(
    patterns: Sequence[str], marketplaces: Iterable[Marketplace], days: Sequence[date] = ()
) -> tuple[str, ...]:
    """``patterns`` with ``local`` replaced by the date orders of the document's marketplaces.

    ``days``: the days that the document was requested for; they decide between several readings of a date.
    """
    orders = ",".join(sorted({order for each in marketplaces for order in each.dates}))
    # A row may be one day outside the window: its instant falls on another day in another time zone.
    around = (min(days) - timedelta(days=1), max(days) + timedelta(days=1)) if days else ()
    local = ":".join((LOCAL, orders, *map(str, around)))
    return tuple(local if pattern == LOCAL else pattern for pattern in patterns)


def _parse(text: str, patterns: Sequence[str]) -> datetime:
    for pattern in patterns:
        try:
            if pattern == ISO:
                return _iso(text)
            if pattern.startswith(LOCAL):
                _, orders, *around = pattern.split(":")
                return _local(text, orders.split(","), [date.fromisoformat(day) for day in around])
            return datetime.strptime(text, pattern)  # noqa: DTZ007
        except ValueError:
            continue
    raise ValueError("not a date or time of " + ", ".join(patterns))


def _iso(text: str) -> datetime:
    found = _ISO.fullmatch(text)
    if not found:
        raise ValueError("not ISO")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    digits = (fraction or "").ljust(9, "0")
    if digits[6:] != "000":
        raise ValueError("finer than a microsecond")
    return datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int(digits[:6]),
        tzinfo=_zone(zone),
    )


def _local(text: str, orders: Sequence[str], around: Sequence[date]) -> datetime:
    """A date in one of the orders, if only one reading is possible, or only one lies within ``around``."""
    found = _LOCAL.fullmatch(text)
    if not found:
        raise ValueError("not a date")
    first, sign, second, third, hour, minute, rest, zone = found.groups()
    orders = ["ymd"] if len(first) == 4 else [_POINTED] if sign == "." else orders
    readings = set()
    for order in orders:
        part = dict(zip(order, (first, second, third), strict=True))
        if len(part["y"]) not in (2, 4) or max(len(part["m"]), len(part["d"])) > 2:
            continue
        year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
        try:
            readings.add(datetime(year, int(part["m"]), int(part["d"])))  # noqa: DTZ001
        except ValueError:
            continue
    if len(readings) > 1 and around:
        readings = {each for each in readings if around[0] <= each.date() <= around[1]}
    if len(readings) != 1:
        raise ValueError("not a date, or an ambiguous one")
    clock = {"hour": int(hour or 0), "minute": int(minute or 0), "second": int(rest or 0)}
    return readings.pop().replace(**clock, tzinfo=UTC if zone else None)


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in ("Z", "z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError("invalid offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
