"""FBA stock of a SKU in a marketplace at an instant.

Each stock cycle begins with a delivery that brings exactly what the cycle will sell plus its leftover. Stock
can therefore be computed from the sales still to come in the cycle, without the history before it: it falls
by one unit with each unit ordered, reaches 0 when a stock-out begins, and rises at the next delivery. A unit
bought but not shipped is reserved. A cancelled unit is inspected (also reserved) until the cycle ends and
does not go back on sale; nor do returned units. A delivery is announced as inbound 6 days ahead and raises
the fulfillable stock by exactly the announced quantity. Units that clients sent in are added on top and are
never sold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.created_shipments import Units, units_of
from amazon_sandbox.simulation.demand import StockCycle
from amazon_sandbox.simulation.orders import LONGEST_LIFE_DAYS, LONGEST_SHIPPING_DAYS, orders_on
from amazon_sandbox.simulation.refunds import refund_lags, refunds_of_purchases
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront

Cycles = dict[Listing, tuple[StockCycle, StockCycle]]

DAY = 86_400
INBOUND_SEEN_DAYS = 6
RECEIVING_DAYS = 2
UNSELLABLE_KEPT_DAYS = 30


class Stock(NamedTuple):
    """Units of one SKU. total = fulfillable + reserved + unsellable + inbound. `inbound_working`: in
    shipments of clients that have not left.
    """

    fulfillable: int = 0
    reserved: int = 0
    unsellable: int = 0
    inbound_shipped: int = 0
    inbound_receiving: int = 0
    inbound_working: int = 0

    @property
    def warehouse(self) -> int:
        """Units in Amazon's warehouses."""
        return self.fulfillable + self.reserved + self.unsellable

    @property
    def total(self) -> int:
        """Units in warehouses and on their way."""
        return self.warehouse + self.inbound

    @property
    def inbound(self) -> int:
        """Units that are announced, on their way or being received."""
        return self.inbound_working + self.inbound_shipped + self.inbound_receiving

    def with_created(self, units: Units) -> Stock:
        """This stock plus the units of shipments that clients created; received units are fulfillable."""
        return self._replace(
            fulfillable=self.fulfillable + units.received,
            inbound_working=self.inbound_working + units.working,
            inbound_shipped=self.inbound_shipped + units.shipped,
            inbound_receiving=self.inbound_receiving + units.receiving,
        )


def stock_at(storefront: Storefront, now: int) -> dict[str, Stock]:
    """FBA stock by SKU at `now` (UTC epoch seconds), for the SKUs launched by then."""
    today = storefront.marketplace.day_of_epoch(now)
    cycles = {
        listing: (storefront.cycle(listing, today), storefront.next_cycle(listing, today))
        for listing in storefront.listings
        if not listing.is_merchant and listing.launch <= today
    }
    if not cycles:
        return {}
    open_units = _open_units(storefront, cycles, today, now)
    unsellable = _unsellable(storefront, today, now)
    stocks = {}
    for listing, (cycle, following) in cycles.items():
        units = open_units[listing]
        delivery = max(0, units.next_cycle + following.leftover - cycle.leftover)
        days_left = cycle.end - today
        stocks[listing.sku] = Stock(
            fulfillable=cycle.leftover + units.this_cycle,
            reserved=units.reserved,
            unsellable=unsellable.get(listing.sku, 0),
            inbound_shipped=delivery if RECEIVING_DAYS < days_left <= INBOUND_SEEN_DAYS else 0,
            inbound_receiving=delivery if days_left <= RECEIVING_DAYS else 0,
        )
    for sku, sent in units_of(storefront.created, now).items():
        if sku in stocks:
            stocks[sku] = stocks[sku].with_created(sent)
    return stocks


# Marketplaces that share one stock and each report all of it. The United Kingdom has its own.
PAN_EU = frozenset({"DE", "FR", "IT", "ES", "NL", "SE", "PL", "BE", "IE"})


def shared_stock_at(storefronts: Iterable[Storefront], storefront: Storefront, now: int) -> dict[str, Stock]:
    """The stock that a storefront reports: in the Pan-EU pool, the sum over all ``storefronts`` in it."""
    stocks = stock_at(storefront, now)
    if storefront.marketplace.country not in PAN_EU:
        return stocks
    for other in storefronts:
        if other.key != storefront.key and other.marketplace.country in PAN_EU:
            for sku, stock in stock_at(other, now).items():
                if sku in stocks:
                    stocks[sku] = Stock(*(sum(pair) for pair in zip(stocks[sku], stock, strict=True)))
    return stocks


class Shipped(NamedTuple):
    """What Amazon shipped of one SKU: units, and their price in minor units."""

    units: int = 0
    sales: int = 0

    def plus(self, other: Shipped) -> Shipped:
        """The sum, field by field."""
        return Shipped(self.units + other.units, self.sales + other.sales)


@kept_per_storefront(1_024)
def shipped_on(storefront: Storefront, ordinal: int) -> dict[str, Shipped]:
    """What Amazon shipped on a local day, by SKU; the seller's own shipments are excluded."""
    start, end = storefront.marketplace.day_bounds(ordinal)
    shipped: dict[str, Shipped] = {}
    for day in range(ordinal - LONGEST_SHIPPING_DAYS, ordinal + 1):
        for order in orders_on(storefront, day):
            if order.is_merchant or not start <= order.shipped < end:
                continue
            for item in order.items:
                sku = item.listing.sku
                shipped[sku] = shipped.get(sku, Shipped()).plus(Shipped(item.quantity, item.price))
    return shipped


@dataclass(slots=True)
class _OpenUnits:
    """Units that will be bought after now in this and the next cycle, and units bought that have not left
    yet.
    """

    this_cycle: int = 0
    next_cycle: int = 0
    reserved: int = 0


def _open_units(storefront: Storefront, cycles: Cycles, today: int, now: int) -> dict[Listing, _OpenUnits]:
    found = {listing: _OpenUnits() for listing in cycles}
    first = min(cycle.start for cycle, _ in cycles.values())
    last = max(f.end if c.end - today <= INBOUND_SEEN_DAYS else c.end for c, f in cycles.values())
    for day in range(min(first, today - LONGEST_LIFE_DAYS), last):
        for order in orders_on(storefront, day):
            if order.is_merchant or (order.shipped and order.shipped <= now):
                continue
            for item in order.items:
                if item.listing not in cycles:
                    continue
                cycle, following = cycles[item.listing]
                units = found[item.listing]
                if day >= cycle.end:
                    units.next_cycle += item.quantity if day < following.end else 0
                elif order.purchased > now:
                    units.this_cycle += item.quantity
                elif order.shipped or order.cancelled > now or day >= cycle.start:
                    units.reserved += item.quantity
    return found


def _unsellable(storefront: Storefront, today: int, now: int) -> dict[str, int]:
    """Units returned damaged in the last 30 days; older ones have been removed."""
    units: dict[str, int] = {}
    for day in range(today - UNSELLABLE_KEPT_DAYS - 53, today - 4):
        if not refund_lags(storefront, day):
            continue
        for refund in refunds_of_purchases(storefront, day):
            for unit in refund.returns:
                if unit.disposition != "SELLABLE" and now - UNSELLABLE_KEPT_DAYS * DAY < unit.at <= now:
                    units[refund.item.listing.sku] = units.get(refund.item.listing.sku, 0) + 1
    return units
