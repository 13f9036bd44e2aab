"""Projects the low-inventory-level fee of a SKU from rows of marts and fee rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from sellerops.demand.demand_path import DemandPath
from sellerops.demand.low_inventory_fee import (
    LONG,
    WEEK,
    WEEKS,
    FeeRules,
    WeekOfFee,
    days_of_supply,
    expected_weeks,
    project_stock,
)
from sellerops.demand.position import Position
from sellerops.demand.series import Floats

Cells = Mapping[str, Any]
_NEVER = 1e9


def rules_of(rows: Iterable[Cells], marketplace_id: str, size_tier: str | None) -> FeeRules | None:
    """The rules of a marketplace; None if it has no such fee.

    Size tiers are compared by their letters only. If the rules divide a tier further, for example by weight,
    it gets the lowest of its rates.
    """
    ours = [row for row in rows if row["marketplace_id"] == marketplace_id]
    limits = [float(row["amount"]) for row in ours if row["rule"] == "low_inventory_days"]
    exempt = [float(row["amount"]) for row in ours if row["rule"] == "low_inventory_exempt_units"]
    if not limits:
        return None
    tier = _letters(size_tier or "")
    rates: dict[tuple[float, float], float] = {}
    for row in ours:
        wanted = _letters(row["size_tier"] or "")
        if row["rule"] != "low_inventory_fee" or not tier or not (wanted[:13] in tier or tier in wanted):
            continue
        bounds = float(row["lower"] or 0), float(row["upper"] if row["upper"] is not None else _NEVER)
        rates[bounds] = min(rates.get(bounds, _NEVER), float(row["amount"]))
    return FeeRules(
        limits[0], exempt[0] if exempt else 0.0, tuple((*at, fee) for at, fee in sorted(rates.items()))
    )


def supply_and_weeks(
    levels: Mapping[date, float],
    shipped: Mapping[date, float],
    position: Position,
    demand: DemandPath,
    day: date,
    rules: FeeRules,
) -> tuple[float, float, list[WeekOfFee]]:
    """Current days of supply over 30 and over 90 days, and the weeks with a fee."""
    stock, units = _filled(levels, shipped, day)
    arrivals: dict[int, float] = {}
    for each in position.arrivals:
        place = max(0, each.in_days - 1)
        arrivals[place] = arrivals.get(place, 0.0) + each.units
    future = project_stock(position.stock.at_amazon, arrivals, demand.daily, (WEEKS + 2) * WEEK)
    # What is sold until the end of today is not known yet.
    on_hand = position.stock.at_amazon
    stock_today, units_today = np.append(stock, on_hand), np.append(units, min(on_hand, demand.daily))
    weeks = expected_weeks(stock_today, units_today, *future, today=day, rules=rules)
    return days_of_supply(stock, units, 30), days_of_supply(stock, units, LONG), weeks


def _filled(levels: Mapping[date, float], shipped: Mapping[date, float], day: date) -> tuple[Floats, Floats]:
    """Stock and shipped units of the 90 days up to yesterday. A day without a level has the previous one."""
    days = [day - timedelta(days=back) for back in range(LONG, 0, -1)]
    first = next((levels[each] for each in days if each in levels), 0.0)
    stock, last = [], first
    for each in days:
        last = levels.get(each, last)
        stock.append(last)
    return np.array(stock), np.array([shipped.get(each, 0.0) for each in days])


def _letters(text: str) -> str:
    return "".join(each for each in text.lower() if each.isalpha())
