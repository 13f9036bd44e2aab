"""The calendar's columns on days where they are easily wrong."""

from __future__ import annotations

from datetime import date

from sellerops.reference.calendar_rows import calendar_rows


def test_a_sunday_belongs_to_two_different_weeks() -> None:
    (row,) = calendar_rows(date(2026, 11, 29), date(2026, 11, 29))
    assert row["week_monday"] == date(2026, 11, 23)
    assert row["week_sunday"] == date(2026, 11, 29)
    assert row["weekday"] == 7
    assert row["quarter_first"] == date(2026, 10, 1)
    assert row["same_weekday_last_year"] == date(2025, 11, 30)


def test_the_year_of_an_iso_week_may_be_another() -> None:
    (row,) = calendar_rows(date(2027, 1, 1), date(2027, 1, 1))
    assert (row["iso_year"], row["iso_week"], row["year"]) == (2026, 53, 2027)


def test_day_numbers_count_days() -> None:
    rows = list(calendar_rows(date(2024, 2, 28), date(2024, 3, 1)))
    assert [row["day_number"] - rows[0]["day_number"] for row in rows] == [0, 1, 2]
