"""Instants as clients write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?)?"
)


def parse_instant(text: str) -> tuple[datetime, date] | None:
    """An ISO 8601 date or date-time as a UTC instant, and the day as written; no offset means UTC."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, offset = match[7], match[8]
    if second > 60:
        return None
    try:
        written = datetime(
            year,
            month,
            day,
            hour,
            minute,
            min(second, 59),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=UTC,
        )
        instant = written - _offset(offset)
    except (ValueError, OverflowError):
        return None
    return instant, written.date()


def _offset(text: str | None) -> timedelta:
    if text is None or text in ("Z", "z"):
        return timedelta()
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    size = timedelta(hours=hours, minutes=minutes)
    return -size if text[0] == "-" else size
