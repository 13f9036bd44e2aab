"""The days of a period as months, parts of months and single days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sellerops.read_models.profit.pieces import pieces_of

FIRST = date(2024, 1, 1)


@given(st.integers(0, 800), st.integers(0, 800))
def test_every_day_is_in_one_piece(offset: int, length: int) -> None:
    start = FIRST + timedelta(days=offset)
    end = start + timedelta(days=length)
    months, parts, days = pieces_of(start, end)
    covered = [day for month in months for day in _days(month, _after_month(month))]
    covered += [day for part in parts for day in _days(part, _after_part(part))]
    assert sorted(covered + days) == list(_days(start, end + timedelta(days=1)))
    assert len(days) <= 14
    assert len(parts) <= 6


def test_a_month_is_one_piece_and_what_is_left_are_parts_and_days() -> None:
    months, parts, days = pieces_of(date(2026, 1, 23), date(2026, 3, 9))
    assert months == [date(2026, 2, 1)]
    assert parts == [date(2026, 1, 25), date(2026, 3, 1)]
    assert days == [date(2026, 1, 23), date(2026, 1, 24), date(2026, 3, 9)]


def _days(first: date, after: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((after - first).days)]


def _after_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _after_part(part: date) -> date:
    return _after_month(part.replace(day=1)) if part.day == 25 else part + timedelta(days=8)
