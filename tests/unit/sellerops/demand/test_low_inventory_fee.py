"""The low-inventory-level fee: both averages below the limit, the rate of the larger, exemptions."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from sellerops.demand.demand_path import DemandPath
from sellerops.demand.fee_projection import rules_of, supply_and_weeks
from sellerops.demand.low_inventory_fee import FeeRules, expected_fee, expected_weeks
from sellerops.demand.position import Arrival, Position, Stock

MONDAY = date(2026, 11, 16)
RULES = FeeRules(28, 20, ((0, 14, 0.97), (14, 21, 0.70), (21, 28, 0.36)))


def _weeks(long_ago: float, lately: float, shipped: float, rules: FeeRules = RULES) -> list[float | None]:
    stock = np.concatenate([np.full(60, long_ago), np.full(30, lately)])
    units, coming = np.full(90, shipped), np.full(105, shipped)
    weeks = expected_weeks(stock, units, np.full(105, lately), coming, MONDAY, rules)
    return [each.fee for each in weeks]


def test_both_averages_must_be_low() -> None:
    """10 a day: 150 units last 15 days lately; with 600 long ago the 90 days' average is 45 days."""
    assert _weeks(150, 150, 10)[0] == pytest.approx(0.70 * 70)
    weeks = _weeks(600, 150, 10)
    assert 0 < len(weeks) < 13  # until the good days leave the 90
    assert weeks[0] == pytest.approx(0.36 * 70)  # the larger of the two decides


def test_slow_sellers_are_exempt() -> None:
    assert _weeks(10, 10, 2) == []  # 14 units a week


def test_an_unknown_rate_is_unknown_money() -> None:
    weeks = expected_weeks(
        np.full(90, 50.0), np.full(90, 10.0), np.full(105, 50.0), np.full(105, 10.0), MONDAY, FeeRules(28, 20)
    )
    assert len(weeks) == 13
    assert expected_fee(weeks) is None
    assert expected_fee([]) == 0


def _rule(
    rule: str, amount: float, tier: str = "", lower: float | None = None, upper: float | None = None
) -> dict:
    return {
        "rule": rule, "marketplace_id": "US", "amount": amount, "size_tier": tier, "lower": lower,
        "upper": upper,
    }  # fmt: skip


def test_the_fee_of_a_week_looks_back_from_the_day_before_it() -> None:
    """On a Sunday, the stock that arrived that day counts for the week that begins on Monday."""
    sunday = MONDAY - timedelta(days=1)
    days = {sunday - timedelta(days=n): 60.0 for n in range(1, 91)}
    sold = dict.fromkeys(days, 10.0)
    demand = DemandPath(np.full(5, 400.0), 40)

    def mondays(available: int) -> list[date]:
        position = Position(Stock(available=available))
        return [week.monday for week in supply_and_weeks(days, sold, position, demand, sunday, RULES)[2]]

    assert mondays(60)[0] == MONDAY
    assert MONDAY not in mondays(7_000)


def test_an_arrival_ends_the_fee() -> None:
    rows = [
        _rule("low_inventory_days", 28),
        _rule("low_inventory_exempt_units", 20),
        _rule("low_inventory_fee", 0.89, "small standard", 0, 14),
        _rule("low_inventory_fee", 9.99, "large standard up to 3 lb", 0, 14),
    ]
    rules = rules_of(rows, "US", "Small standard-size")
    assert rules is not None
    assert rules.rate(10) == 0.89
    assert rules_of(rows, "DE", "Small standard-size") is None
    days = {MONDAY - timedelta(days=n): 60.0 for n in range(1, 91)}
    sold = dict.fromkeys(days, 10.0)
    demand = DemandPath(np.full(5, 400.0), 40)
    alone = supply_and_weeks(days, sold, Position(Stock(available=600)), demand, MONDAY, rules)
    helped = supply_and_weeks(
        days,
        sold,
        Position(Stock(available=600, open_orders=2000), (Arrival(7, 2000),)),
        demand,
        MONDAY,
        rules,
    )
    assert alone[0] == pytest.approx(6)
    assert 0 < len(helped[2]) < len(alone[2])
