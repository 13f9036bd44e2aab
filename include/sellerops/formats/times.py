"""Days and instants as reports write them. These functions define what a value means; ``casts`` must
agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

ISO = "iso"
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


@dataclass(frozen=True)
class IsoRewrite:
    """A pattern as a regular expression (RE2) and the replacement that makes ISO of what it matches."""

    regex: str
    replacement: str


def parse_timestamp(text: str, patterns: Sequence[str]) -> datetime:
    """The instant in UTC by the first pattern that fits; without a zone the text is UTC. Raises
    ValueError.
    """
    moment = _parse(text.strip(), patterns)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def parse_date(text: str, patterns: Sequence[str]) -> date:
    """The day as written. A time beside it must be midnight, or something would be lost. Raises
    ValueError.
    """
    moment = _parse(text.strip(), patterns)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise ValueError("a time where a day was expected")
    return moment.date()


@lru_cache(maxsize=256)
def iso_rewrite(pattern: str) -> IsoRewrite | None:
    """How to turn text of a pattern of fixed digits into ISO; None when it takes strptime itself."""
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


def _parse(text: str, patterns: Sequence[str]) -> datetime:
    for pattern in patterns:
        try:
            return _iso(text) if pattern == ISO else datetime.strptime(text, pattern)  # noqa: DTZ007
        except ValueError:
            continue
    raise ValueError("no date or time of " + ", ".join(patterns))


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


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in ("Z", "z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
