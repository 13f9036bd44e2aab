"""How many units to order: the units needed, rounded to what can be bought and stored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

YEAR = 365


@dataclass(frozen=True)
class BuyingRules:
    """The quantities and prices at which the supplier sells.

    :param case_pack: units in a carton; only whole cartons are sold.
    :param minimum: fewest units of an order.
    :param prices: (fewest units, price per unit), ascending; empty if the price is unknown.
    """

    case_pack: int = 1
    minimum: int = 1
    prices: tuple[tuple[int, float], ...] = ()

    def price_of(self, units: int) -> float | None:
        """Price per unit in an order of that many units; below the first price break, the first price."""
        if not self.prices:
            return None
        fitting = [price for least, price in self.prices if units >= least]
        return fitting[-1] if fitting else self.prices[0][1]

    def rounded_up(self, units: float) -> int:
        """``units`` rounded up to whole cartons."""
        return math.ceil(round(units / self.case_pack, 6)) * self.case_pack

    def rounded_down(self, units: float) -> int:
        return math.floor(round(units / self.case_pack, 6)) * self.case_pack


@dataclass(frozen=True)
class Quantity:
    """Units to order, and the rules that changed them: case_pack, moq, price_break, capacity."""

    units: int
    reasons: tuple[str, ...] = ()


def order_quantity(
    needed: float, rules: BuyingRules, *, most: float, daily: float, holding_rate: float
) -> Quantity:
    """Round what is needed to what can be bought.

    :param needed: units; nothing is ordered for 0 or less.
    :param most: most units that sell in time; a price break never goes beyond them.
    :param daily: units sold a day.
    :param holding_rate: cost of holding stock worth 1 for a year.
    """
    if needed <= 0:
        return Quantity(0)
    reasons = []
    units = rules.rounded_up(needed)
    if units > needed:
        reasons.append("case_pack")
    least = rules.rounded_up(rules.minimum)
    if units < least:
        units, reasons = least, ["moq"]
    better = _price_break(units, rules, most=most, daily=daily, holding_rate=holding_rate)
    if better > units:
        units = better
        reasons.append("price_break")
    return Quantity(units, tuple(reasons))


def _price_break(units: int, rules: BuyingRules, *, most: float, daily: float, holding_rate: float) -> int:
    """The quantity that saves most: the lower price against holding the extra units until they sell."""
    price = rules.price_of(units)
    if price is None or daily <= 0:
        return units
    best, best_saving = units, 0.0
    for least, lower in rules.prices:
        larger = rules.rounded_up(least)
        if larger <= units or larger > most or lower >= price:
            continue
        extra = larger - units
        waiting = (units + extra / 2) / daily  # days until half of them are sold
        saving = (price - lower) * larger - extra * lower * holding_rate * waiting / YEAR
        if saving > best_saving:
            best, best_saving = larger, saving
    return best


def fit_capacity(
    quantities: Sequence[Quantity], packs: Sequence[int], urgency: Sequence[float], room: float | None
) -> list[Quantity]:
    """Cut orders to the units that Amazon accepts, in whole cartons; the most urgent SKUs get theirs first.

    :param urgency: days until an order is due; less is more urgent.
    :param room: units that Amazon accepts; None for no limit.
    """
    if room is None:
        return list(quantities)
    found = list(quantities)
    for row in sorted(range(len(found)), key=lambda n: (urgency[n], n)):
        wanted = found[row]
        granted = min(wanted.units, math.floor(max(0.0, room) / packs[row]) * packs[row])
        if granted < wanted.units:
            found[row] = Quantity(granted, (*wanted.reasons, "capacity"))
        room -= granted
    return found
