"""Splitting a run that has more slices than Airflow maps in one task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import Slice


@dataclass(frozen=True)
class RemainingDays:
    """The days (ISO, inclusive) that are left for another run, with their number of slices."""

    first_day: str
    last_day: str
    slices: int


def split_run(slices: Sequence[Slice], most: int) -> tuple[list[Slice], RemainingDays | None]:
    """The slices of the first days, weeks or months, at most ``most``, and the remaining days.

    No slice is cut in two: planning the remaining days alone gives the same slices. Raises ConfigurationError
    if no such split exists (more marketplaces than ``most``).
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
            f"this run has {len(slices)} slices, Airflow maps at most {most} ([core] max_map_length), and "
            "these cannot be split by days.",
            where=f"{slices[0].label} to {slices[-1].label}",
            remedy="Raise `[core] max_map_length`, or trigger runs with fewer marketplaces each.",
        )
    now = [slice_ for slice_ in slices if (slice_.first_day or "") < cut]
    return now, RemainingDays(cut, max(slice_.last_day or "" for slice_ in in_order), len(slices) - len(now))
