"""Demand of a stock pool: a day is known only if every marketplace that lists the SKU is."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np

from sellerops.demand import reading
from sellerops.demand.reading import UNLISTED, Demand, Key, read_demand
from sellerops.settings.marketplaces import marketplace

DE, FR = marketplace("DE").id, marketplace("FR").id
FIRST = date(2026, 5, 1)
DAYS = 140
UNITS = 5


def _read(
    french: range, *, lacking: range = range(0), silent: range = range(0), without_stock: range = range(0)
) -> Demand:
    """DE sells ``UNITS`` of the SKU every day, FR on the days ``french``.

    :param lacking: days whose orders FR lacks. :param silent: days on which FR lacks everything.
    :param without_stock: days whose stock FR lacks.
    """
    sold = {DE: range(DAYS), FR: french}
    rows: list[dict[str, Any]] = [
        {
            "marketplace_id": place,
            "sku": "A",
            "day": FIRST + timedelta(days=n),
            "units": None if place == FR and n in lacking else UNITS,
            "is_masked": False,
            "events": "",
        }
        for place, days in sold.items()
        for n in days
    ]
    flags = [
        {
            "marketplace_id": place,
            "day": FIRST + timedelta(days=n),
            "has_sales": int(place == DE or n not in lacking),
            "has_stock": int(place == DE or n not in without_stock),
        }
        for place in (DE, FR)
        for n in range(DAYS)
        if place == DE or n not in silent
    ]
    skus = [
        {
            "marketplace_id": place,
            "sku": "A",
            "first_day": FIRST + timedelta(days=days[0]),
            "last_day": FIRST + timedelta(days=days[-1]),
            "stocked": 1,
            "asin": "B0",
        }
        for place, days in sold.items()
    ]
    answers = {reading._SKUS: skus, reading._DAYS: flags, reading._UNUSUAL: rows}
    work: Any = SimpleNamespace(rows=lambda statement, span: answers.get(statement, []))
    found = read_demand(work, "northwind_eu", FIRST + timedelta(days=DAYS - 1), {})
    assert found is not None
    assert found.keys == [Key(DE, "pan_eu", "A")]
    return found


def test_units_of_a_pool_add_up() -> None:
    demand = _read(range(DAYS))
    assert (demand.panel.units == 2 * UNITS).all()
    assert demand.complete.all() and not demand.panel.masked.any()


def test_a_day_without_one_marketplaces_orders_is_unknown_not_smaller() -> None:
    demand = _read(range(DAYS), lacking=range(120, DAYS))
    lacking = np.arange(DAYS) >= 120
    assert (demand.panel.masked[0] == lacking).all()
    assert (demand.with_sales[0] == ~lacking).all()
    assert (demand.complete[0] == ~lacking).all()
    assert (demand.panel.units[0] == np.where(lacking, 0, 2 * UNITS)).all()


def test_stock_is_complete_if_every_marketplace_says_it() -> None:
    demand = _read(range(DAYS), without_stock=range(10, 20))
    assert demand.with_sales.all()
    assert np.flatnonzero(~demand.complete[0]).tolist() == list(range(10, 20))


def test_a_marketplace_counts_from_the_day_it_lists_the_sku() -> None:
    demand = _read(range(100, DAYS), silent=range(100))
    assert demand.complete.all() and not demand.panel.masked.any()


def test_a_marketplace_that_was_left_is_not_waited_for() -> None:
    demand = _read(range(20), silent=range(20, DAYS))
    assert np.flatnonzero(demand.panel.masked[0]).tolist() == list(range(20, 20 + UNLISTED))
