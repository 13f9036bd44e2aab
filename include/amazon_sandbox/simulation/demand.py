"""How much would sell on a day: season, weekday, trend and events, and the stock cycles whose stock-outs cut
sales to zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.streams import between, uniforms

CATEGORY_PEAKS: dict[str, tuple[int, float]] = {  # day of year of the peak, amplitude
    "kitchen": (340, 0.18),
    "home": (330, 0.12),
    "toys": (345, 0.45),
    "sports": (15, 0.30),
    "outdoor": (190, 0.50),
    "garden": (135, 0.60),
}
STOCK_OUT_SALES = 14  # a SKU that sells less in a cycle never runs out: three reserve units outlast it
WEEKDAYS = (1.10, 1.04, 1.00, 0.97, 0.92, 0.93, 1.08)  # Monday first
_TREND_FROM = date(2022, 1, 1).toordinal()


def day_factors(ordinal: int) -> dict[str, float]:
    """Demand relative to an ordinary day, by category."""
    day = date.fromordinal(ordinal)
    common = WEEKDAYS[day.weekday()] * _event(day) * _trend(ordinal)
    day_of_year = day.timetuple().tm_yday
    return {
        category: common * (1 + amplitude * math.cos(2 * math.pi * (day_of_year - peak) / 365.25))
        for category, (peak, amplitude) in CATEGORY_PEAKS.items()
    }


def _trend(ordinal: int) -> float:
    years = (ordinal - _TREND_FROM) / 365.25
    return min(2.2, max(0.4, 1 + 0.11 * years))


def _event(day: date) -> float:
    """Sales events: deal days in July, the days around the fourth Friday of November, the run-up to
    Christmas, and the lull at Christmas.
    """
    if day.month == 7 and 8 <= day.day <= 11:
        return 2.1
    if day.month == 11:
        fourth_friday = 22 + (4 - date(day.year, 11, 22).weekday()) % 7
        if fourth_friday - 1 <= day.day <= fourth_friday + 3:
            return 2.4
    if day.month == 12:
        if day.day <= 18:
            return 1.45
        if 24 <= day.day <= 26:
            return 0.6
    return 1.0


@dataclass(frozen=True, slots=True)
class StockCycle:
    """The days between two inbound deliveries of a SKU: ordinals [start, end).

    Nothing sells in [sold_out_from, end). `leftover` units are on hand when the cycle ends (0 after a
    stock-out).
    """

    start: int
    end: int
    sold_out_from: int
    leftover: int


class Rhythm(NamedTuple):
    """The length in days of a SKU's stock cycles in a marketplace, and how many days of a cycle had passed on
    day 0.
    """

    length: int
    phase: int

    def number(self, ordinal: int) -> int:
        """The number of the cycle that contains a day."""
        return (ordinal + self.phase) // self.length


def stock_rhythm(seed: int, account: str, country: str, listing: Listing) -> Rhythm:
    """The rhythm of a SKU's stock cycles in a marketplace."""
    u = uniforms(seed, account, country, listing.sku, "cycle")
    length = int(between(u[0], 21, 43))
    return Rhythm(length, int(u[1] * length))


def stock_cycle(
    seed: int, account: str, country: str, listing: Listing, rhythm: Rhythm, index: int, rate: float
) -> StockCycle:
    """Cycle number `index` of `listing` in a marketplace. `rate`: usual order items per day there."""
    length = rhythm.length
    start = index * length - rhythm.phase
    v = uniforms(seed, account, country, listing.sku, "cycle", index)
    if v[0] < 0.16 and rate * length > STOCK_OUT_SALES:
        return StockCycle(start, start + length, start + length - int(between(v[1], 2, 10)), 0)
    return StockCycle(start, start + length, start + length, 3 + int(rate * between(v[2], 2, 7)))
