"""A run with more slices than Airflow maps in one task, cut into this run's part and the days of the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import Slice


@dataclass(frozen=True)
class RemainingDays:
    """The days (ISO, inclusive) that another run collects."""

    first_day: str
    last_day: str
    slices: int


def split_run(slices: Sequence[Slice], most: int) -> tuple[list[Slice], RemainingDays | None]:
    """As many whole days, weeks or months from the first one on as ``most`` slices hold, and the rest.

    No slice is parted: planned alone, the days of the rest give the same slices. Raises ConfigurationError
    where no such cut exists (more shops than ``most``).
    """
    if len(slices) <= most:
        return list(slices), None
    in_order = sorted(slices, key=lambda each: (each.first_day or "", each.last_day or ""))
    cut, reach = "", ""
    for place, slice_ in enumerate(in_order):
        first, last = slice_.first_day or "", slice_.last_day or ""
        if place > most:
            break
        if place and first > reach:
            cut = first
        reach = max(reach, last)
    if not cut:
        raise ConfigurationError(
            f"this run has {len(slices)} slices, Airflow maps at most {most} ([core] max_map_length), and no "
            "day to part them at.",
            where=f"{slices[0].label} to {slices[-1].label}",
            remedy="Raise `[core] max_map_length`, or start runs for fewer shops each.",
        )
    now = [slice_ for slice_ in slices if (slice_.first_day or "") < cut]
    return now, RemainingDays(cut, max(slice_.last_day or "" for slice_ in in_order), len(slices) - len(now))
