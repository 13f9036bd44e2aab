"""The deliveries that start stock cycles: each brings to a warehouse what its cycle will sell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.orders import orders_on
from amazon_sandbox.simulation.refunds import CENTRES
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, pick, token, uniforms


class Delivery(NamedTuple):
    """Units of one SKU delivered at the start of a stock cycle; negative if the previous cycle left more than
    the next one needs, in which case the surplus is disposed of.
    """

    day: int
    listing: Listing
    units: int


class Arrival(NamedTuple):
    """A delivery that starts a stock cycle, before its units are counted: they last until `end`, when
    `change` units more are left over than at the end of the previous cycle.
    """

    day: int
    listing: Listing
    end: int
    change: int


def arrivals(storefront: Storefront, days: range) -> Iterator[Arrival]:
    """The stock cycles of FBA SKUs that begin on one of the days. Cheap: generates no orders."""
    for listing in storefront.listings:
        day = max(days.start, listing.launch)
        while not listing.is_merchant and day < days.stop:
            cycle = storefront.cycle(listing, day)
            if day == listing.launch:
                yield Arrival(day, listing, cycle.end, cycle.leftover)
            elif day == cycle.start:
                before = storefront.cycle(listing, day - 1).leftover
                yield Arrival(day, listing, cycle.end, cycle.leftover - before)
            day = cycle.end


def deliveries(storefront: Storefront, days: range) -> Iterator[Delivery]:
    """The delivery of each cycle that begins on one of the days: what the cycle will sell, plus the change in
    leftover stock.
    """
    found = list(arrivals(storefront, days))
    bought = _bought(storefront, found)
    for day, listing, end, change in found:
        yield Delivery(day, listing, change + sum(bought[listing][d] for d in range(day, end)))


def delivery_centre(storefront: Storefront, listing: Listing, day: int) -> str:
    """The warehouse a SKU's delivery of a day goes to."""
    return centre_at(storefront, uniforms(*storefront.key, listing.sku, day, "delivery")[0])


def shipment_id(storefront: Storefront, listing: Listing, day: int) -> str:
    """The FBA shipment whose units are received on a day."""
    return "FBA15" + token(UPPER_ALNUM, 7, *storefront.key, listing.sku, day, "delivery")


def centre_at(storefront: Storefront, uniform: float) -> str:
    """A warehouse of the marketplace's country, at `uniform` in [0, 1)."""
    return pick(uniform, CENTRES.get(storefront.marketplace.country, ("XEU1",)))


def _bought(storefront: Storefront, begun: list[Arrival]) -> dict[Listing, dict[int, int]]:
    """Units of each SKU by day of purchase, for all days of the cycles that begin."""
    bought: dict[Listing, dict[int, int]] = {arrival.listing: defaultdict(int) for arrival in begun}
    if not begun:
        return bought
    for day in range(min(arrival.day for arrival in begun), max(arrival.end for arrival in begun)):
        for listing, units in units_bought_on(storefront, day).items():
            if listing in bought:
                bought[listing][day] += units
    return bought


@kept_per_storefront(1_024)
def units_bought_on(storefront: Storefront, ordinal: int) -> dict[Listing, int]:
    """Units ordered on a local day by SKU, including orders cancelled later."""
    units: Counter[Listing] = Counter()
    for order in orders_on(storefront, ordinal):
        for item in order.items:
            units[item.listing] += item.quantity
    return units
