"""How fast something grows, and when it will be full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sellerops.settings.upkeep_file import FullAt, Sizes
from sellerops.upkeep.sizes import Sample, Size

# Growth is computed only from samples that span at least this time, because a single load is no trend.
_SHORTEST = timedelta(days=3)
_DAY = timedelta(days=1)
# Sizes are measured once a day. What was not measured for this long no longer exists, such as a container or
# a dropped table.
_GONE_AFTER = 2 * _DAY


class Urgency(StrEnum):
    """How soon a person must act."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Growth:
    """The newest ``size``, when it was measured (``at``), and how it grows.

    ``per_day``: bytes per day; None before the samples span three days.
    """

    size: Size
    at: datetime
    per_day: float | None

    @property
    def percent(self) -> float | None:
        """How much is used, in percent; None where the free space is unknown."""
        if self.size.free is None:
            return None
        total = self.size.nbytes + self.size.free
        return 100 * self.size.nbytes / total if total else 100.0

    @property
    def full_in(self) -> timedelta | None:
        """How long until it is full at this growth; None if it does not grow, or the growth is unknown."""
        if self.size.free is None or not self.per_day or self.per_day <= 0:
            return None
        return timedelta(days=min(self.size.free / self.per_day, 36_500))

    @property
    def full_on(self) -> datetime | None:
        """When it will be full, in UTC; None if ``full_in`` is None."""
        return self.at.astimezone(UTC) + self.full_in if self.full_in is not None else None

    def urgency(self, limits: Sizes) -> Urgency:
        """How urgent it is: whether it is too full, or soon will be."""
        if self._reaches(limits.fail):
            return Urgency.FAILED
        return Urgency.WARNING if self._reaches(limits.warn) else Urgency.OK

    def _reaches(self, limit: FullAt) -> bool:
        return (self.percent is not None and self.percent >= limit.percent) or (
            self.full_in is not None and self.full_in <= limit.within
        )


def growth_of(samples: Iterable[Sample]) -> list[Growth]:
    """The growth of everything that is still measured, ordered by kind and name.

    ``samples``: oldest first.
    """
    by_subject: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        by_subject.setdefault((sample.size.kind, sample.size.name), []).append(sample)
    newest = max((each[-1].at for each in by_subject.values()), default=None)
    return [
        Growth(each[-1].size, each[-1].at, _slope(each))
        for _, each in sorted(by_subject.items())
        if newest is None or newest - each[-1].at <= _GONE_AFTER
    ]


def _slope(samples: Sequence[Sample]) -> float | None:
    """Bytes per day by least squares, so that one large load counts as one sample; None if too early."""
    if samples[-1].at - samples[0].at < _SHORTEST:
        return None
    days = [(each.at - samples[0].at) / _DAY for each in samples]
    sizes = [each.size.nbytes for each in samples]
    middle, mean = sum(days) / len(days), sum(sizes) / len(sizes)
    spread = sum((day - middle) ** 2 for day in days)
    return sum((day - middle) * (size - mean) for day, size in zip(days, sizes, strict=True)) / spread


def readable(nbytes: float) -> str:
    """Bytes in the unit that fits: ``1.5 GB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(nbytes) < 999.95:  # from here on, it would be rounded to 1000.0
            return f"{nbytes:.0f} bytes" if unit == "bytes" else f"{nbytes:.1f} {unit}"
        nbytes /= 1000
    return f"{nbytes:.1f} TB"


__all__ = ["Growth", "Urgency", "growth_of", "readable"]
