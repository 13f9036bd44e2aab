"""When a document has too few rows, by its numbers alone."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from support.specs import shipped_specs

from sellerops.destinations.collapse import (
    Drop,
    EarlierLoad,
    describe_drops,
    falls_below_usual,
    find_drops,
    has_collapsed,
)
from sellerops.destinations.plausibility import Figure, total_of_rows
from sellerops.settings.specs import CollapseRules

RULES = CollapseRules(rows=10, usual=50, below=0.1)
DAY = date(2026, 11, 20)
WEEK = (DAY, DAY + timedelta(days=6))


def figure(new: int, stored: int, day: int = 0, marketplace: str = "") -> Figure:
    return Figure(marketplace, DAY + timedelta(days=day), total_of_rows(new), total_of_rows(stored))


def found(*figures: Figure, lost: dict[date | None, int] | None = None, is_empty: bool = False) -> list[Drop]:
    return find_drops(RULES, figures, Counter(lost or {}), is_empty=is_empty)


@pytest.mark.parametrize(
    ("new", "before", "is_fall"),
    [(0, 9, False), (0, 10, True), (1, 49, False), (4, 50, True), (5, 50, False), (60, 50, False)],
)
def test_from_how_many_rows_to_how_few(new: int, before: int, is_fall: bool) -> None:
    assert has_collapsed(RULES, new, before) is is_fall


def test_sparse_days_are_judged_as_a_window() -> None:
    (drop,) = found(*(figure(0, 1, day) for day in range(12)))
    assert (drop.first, drop.last, drop.new, drop.stored) == (DAY, DAY + timedelta(days=11), 0, 12)


def test_a_window_that_is_well_filled_hides_no_empty_day_or_marketplace() -> None:
    days = [figure(50, 50, day, "US") for day in range(3)]
    assert [drop.first for drop in found(*days, figure(0, 12, 3, "US"))] == [DAY + timedelta(days=3)]
    (drop,) = found(*days, *(figure(0, 4, day, "CA") for day in range(3)))
    assert (drop.marketplace, drop.stored) == ("CA", 12)
    assert found(*days, *(figure(0, 4, day) for day in range(3))) == [], "rows that named no marketplace"


@pytest.mark.parametrize(
    ("new", "lost", "is_found"),
    [
        (0, {DAY: 2}, True),
        (1, {DAY: 2}, True),
        (2, {DAY: 1}, False),
        (0, {None: 1}, True),
        (1, {None: 9}, False),
    ],
)
def test_rejects_empty_no_day(new: int, lost: dict[date | None, int], is_found: bool) -> None:
    other = figure(100, 100, 1)
    assert bool(found(figure(new, 3), other, lost=lost)) is is_found
    assert found(figure(new, 0), other, lost=lost) == [], "there is nothing to lose"


def test_where_there_is_no_document_every_row_counts() -> None:
    assert found(figure(0, 1)) == []
    assert len(found(figure(0, 1), is_empty=True)) == 1
    assert found(is_empty=True) == []


def loads(*stored: int, days: tuple[date, date] | None = None) -> list[EarlierLoad]:
    """Of other windows unless ``days`` are given."""
    return [EarlierLoad(rows, days or (DAY - timedelta(days=n), DAY)) for n, rows in enumerate(stored, 1)]


def test_what_is_usual_needs_three_windows_or_the_same_one() -> None:
    assert falls_below_usual(RULES, 0, loads(500, 500), WEEK) is None
    assert falls_below_usual(RULES, 0, loads(500, 400, 600), WEEK) == 500
    assert falls_below_usual(RULES, 0, loads(49, 500, 500), WEEK) is None, "the last was small, too"
    assert falls_below_usual(RULES, 0, loads(12, days=WEEK), WEEK) == 12
    snapshots = [EarlierLoad(rows) for rows in (0, 900, 900, 900)]
    assert falls_below_usual(RULES, 0, snapshots, None) is None, "a released fall is not asked about again"
    assert falls_below_usual(RULES, 3, snapshots[1:], None) == 900


def test_the_text_names_marketplace_days_and_rejects() -> None:
    drop = Drop("ATVPDKIKX0DER", DAY, WEEK[1], 0, 30)
    assert describe_drops([drop, Drop("", DAY, DAY, 1, 9, lost=8)] * 2, most=2) == (
        "0 rows in US from 2026-11-20 to 2026-11-26, 30 stored; "
        "1 rows on 2026-11-20 (8 rejected), 9 stored; and 2 more"
    )


def test_every_table_is_judged_or_says_why_not() -> None:
    """Lists of what is wrong are emptied by putting it right; all other tables are judged."""
    specs = shipped_specs()
    tables = {name: table.collapse for spec in specs for name, table in spec.tables.items()}
    assert len(tables) > 90 and None not in tables.values()
    skipped = {name for name, rules in tables.items() if rules and rules.skip}
    assert skipped == {"stranded_inventory", "suppressed_listings", "recommended_removals"}
