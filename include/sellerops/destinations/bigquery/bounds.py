"""The days between which a statement may touch a partitioned table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Bounds:
    """The first and last day of the partition column, both inclusive; in UTC if the column is an instant.

    ``or_none``: rows without a value are included too.
    """

    first: date
    last: date
    or_none: bool = False

    @classmethod
    def of_days(cls, days: Sequence[date], timezone: str, *, is_instant: bool) -> Bounds:
        """The partitions that contain ``days`` in ``timezone``."""
        if not is_instant:
            return cls(min(days), max(days))
        zone = ZoneInfo(timezone)
        begins = datetime.combine(min(days), time(), zone).astimezone(UTC)
        ends = datetime.combine(max(days) + timedelta(days=1), time(), zone).astimezone(UTC)
        return cls(begins.date(), (ends - timedelta(microseconds=1)).date())

    def joined(self, other: Bounds | None) -> Bounds:
        """Bounds that span both, including the days between them."""
        if other is None:
            return self
        return Bounds(min(self.first, other.first), max(self.last, other.last), self.or_none or other.or_none)
