"""Projects Amazon's low-inventory-level fee: the weeks in which it is expected, and what it costs.

Amazon divides the average of sellable units (available, in transfer, in processing) by the average of shipped
units, over 30 and over 90 days, per FNSKU and week. The fee applies to each shipped unit if both ratios are
below the limit, at the rate of the larger one. Limits and rates are rows of reference.fee_rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from sellerops.demand.series import Floats

WEEKS = 13
SHORT, LONG = 30, 90
WEEK = 7


@dataclass(frozen=True)
class FeeRules:
    """Rules of a marketplace and size tier. ``rates``: (from days, below days, fee per unit), or unknown.

    :param limit: days of supply below which the fee applies.
    :param exempt_units: no fee in a week after fewer units sold in 7 days.
    """

    limit: float
    exempt_units: float
    rates: tuple[tuple[float, float, float], ...] = ()

    def rate(self, days: float) -> float | None:
        """The fee per unit at that many days of supply; None if unknown."""
        for low, high, fee in self.rates:
            if low <= days < high:
                return fee
        return None


@dataclass(frozen=True)
class WeekOfFee:
    """A week in which the fee is expected; ``fee`` is None if its rate is unknown."""

    monday: date
    supply_short: float
    supply_long: float
    units: float
    fee: float | None


def days_of_supply(stock: Floats, shipped: Floats, days: int) -> float:
    """Average stock over average shipped units of the last ``days``; infinite if nothing was shipped."""
    sold = float(shipped[-days:].mean()) if len(shipped) else 0.0
    return float(stock[-days:].mean()) / sold if sold > 0 else float("inf")


def expected_weeks(
    stock: Floats, shipped: Floats, future_stock: Floats, future_units: Floats, today: date, rules: FeeRules
) -> list[WeekOfFee]:
    """The weeks with a fee among the next ``WEEKS`` weeks.

    :param stock: sellable units at the end of each known day, the last being today's; the newest 90 count.
    :param shipped: units shipped on these days.
    :param future_stock: the same for the days after today.
    """
    found = []
    levels, units = np.concatenate([stock, future_stock]), np.concatenate([shipped, future_units])
    known = len(stock)
    first = today + timedelta(days=WEEK - today.weekday())  # the next Monday
    for week in range(WEEKS):
        monday = first + timedelta(days=WEEK * week)
        end = known + (monday - today).days - 1  # days before it; the fee of a week looks back
        if end + WEEK > len(levels):
            break
        short = days_of_supply(levels[:end], units[:end], SHORT)
        long = days_of_supply(levels[:end], units[:end], LONG)
        is_exempt = units[:end][-WEEK:].sum() < rules.exempt_units
        if short < rules.limit and long < rules.limit and not is_exempt:
            coming = float(units[end : end + WEEK].sum())
            rate = rules.rate(max(short, long))
            found.append(WeekOfFee(monday, short, long, coming, None if rate is None else rate * coming))
    return found


def expected_fee(weeks: Sequence[WeekOfFee]) -> float | None:
    """The total fee of these weeks; None if a rate is unknown."""
    fees = [each.fee for each in weeks]
    return None if any(fee is None for fee in fees) else float(sum(fee for fee in fees if fee is not None))


def project_stock(
    on_hand: float, arrivals: dict[int, float], daily: float, days: int
) -> tuple[Floats, Floats]:
    """(days,) Stock at the end of each coming day, and units sold on it, at constant demand.

    :param arrivals: units by day from tomorrow (0) on.
    """
    stock, sold = np.zeros(days), np.zeros(days)
    for day in range(days):
        on_hand += arrivals.get(day, 0.0)
        sold[day] = min(on_hand, daily)
        on_hand -= sold[day]
        stock[day] = on_hand
    return stock, sold
