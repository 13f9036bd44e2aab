"""What Amazon charges to pick, pack and ship a unit: base fee, fuel surcharge, low-inventory-level fee.

Settlements and transactions show the sum of all three, fee previews the sum of the first two; only economics
lists each component. The base fee depends on the size and, in some countries, on dated changes and a holiday
peak, by the day of shipment. Since 17 April 2026 a fuel surcharge applies in North America and in ten
marketplaces of Europe. Amounts in `data/fulfilment_rules.csv` are in the marketplace's currency; for the peak
of 2026 they repeat those of 2025.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.low_inventory import low_inventory_fee, rows_in_force
from amazon_sandbox.simulation.orders import Order, OrderItem
from amazon_sandbox.simulation.sizes import size_group
from amazon_sandbox.simulation.storefront import Storefront


class FulfilmentFee(NamedTuple):
    """Minor units for one unit, before tax. The base fee includes the holiday peak."""

    base: int
    fuel: int
    low_inventory: int

    @property
    def total(self) -> int:
        """What is charged."""
        return self.base + self.fuel + self.low_inventory

    @property
    def listed(self) -> int:
        """What fee previews show, without the low-inventory fee, which depends on the week."""
        return self.base + self.fuel


class _Rules(NamedTuple):
    added: dict[str, float]
    fuel: float


def fulfilment_fee(storefront: Storefront, listing: Listing, ordinal: int) -> FulfilmentFee:
    """The fee for one unit of an FBA SKU that ships on a local day, past or future."""
    rules = _rules_on(storefront.marketplace.country, ordinal)
    added = rules.added.get(size_group(listing), 0.0) * 10**storefront.marketplace.decimals
    base = listing.fulfilment_fee(storefront.marketplace) + round(added)
    return FulfilmentFee(base, round(base * rules.fuel), low_inventory_fee(storefront, listing, ordinal))


def fulfilment_charge(storefront: Storefront, order: Order, item: OrderItem) -> int:
    """What an FBA order item is charged for its shipment, in minor units."""
    day = storefront.marketplace.day_of_epoch(order.shipped)
    return fulfilment_fee(storefront, item.listing, day).total * item.quantity


@lru_cache(maxsize=8_192)
def _rules_on(country: str, ordinal: int) -> _Rules:
    added: dict[str, float] = {}
    fuel = 0.0
    for row in rows_in_force(tables.rows("fulfilment_rules"), country, date.fromordinal(ordinal)):
        if row["rule"] == "fuel":
            fuel += float(row["amount"])
        else:
            added[row["size"]] = added.get(row["size"], 0.0) + float(row["amount"])
    return _Rules(added, fuel)
