"""The low-inventory-level fee: which SKUs had too few days of supply, week by week, and the fee per unit.

Days of supply = average sellable units ÷ average units sold, over 30 and over 90 days, as of each Monday. A
fee is due only if both are below 28; the larger one decides the rate (`data/low_inventory_fees.csv`). Stock
and sales are the simulation's expected values, so a week is cheap to compute and future weeks have figures
too: reports, charges and previews of the same week agree. Amazon's rules: `GV43F6S76Y9DHYRH` in Seller
Central.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from amazon_sandbox.simulation import awd, tables
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.sizes import size_group
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront

SHORT_DAYS, LONG_DAYS = 30, 90
THIN_DAYS = 28
UNITS_PER_ITEM = 1.25
EXEMPT_BELOW = 20  # units in the week before
NEW_FOR_DAYS = 180
KEPT_WEEKS = 160


class Supply(NamedTuple):
    """One SKU in a week. `short`, `long`: days of supply, None without sales; `week`: units sold in the seven
    days before; `exemption`: why no fee is due, or an empty string; `fee`: minor units per unit, before tax.
    """

    short: float | None = None
    long: float | None = None
    week: float = 0.0
    exemption: str = "low sales"
    fee: int = 0

    @property
    def larger(self) -> float | None:
        """The days of supply that decide the rate; None without sales."""
        return None if self.short is None or self.long is None else max(self.short, self.long)

    @property
    def is_thin(self) -> bool:
        """Whether both figures are below the level."""
        return self.larger is not None and self.larger < THIN_DAYS


class _Average(NamedTuple):
    """Sums over the last 30 and 90 days, and what the last week sold."""

    stock_short: float
    sold_short: float
    stock_long: float
    sold_long: float
    week: float


def supply_in_week(storefront: Storefront, ordinal: int) -> dict[str, Supply]:
    """The supply of each FBA SKU launched by the Monday of the day's week."""
    return _supply_on(storefront, ordinal - (ordinal - 1) % 7)


def low_inventory_fee(storefront: Storefront, listing: Listing, ordinal: int) -> int:
    """The fee in minor units for each unit of the SKU that ships on a day."""
    if storefront.marketplace.country not in _countries():
        return 0
    supply = supply_in_week(storefront, ordinal).get(listing.sku)
    return supply.fee if supply else 0


@kept_per_storefront(KEPT_WEEKS)
def _supply_on(storefront: Storefront, monday: int) -> dict[str, Supply]:
    listings = [one for one in storefront.listings if not one.is_merchant and one.launch < monday]
    own = {listing: _average(storefront, listing, monday) for listing in listings}
    kept_in_bulk = {sku.listing.sku for sku in awd.skus(storefront)}
    by_parent = _per(storefront.marketplace.country, monday) == "parent"
    families = _families(own) if by_parent else {}
    found = {}
    for listing, average in own.items():
        judged = families.get(listing.parent_asin, average)
        short, long = _days(judged.stock_short, judged.sold_short), _days(judged.stock_long, judged.sold_long)
        exemption = _exemption(listing, average, monday, listing.sku in kept_in_bulk)
        supply = Supply(short, long, average.week, exemption)
        if supply.larger is not None and not exemption:
            supply = supply._replace(fee=_rate(storefront, listing, supply.larger, monday))
        found[listing.sku] = supply
    return found


@kept_per_storefront(1_024)
def expected_units(storefront: Storefront, ordinal: int) -> dict[str, float]:
    """Expected unit sales of a day, by SKU; the day may be in the future."""
    return {
        listing.sku: rate * UNITS_PER_ITEM
        for listing in storefront.listings
        if (rate := storefront.rate(listing, ordinal))
    }


def expected_stock(
    storefront: Storefront, listing: Listing, first: int, last: int
) -> Iterator[tuple[int, float]]:
    """(day, sellable units at its start): what the stock cycle has yet to sell, plus its leftover."""
    day = first
    while day <= last:
        cycle = storefront.cycle(listing, day)
        left = float(cycle.leftover)
        levels = []
        for each in range(cycle.end - 1, day - 1, -1):
            left += expected_units(storefront, each).get(listing.sku, 0.0)
            levels.append((each, left))
        yield from (level for level in reversed(levels) if level[0] <= last)
        day = cycle.end


def _average(storefront: Storefront, listing: Listing, monday: int) -> _Average:
    first = max(monday - LONG_DAYS, listing.launch)
    stock_short = sold_short = stock_long = sold_long = week = 0.0
    for day, stock in expected_stock(storefront, listing, first, monday - 1):
        sold = expected_units(storefront, day).get(listing.sku, 0.0)
        stock_long, sold_long = stock_long + stock, sold_long + sold
        if day >= monday - SHORT_DAYS:
            stock_short, sold_short = stock_short + stock, sold_short + sold
        if day >= monday - 7:
            week += sold
    return _Average(stock_short, sold_short, stock_long, sold_long, week)


def _families(own: dict[Listing, _Average]) -> dict[str, _Average]:
    sums: dict[str, _Average] = {}
    for listing, average in own.items():
        known = sums.get(listing.parent_asin, _Average(0, 0, 0, 0, 0))
        sums[listing.parent_asin] = _Average(*(a + b for a, b in zip(known, average, strict=True)))
    return sums


def _days(stock: float, sold: float) -> float | None:
    return stock / sold if sold else None


def _exemption(listing: Listing, average: _Average, monday: int, in_bulk: bool) -> str:
    if average.week < EXEMPT_BELOW:
        return "low sales"
    if monday - listing.launch < NEW_FOR_DAYS:
        return "new selection"
    return "AWD auto-replenishment" if in_bulk else ""


def _rate(storefront: Storefront, listing: Listing, days: float, ordinal: int) -> int:
    size = size_group(listing)
    for row in _rows_on(storefront.marketplace.country, ordinal):
        if row["size"] == size and days < int(row["days"]):
            minor: int = 10**storefront.marketplace.decimals
            return round(float(row["amount"]) * minor)
    return 0


def _per(country: str, ordinal: int) -> str:
    return next((row["per"] for row in _rows_on(country, ordinal)), "fnsku")


@cache
def _countries() -> frozenset[str]:
    return frozenset(row["country"] for row in tables.rows("low_inventory_fees"))


@lru_cache(maxsize=1_024)
def _rows_on(country: str, ordinal: int) -> tuple[dict[str, str], ...]:
    return tuple(rows_in_force(tables.rows("low_inventory_fees"), country, date.fromordinal(ordinal)))


def rows_in_force(rows: Iterable[dict[str, str]], country: str, day: date) -> Iterator[dict[str, str]]:
    """The rows of a dated table that apply to a country on a day; `from` and `until` are inclusive."""
    text = day.isoformat()
    for row in rows:
        if row["country"] == country and row["from"] <= text <= (row["until"] or text):
            yield row
