"""How old a SKU's sellable stock is, and the aged inventory surcharge on it.

The surcharge is charged per cubic foot and, for the oldest units, at least a minimum per unit
(`data/aged_fees.csv`, dollars). It is assessed on the 15th of each month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

LITRES_A_CUBIC_FOOT = 28.317
_CENT, _FINE = Decimal("0.01"), Decimal("0.0001")


class Tier(NamedTuple):
    """A range of ages in days, both ends inclusive; rates in dollars."""

    name: str
    first: int
    last: int
    cubic_foot: Decimal
    unit: Decimal


def unit_volume(listing: Listing) -> Decimal:
    """Cubic feet of a unit."""
    return Decimal(listing.litres / LITRES_A_CUBIC_FOOT).quantize(_FINE)


def ages_of(
    storefront: Storefront, listing: Listing, units: int, today: int, sent_in: Mapping[int, int]
) -> Counter[int]:
    """Sellable units by age in days on a local day (ordinal): from the last delivery, left over from the one
    before, and sent in by clients.
    """
    found = Counter(sent_in)
    others = units - found.total()
    cycle = storefront.cycle(listing, today)
    fresh_age = today - max(cycle.start, listing.launch)
    old = min(others, cycle.leftover // 2)
    u = uniforms(*storefront.key, listing.sku, cycle.start, "age")
    known = today - listing.launch
    old_age = min(known, fresh_age + int(between(u[0] * u[0], 21, 480)))
    found[fresh_age] += others - old
    found[old_age] += old
    return found


@lru_cache(maxsize=256)
def tiers_on(day: date) -> tuple[Tier, ...]:
    """The tiers in force on a day, youngest first."""
    text = day.isoformat()
    return tuple(
        Tier(
            row["tier"],
            int(row["first"]),
            int(row["last"]),
            Decimal(row["cubic_foot"]),
            Decimal(row["unit"] or 0),
        )
        for row in tables.rows("aged_fees")
        if row["from"] <= text <= (row["until"] or text)
    )


def units_in(tier: Tier, ages: Mapping[int, int]) -> int:
    """The units whose age is in the tier."""
    return sum(units for age, units in ages.items() if tier.first <= age <= tier.last)


def surcharge_rate(storefront: Storefront, dollars: Decimal) -> Decimal:
    """A rate in the marketplace's currency."""
    return (dollars * Decimal(str(storefront.marketplace.usd_rate))).quantize(_CENT)


def surcharge(storefront: Storefront, listing: Listing, tier: Tier, units: int) -> Decimal:
    """The surcharge for a month, in the marketplace's currency: by volume, or per unit if that is more."""
    by_volume = units * unit_volume(listing) * surcharge_rate(storefront, tier.cubic_foot)
    return max(by_volume, units * surcharge_rate(storefront, tier.unit))
