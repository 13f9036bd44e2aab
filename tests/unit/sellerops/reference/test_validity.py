"""Periods of one thing do not overlap; an open one ends where the next begins."""

from __future__ import annotations

from datetime import date
from typing import Any

from sellerops.reference.table import OPEN_END
from sellerops.reference.tables import TABLES
from sellerops.reference.validity import fitted


def _row(first: str, last: str = "", sku: str = "S") -> dict[str, Any]:
    end = date.fromisoformat(last) if last else OPEN_END
    return {
        "account_id": "a", "marketplace_id": "", "sku": sku, "valid_from": date.fromisoformat(first),
        "valid_to": end,
    }  # fmt: skip


def _fit(
    given: list[dict[str, Any]], stored: list[dict[str, Any]]
) -> tuple[list[tuple[str, str]], list[str]]:
    placed = [(f"line {number}", row) for number, row in enumerate(given, 2)]
    rows, problems = fitted(TABLES["cost"], placed, stored)
    return [(str(row["valid_from"]), str(row["valid_to"])) for row in rows], [str(each) for each in problems]


def test_a_new_period_ends_the_open_one_before_it() -> None:
    rows, problems = _fit([_row("2026-03-01")], [_row("2026-01-01")])
    assert rows == [("2026-01-01", "2026-02-28"), ("2026-03-01", "9999-12-31")]
    assert not problems


def test_a_period_before_a_stored_one_ends_where_that_begins() -> None:
    rows, problems = _fit([_row("2025-01-01")], [_row("2026-01-01")])
    assert rows == [("2025-01-01", "2025-12-31")]
    assert not problems


def test_an_end_that_reaches_into_the_next_period_is_a_problem() -> None:
    _, problems = _fit([_row("2026-01-01", "2026-03-31"), _row("2026-03-31")], [])
    assert len(problems) == 1
    assert "line 2, valid_from: overlaps line 3" in problems[0]
    _, problems = _fit([_row("2026-02-01")], [_row("2026-01-01", "2026-12-31")])
    assert "line 2, valid_from: overlaps the stored row" in problems[0]


def test_a_given_row_replaces_the_stored_one_of_its_first_day() -> None:
    rows, problems = _fit([_row("2026-01-01", "2026-06-30")], [_row("2026-01-01", "2026-12-31")])
    assert rows == [("2026-01-01", "2026-06-30")]
    assert not problems


def test_other_skus_are_left_alone() -> None:
    rows, problems = _fit([_row("2026-01-01")], [_row("2025-01-01", sku="T")])
    assert rows == [("2026-01-01", "9999-12-31")]
    assert not problems


def test_an_end_before_the_beginning_is_a_problem() -> None:
    _, problems = _fit([_row("2026-02-01", "2026-01-01")], [])
    assert "line 2, valid_to: is before 2026-02-01." in problems[0]
