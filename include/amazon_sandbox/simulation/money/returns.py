"""The returns processing fee, for products that are returned more often than is usual in their category.

Returns of a month's shipments count until the end of the second month after it; the fee is charged between
the 8th and the 15th of the third. Products with fewer than 25 units shipped in the month are exempt. The fee
applies in the United States since June 2024. Source: Seller Central on the FBA returns processing fee.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.money.events import Event, Item, minor
from amazon_sandbox.simulation.money.months import first_day, instant, month_of
from amazon_sandbox.simulation.orders import orders_on
from amazon_sandbox.simulation.refunds import refunds_of_purchases
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import between, uniforms

DAY = 86_400
CHARGED_AFTER_MONTHS = 3
FEWEST_SHIPPED = 25
KEPT_MONTHS = 40
_IN = frozenset(("US",))
# Share of returns above which a category pays; backpacks have their own.
_THRESHOLDS = {
    "toys": 0.047,
    "home": 0.081,
    "kitchen": 0.068,
    "sports": 0.066,
    "outdoor": 0.07,
    "garden": 0.06,
}
_BACKPACKS, _BACKPACK_THRESHOLD = "BAG", 0.128


def processing_fees(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The returns processing fees charged in [start, end): one event per product and month of shipment."""
    if storefront.marketplace.country not in _IN:
        return
    for charged in range(month_of(start), month_of(end) + 1):
        first = instant(first_day(charged), 7 * DAY)
        if first < end and start < first + 8 * DAY:
            for event in _fees(storefront, charged - CHARGED_AFTER_MONTHS):
                if start <= event.posted < end:
                    yield event


@kept_per_storefront(KEPT_MONTHS)
def _fees(storefront: Storefront, month: int) -> tuple[Event, ...]:
    """The fees for units shipped in a month (its number)."""
    first, last = first_day(month), first_day(month + 1) - timedelta(days=1)
    shipped: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    for day in range(first.toordinal(), last.toordinal() + 1):
        for order in orders_on(storefront, day):
            if order.shipped and not order.is_merchant:
                for item in order.items:
                    shipped[item.listing.asin] += item.quantity
        for refund in refunds_of_purchases(storefront, day):
            returned[refund.item.listing.asin] += len(refund.returns)
    listings = {listing.asin: listing for listing in reversed(storefront.listings) if not listing.is_merchant}
    charged = first_day(month + CHARGED_AFTER_MONTHS)
    return tuple(
        _fee(storefront, listings[asin], over, charged, first, last)
        for asin in sorted(shipped)
        if shipped[asin] >= FEWEST_SHIPPED
        and (over := int(returned[asin] - _threshold(listings[asin]) * shipped[asin])) > 0
    )


def _threshold(listing: Listing) -> float:
    return _BACKPACK_THRESHOLD if listing.type_code == _BACKPACKS else _THRESHOLDS[listing.category]


def _fee(
    storefront: Storefront, listing: Listing, units: int, charged: date, first: date, last: date
) -> Event:
    u = uniforms(*storefront.key, listing.asin, charged.isoformat(), "returns processing")
    rate = minor(storefront, 1.65 + 0.25 * listing.litres)
    return Event(
        "fee.fba_return",
        instant(charged, between(u[0], 7, 14.9) * DAY),
        storefront,
        f"{listing.asin} {first:%Y-%m}",
        (Item(listing, units, -rate * units),),
        text=f"for {listing.asin} shipped {first:%m/%d/%Y} - {last:%m/%d/%Y}",
    )
