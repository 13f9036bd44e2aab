"""The periods of Brand Analytics, and how addresses name them."""

from __future__ import annotations

from datetime import date

import pytest

from sellerops.base.errors import ConfigurationError
from sellerops.sources.seller_portal.reporting_periods import MONTH, QUARTER, WEEK, period_of


def test_a_week_runs_from_sunday_to_saturday_and_its_address_names_the_saturday() -> None:
    week = period_of(date(2026, 7, 5), date(2026, 7, 11))
    assert week.kind == WEEK
    assert week.in_address == {"reporting-range": "weekly", "weekly-week": "2026-07-11"}
    assert week.control == "weekly-week"


def test_a_month_and_a_quarter_are_named_by_their_last_day() -> None:
    month = period_of(date(2024, 2, 1), date(2024, 2, 29))
    assert month.kind == MONTH
    assert month.in_address == {
        "reporting-range": "monthly",
        "monthly-year": "2024",
        "2024-month": "2024-02-29",
    }
    quarter = period_of(date(2026, 7, 1), date(2026, 9, 30))
    assert quarter.kind == QUARTER
    assert quarter.in_address["2026-quarter"] == "2026-09-30"
    assert quarter.control == "2026-quarter"


def test_days_that_are_no_period_are_refused() -> None:
    monday_to_sunday = date(2026, 7, 6), date(2026, 7, 12)
    with pytest.raises(ConfigurationError, match="no period from 2026-07-06 to 2026-07-12"):
        period_of(*monday_to_sunday)
    with pytest.raises(ConfigurationError, match="no month from 2026-07-05 to 2026-07-11"):
        period_of(date(2026, 7, 5), date(2026, 7, 11), MONTH)


def test_a_february_that_is_four_whole_weeks_is_the_wanted_kind() -> None:
    """February 2026 runs from a Sunday to a Saturday: a month, and no week."""
    assert period_of(date(2026, 2, 1), date(2026, 2, 28)).kind == MONTH
    assert period_of(date(2026, 2, 22), date(2026, 2, 28)).kind == WEEK
