"""What a unit costs and earns, and what an order costs and when it is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sellerops.demand.suppliers import Supply

Cells = Mapping[str, Any]
Rates = Mapping[tuple[str, str], float]
_PARTS = ("freight", "duty", "prep", "other")


@dataclass(frozen=True)
class UnitCost:
    """Costs per unit in the marketplace's currency. ``prices``: (fewest units, landed cost)."""

    landed: float
    prices: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Cash:
    """What an order costs: ``deposit`` is paid with the order, ``balance`` on ``balance_on``."""

    total: float
    deposit: float
    balance: float
    balance_on: date


def converted(amount: float, given: str, wanted: str, rates: Rates) -> float | None:
    """The amount in another currency; None without a rate."""
    if given == wanted:
        return amount
    rate = rates.get((given, wanted))
    return None if rate is None else amount * rate


def unit_cost(
    costs: Sequence[Cells], supply: Supply, marketplace_id: str, currency: str, rates: Rates
) -> UnitCost | str:
    """The landed cost of a unit, or what is missing: ``cost`` or ``fx_rate``.

    Price breaks replace ``manufacturing`` of the cost table; the other parts stay. The freight of the
    supplier's route replaces the table's freight.
    """
    rows = [row for row in costs if row["marketplace_id"] in (marketplace_id, "")]
    row = max(rows, key=lambda one: (one["marketplace_id"] != "", one["valid_from"]), default=None)
    if row is None and not supply.prices:
        return "cost"
    parts = [] if row is None else [float(row[name] or 0) for name in _PARTS]
    given = currency if row is None else row["currency"]
    if supply.freight and parts:
        parts[0] = 0.0
    more = converted(sum(parts), given, currency, rates)
    freight = (
        converted(supply.freight[0], supply.freight[1] or given, currency, rates) if supply.freight else 0.0
    )
    bought = [(least, converted(price, money, currency, rates)) for least, price, money in supply.prices]
    if not bought and row is not None:
        bought = [(1, converted(float(row["manufacturing"]), given, currency, rates))]
    known = [(least, price) for least, price in bought if price is not None]
    if more is None or freight is None or len(known) < len(bought):
        return "fx_rate"
    prices = tuple((least, price + more + freight) for least, price in known)
    return UnitCost(prices[0][1], prices)


def unit_margin(row: Cells | None) -> float | None:
    """Contribution margin per unit before ads; None if no unit of the last 91 days has one."""
    if row is None or not row["units"]:
        return None
    return float(row["cm1"]) / float(row["units"])


def cash_of(units: int, cost: float, supply: Supply, order_day: date) -> Cash:
    """Deposit and balance of an order placed on a day."""
    total = units * cost
    deposit = total * supply.deposit_percent / 100
    return Cash(total, deposit, total - deposit, order_day + timedelta(days=supply.balance_days))


def fit_budget(
    costs: Sequence[float | None], urgency: Sequence[float], budget: float | None
) -> list[bool | None]:
    """Whether each order together with all more urgent ones stays within the budget; None if unknown."""
    found: list[bool | None] = [None] * len(costs)
    if budget is None:
        return found
    spent = 0.0
    for row in sorted(range(len(costs)), key=lambda n: (urgency[n], n)):
        cost = costs[row]
        if cost is None:
            continue
        spent += cost
        found[row] = spent <= budget
    return found
