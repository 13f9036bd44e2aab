"""Recent days change, then no more."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples
from unit.amazon_sandbox.simulation.reading import (
    DE,
    ORDERS,
    SALES,
    STOREFRONTS,
    US,
    day_close,
    flat_file,
    orders_of_day,
    sales_report,
)

from amazon_sandbox.simulation import FatalReport, Simulation

DAY = date(2026, 11, 16)


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    marketplace_id=st.sampled_from(sorted(STOREFRONTS)),
    day=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    hours=st.integers(0, 24 * 200),
)
def test_a_day_no_longer_changes_a_week_after_it_closed(
    simulation: Simulation, marketplace_id: str, day: date, hours: int
) -> None:
    still = day_close(marketplace_id, day) + timedelta(days=7)
    later = still + timedelta(hours=hours)
    assert sales_report(simulation, marketplace_id, day, day, still) == sales_report(
        simulation, marketplace_id, day, day, later
    )
    assert orders_of_day(simulation, marketplace_id, day, still) == orders_of_day(
        simulation, marketplace_id, day, later
    )


def test_a_fresh_day_is_restated(simulation: Simulation) -> None:
    """Sessions arrive late and never go away again; cancellations take units back."""
    close = day_close(US, DAY)
    reports = [
        sales_report(simulation, US, DAY, DAY, close + timedelta(hours=h))["salesAndTrafficByDate"][0]
        for h in (0, 12, 24, 48, 96, 168)
    ]
    sessions = [entry["trafficByDate"]["sessions"] for entry in reports]
    units = [entry["salesByDate"]["unitsOrdered"] for entry in reports]
    assert sessions == sorted(sessions)
    assert sessions[0] < sessions[2] < sessions[-1]
    assert units == sorted(units, reverse=True)
    assert units[0] > units[-1]


def test_orders_go_from_pending_to_shipped(simulation: Simulation) -> None:
    close = day_close(DE, DAY)
    early, late = (
        Counter(row["order-status"] for row in orders_of_day(simulation, DE, DAY, close + timedelta(hours=h)))
        for h in (0, 24 * 6)
    )
    assert early["Pending"] > early["Shipped"]
    assert early["Unshipped"], "merchant-fulfilled orders wait for the seller"
    assert set(late) == {"Shipped", "Cancelled"}
    assert late["Cancelled"] > early["Cancelled"]


def test_pending_merchant_orders_and_cancelled_lines_have_no_price(simulation: Simulation) -> None:
    as_of = datetime(2026, 11, 21, 6, tzinfo=UTC)
    rows = flat_file(
        simulation, ORDERS, simulation.seller("northwind_na"), [], as_of - timedelta(days=90), as_of, as_of
    ).rows
    unpriced = [row for row in rows if not row["item-price"]]
    assert {(row["order-status"], row["fulfillment-channel"]) for row in unpriced} == {
        ("Pending", "Merchant"),
        ("Cancelled", "Merchant"),
        ("Cancelled", "Amazon"),
    }
    assert all(row["quantity"] == "0" for row in rows if row["order-status"] == "Cancelled")


def test_windows_of_last_update_lose_and_repeat_nothing(simulation: Simulation) -> None:
    """At one as_of, days split the updates; an order is part of the day of its last update only."""
    as_of = datetime(2026, 11, 20, 15, tzinfo=UTC)
    seller = simulation.seller("northwind_na")
    start = as_of - timedelta(days=6)
    whole = flat_file(simulation, ORDERS, seller, [US], start, as_of, as_of).raw
    parts = [
        line
        for offset in range(6)
        for line in flat_file(
            simulation,
            ORDERS,
            seller,
            [US],
            start + timedelta(days=offset),
            start + timedelta(days=offset + 1),
            as_of,
        ).raw
    ]
    assert sorted(parts) == sorted(whole)
    assert len(whole) > 200


def test_an_open_day_is_absent(simulation: Simulation) -> None:
    close = day_close(DE, DAY)
    before = sales_report(simulation, DE, DAY - timedelta(days=1), DAY, close - timedelta(seconds=1))
    assert [entry["date"] for entry in before["salesAndTrafficByDate"]] == ["2026-11-15"]
    after = sales_report(simulation, DE, DAY - timedelta(days=1), DAY, close)
    assert [entry["date"] for entry in after["salesAndTrafficByDate"]] == ["2026-11-15", "2026-11-16"]
    nothing = sales_report(simulation, DE, DAY, DAY, close - timedelta(hours=2))
    assert nothing["salesAndTrafficByDate"] == nothing["salesAndTrafficByAsin"] == []


def test_older_than_two_years_is_cancelled(simulation: Simulation) -> None:
    seller = simulation.seller("northwind_na")
    as_of = datetime(2026, 11, 20, 20, tzinfo=UTC)
    too_old, oldest = date(2024, 11, 19), date(2024, 11, 20)
    assert simulation.document(SALES, seller, [US], too_old, too_old, {}, as_of) is None
    assert simulation.document(SALES, seller, [US], oldest, oldest, {}, as_of) is not None


def test_no_update_no_file(simulation: Simulation) -> None:
    as_of = datetime(2026, 11, 20, 20, tzinfo=UTC)
    moment = as_of - timedelta(days=3)
    seller = simulation.seller("northwind_na")
    assert simulation.document(ORDERS, seller, [US], moment, moment, {}, as_of) is None


@pytest.mark.parametrize(
    ("ids", "options", "word"),
    [
        ([US, "A2EUQ1WTGCTBG2"], {}, "one marketplace"),
        ([US], {"asinGranularity": "BRAND"}, "PARENT, CHILD, SKU"),
        ([US], {"dateGranularity": "HOUR"}, "DAY, WEEK, MONTH"),
    ],
)
def test_what_amazon_ends_fatal(
    simulation: Simulation, ids: list[str], options: dict[str, str], word: str
) -> None:
    seller = simulation.seller("northwind_na")
    as_of = datetime(2026, 11, 20, 20, tzinfo=UTC)
    with pytest.raises(FatalReport) as error:
        simulation.document(SALES, seller, ids, DAY, DAY, options, as_of)
    assert word in error.value.detail


def test_unknown_questions_are_refused(simulation: Simulation) -> None:
    seller = simulation.seller("northwind_na")
    as_of = datetime(2026, 11, 20, 20, tzinfo=UTC)
    with pytest.raises(KeyError, match="cannot be requested"):
        simulation.document("GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", seller, [US], DAY, DAY, {}, as_of)
    with pytest.raises(KeyError, match="does not sell"):
        simulation.document(ORDERS, seller, [DE], as_of, as_of, {}, as_of)
