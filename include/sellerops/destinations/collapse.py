"""Whether a document has so few rows that storing it would lose data. Uses no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from sellerops.destinations.plausibility import Figure, marketplace_code
from sellerops.settings.specs import CollapseRules

# With fewer loads of other windows, the usual number of rows is unknown.
_ENOUGH_LOADS = 3


@dataclass(frozen=True)
class Drop:
    """The new and stored number of rows in a marketplace (empty: all) from ``first`` to ``last``.

    ``lost``: how many of the document's rows of that day were rejected, if that is the reason for the drop.
    """

    marketplace: str
    first: date
    last: date
    new: int
    stored: int
    lost: int = 0


@dataclass(frozen=True)
class EarlierLoad:
    """An earlier load into the same table and place: its number of rows, and the days it covered, if any."""

    stored: int
    days: tuple[date, date] | None = None


def has_collapsed(rules: CollapseRules, new: int, before: int) -> bool:
    """Whether ``new`` rows are implausibly few after ``before``."""
    if new == 0 and before >= rules.rows:
        return True
    return before >= rules.usual and new < before * rules.below


def find_drops(
    rules: CollapseRules, figures: Sequence[Figure], lost_by_day: Counter[date | None], *, is_empty: bool
) -> list[Drop]:
    """The widest drops among ``figures``: of the whole window, else of whole marketplaces, else of days.

    ``is_empty``: there is no document, so every stored row counts. Rows without a marketplace are not judged
    as a marketplace of their own, because Amazon fills in missing marketplaces later.
    """
    if not figures:
        return []

    def found(groups: Iterable[list[Figure]]) -> list[Drop]:
        made = [_drop(group) for group in groups]
        return [
            each
            for each in made
            if has_collapsed(rules, each.new, each.stored) or (is_empty and each.stored > 0)
        ]

    named = [each for each in figures if each.marketplace]
    wide = found([list(figures)]) or found(_groups(named, lambda each: each.marketplace))
    if wide:
        return wide
    days = [*found(_groups(figures, lambda each: each.day)), *found([each] for each in named)]
    return list(dict.fromkeys([*days, *_rejected_days(figures, lost_by_day)]))


def falls_below_usual(
    rules: CollapseRules, new: int, earlier: Sequence[EarlierLoad], days: tuple[date, date] | None
) -> int | None:
    """How many rows a document with ``new`` rows should have; None when ``new`` is plausible.

    ``earlier``: loads of windows of the same length, newest first; ``days``: this document's window, None for
    a snapshot. A snapshot, or the same window read again, is compared with its predecessor. Other windows
    differ by season, so they are compared only if the usual number of rows is large: the smaller of the last
    load and the median, so that a drop that a person has released is not quarantined again.
    """
    same = [each for each in earlier if each.days == days]
    if same:
        return same[0].stored if has_collapsed(rules, new, same[0].stored) else None
    if len(earlier) < _ENOUGH_LOADS:
        return None
    usual = int(min(earlier[0].stored, median(each.stored for each in earlier)))
    return usual if usual >= rules.usual and has_collapsed(rules, new, usual) else None


def describe_drops(found: Sequence[Drop], *, most: int = 5) -> str:
    """``0 rows from 2026-10-17 to 2026-11-20, 200 stored; ...``"""
    lines = [_line(each) for each in found[:most]]
    if len(found) > most:
        lines.append(f"and {len(found) - most} more")
    return "; ".join(lines)


def _rejected_days(figures: Sequence[Figure], lost_by_day: Counter[date | None]) -> list[Drop]:
    """Days that would lose rows only because most of the document's rows of the day were rejected."""
    unknown = lost_by_day[None]
    found = []
    for group in _groups(figures, lambda each: each.day):
        drop = _drop(group)
        lost = lost_by_day[drop.first] or (0 if drop.new else unknown)
        if drop.new < drop.stored and lost > drop.new:
            found.append(Drop(drop.marketplace, drop.first, drop.last, drop.new, drop.stored, lost))
    return found


def _groups(figures: Iterable[Figure], key: Callable[[Figure], object]) -> list[list[Figure]]:
    groups: dict[object, list[Figure]] = {}
    for each in figures:
        groups.setdefault(key(each), []).append(each)
    return list(groups.values())


def _drop(group: Sequence[Figure]) -> Drop:
    marketplaces = {each.marketplace for each in group}
    return Drop(
        marketplace=marketplaces.pop() if len(marketplaces) == 1 else "",
        first=min(each.day for each in group),
        last=max(each.day for each in group),
        new=sum(each.new.rows for each in group),
        stored=sum(each.stored.rows for each in group),
    )


def _line(drop: Drop) -> str:
    marketplace = f" in {marketplace_code(drop.marketplace)}" if drop.marketplace else ""
    days = f"on {drop.first}" if drop.first == drop.last else f"from {drop.first} to {drop.last}"
    lost = f" ({drop.lost} rejected)" if drop.lost else ""
    return f"{drop.new} rows{marketplace} {days}{lost}, {drop.stored} stored"
