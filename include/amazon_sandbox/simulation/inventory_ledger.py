"""The inventory ledger: every unit that entered or left Amazon's warehouses, and the balances in between.

The movements are those that other reports show: shipments of orders, returned units, deliveries, and
shipments that clients created. Any other decrease of stock (`inventory.stock_at`) is recorded as an
adjustment: a unit returned as sellable is regraded and does not go back on sale; a cancelled order's units
are inspected and disposed of when their stock cycle ends. A day's opening balance plus its movements
therefore always equals the closing balance, which is the warehouse stock at local midnight.

A day appears one day after it ends. During the following two days its adjustments are not yet reconciled and
have other reasons; after that the day no longer changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.deliveries import centre_at, deliveries, delivery_centre, shipment_id
from amazon_sandbox.simulation.inventory import DAY, UNSELLABLE_KEPT_DAYS, stock_at
from amazon_sandbox.simulation.orders import LONGEST_LIFE_DAYS, LONGEST_SHIPPING_DAYS, orders_on
from amazon_sandbox.simulation.refunds import (
    CENTRES,
    FIRST_LAG,
    LAST_LAG,
    LONGEST_RETURN_DAYS,
    refund_lags,
    refunds_of_purchases,
)
from amazon_sandbox.simulation.removals import removals_of_days
from amazon_sandbox.simulation.shipments import centre_of
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import pick, uniforms

Dispositions = dict[tuple[Listing, str], int]

SELLABLE = "SELLABLE"
APPEARS_AFTER = DAY
SETTLED_AFTER = 3 * DAY
LONGEST_CYCLE_DAYS = 43
TRANSFER_SHARE = 0.03


class Event(StrEnum):
    """Event types of the detail view."""

    RECEIPTS = "Receipts"
    SHIPMENTS = "Shipments"
    CUSTOMER_RETURNS = "CustomerReturns"
    VENDOR_RETURNS = "VendorReturns"
    TRANSFERS = "WhseTransfers"
    ADJUSTMENTS = "Adjustments"


class Reason(StrEnum):
    """Adjustment reason codes as Amazon's download writes them."""

    NONE = ""
    FOUND = "F"
    MISPLACED = "M"
    DAMAGED = "E"
    DISPOSED = "D"
    DISPOSITION_CHANGE = "Q"


class Movement(NamedTuple):
    """Units of one SKU and disposition that came (or, negative, went) on a local day."""

    day: int
    listing: Listing
    event: Event
    quantity: int
    disposition: str
    centre: str
    reason: Reason = Reason.NONE
    reference: str = ""


def visible_days(storefront: Storefront, first: int, last: int, now: int) -> range:
    """The days from `first` to `last` that the ledger shows at `now` (UTC epoch seconds)."""
    while last >= first and storefront.marketplace.day_bounds(last)[1] + APPEARS_AFTER > now:
        last -= 1
    return range(first, last + 1)


def is_settled(storefront: Storefront, day: int, now: int) -> bool:
    """Whether a day's adjustments have been reconciled at `now`."""
    return now >= storefront.marketplace.day_bounds(day)[1] + SETTLED_AFTER


def opening_balances(storefront: Storefront, day: int) -> Dispositions:
    """Units in the warehouses at the start of a local day, by SKU and disposition."""
    moment = storefront.marketplace.day_bounds(day)[0] - 1
    stocks = stock_at(storefront, moment)
    balances: dict[tuple[Listing, str], int] = {}
    for listing in storefront.listings:
        stock = stocks.get(listing.sku)
        if stock is not None:
            balances[listing, SELLABLE] = stock.fulfillable + stock.reserved
    oldest = day - 1 - UNSELLABLE_KEPT_DAYS
    for at, listing, disposition, _ in _returned(storefront, oldest, day - 1):
        if disposition != SELLABLE and moment - UNSELLABLE_KEPT_DAYS * DAY < at <= moment:
            key = (listing, disposition)
            balances[key] = balances.get(key, 0) + 1
    return balances


def movements(storefront: Storefront, days: range, now: int) -> list[Movement]:
    """All movements of local days as the ledger shows them at `now`, by day and SKU."""
    if not days:
        return []
    found = [
        *_shipments(storefront, days),
        *_returns(storefront, days),
        *_removals(storefront, days),
        *_disposals(storefront, days),
        *_receipts(storefront, days),
        *_sent_in(storefront, days),
        *_transfers(storefront, days),
    ]
    settled = {day: is_settled(storefront, day, now) for day in days}
    shown = [
        m._replace(reason=Reason.DISPOSITION_CHANGE)
        if m.event is Event.ADJUSTMENTS and not settled[m.day]
        else m
        for m in found
    ]
    order_of = {listing: index for index, listing in enumerate(storefront.listings)}
    return sorted(shown, key=lambda m: (m.day, order_of[m.listing]))


def _day_finder(storefront: Storefront, days: range) -> tuple[list[int], int]:
    """The start of each day and of the day after the last."""
    starts = [storefront.marketplace.day_bounds(day)[0] for day in (*days, days.stop)]
    return starts, days.start


def _shipments(storefront: Storefront, days: range) -> Iterator[Movement]:
    starts, first = _day_finder(storefront, days)
    for bought in range(days.start - LONGEST_SHIPPING_DAYS, days.stop):
        for order in orders_on(storefront, bought):
            if order.is_merchant or not starts[0] <= order.shipped < starts[-1]:
                continue
            day = first + bisect_right(starts, order.shipped) - 1
            centre = centre_of(storefront, order)
            for item in order.items:
                yield Movement(day, item.listing, Event.SHIPMENTS, -item.quantity, SELLABLE, centre)


def _returned(storefront: Storefront, first: int, last: int) -> Iterator[tuple[int, Listing, str, str]]:
    """(instant, SKU, disposition, centre) of each unit that may have been returned from `first` to `last`."""
    for bought in range(first - LAST_LAG - LONGEST_RETURN_DAYS - 1, last - FIRST_LAG + 1):
        if not refund_lags(storefront, bought):
            continue
        for refund in refunds_of_purchases(storefront, bought):
            for unit in refund.returns:
                yield unit.at, refund.item.listing, unit.disposition, unit.centre


def _returns(storefront: Storefront, days: range) -> Iterator[Movement]:
    """Returned units, and the regrading of those returned as sellable."""
    starts, first = _day_finder(storefront, days)
    for at, listing, disposition, centre in _returned(storefront, days.start, days.stop - 1):
        if not starts[0] <= at < starts[-1]:
            continue
        day = first + bisect_right(starts, at) - 1
        yield Movement(day, listing, Event.CUSTOMER_RETURNS, 1, disposition, centre)
        if disposition == SELLABLE:
            reason = pick(
                at % 89 / 89, (Reason.DAMAGED, Reason.DAMAGED, Reason.MISPLACED, Reason.DISPOSITION_CHANGE)
            )
            yield Movement(day, listing, Event.ADJUSTMENTS, -1, SELLABLE, centre, reason)


def _removals(storefront: Storefront, days: range) -> Iterator[Movement]:
    """Damaged units that leave with the removal order of their 30th day, to the seller or for disposal."""
    for order in removals_of_days(storefront, days.start, days.stop - 1):
        day = storefront.marketplace.day_of_epoch(order.requested)
        centre = centre_at(storefront, order.requested % 97 / 97)
        for line in order.lines:
            leaving = Movement(
                day, line.listing, Event.VENDOR_RETURNS, -line.quantity, line.disposition, centre
            )
            if order.order_type == "Disposal":
                yield leaving._replace(event=Event.ADJUSTMENTS, reason=Reason.DISPOSED)
            else:
                yield leaving._replace(reference=order.order_id)


def _disposals(storefront: Storefront, days: range) -> Iterator[Movement]:
    """Units of cancelled orders, removed once their stock cycle has ended and the order is cancelled."""
    for bought in range(days.start - LONGEST_CYCLE_DAYS - LONGEST_LIFE_DAYS, days.stop):
        for order in orders_on(storefront, bought):
            if order.is_merchant or not order.cancelled:
                continue
            cancelled = storefront.marketplace.day_of_epoch(order.cancelled)
            for item in order.items:
                day = max(cancelled, storefront.cycle(item.listing, bought).end)
                if day in days:
                    centre = centre_of(storefront, order)
                    gone = Movement(day, item.listing, Event.ADJUSTMENTS, -item.quantity, SELLABLE, centre)
                    yield gone._replace(reason=Reason.DISPOSED)


def _receipts(storefront: Storefront, days: range) -> Iterator[Movement]:
    for delivery in deliveries(storefront, days):
        yield from _arrival(storefront, delivery.listing, delivery.day, delivery.units)


def _arrival(storefront: Storefront, listing: Listing, day: int, units: int) -> Iterator[Movement]:
    u = uniforms(*storefront.key, listing.sku, day, "delivery")
    centre = delivery_centre(storefront, listing, day)
    if units < 0:  # the previous cycle left more than the next one needs
        yield Movement(day, listing, Event.ADJUSTMENTS, units, SELLABLE, centre, Reason.DISPOSED)
    elif units:
        reference = shipment_id(storefront, listing, day)
        later = int(units * u[1] / 4) if units > 8 else 0
        for part in (units - later, later):
            if part:
                yield Movement(day, listing, Event.RECEIPTS, part, SELLABLE, centre, reference=reference)


def _sent_in(storefront: Storefront, days: range) -> Iterator[Movement]:
    """Units of shipments that clients created, on the day they are received."""
    listings = {listing.sku: listing for listing in storefront.listings} if storefront.created else {}
    for shipment in storefront.created:
        if shipment.receipt_at is None:
            continue
        day = storefront.marketplace.day_of_epoch(shipment.receipt_at)
        for item in shipment.items:
            if day in days and item.received:
                yield Movement(
                    day, listings[item.sku], Event.RECEIPTS, item.received, SELLABLE, shipment.centre,
                    reference=shipment.confirmation_id,
                )  # fmt: skip


def _transfers(storefront: Storefront, days: range) -> Iterator[Movement]:
    """Units moved between warehouses of the same country; they leave and arrive on the same day."""
    centres = CENTRES.get(storefront.marketplace.country, ())
    if len(centres) < 2:
        return
    for day in days:
        for listing in storefront.listings:
            if listing.is_merchant or day < listing.launch or storefront.is_sold_out(listing, day):
                continue
            u = uniforms(*storefront.key, listing.sku, day, "transfer")
            if u[0] >= TRANSFER_SHARE:
                continue
            source = int(u[1] * len(centres))
            units = 1 + int(u[2] * 3)
            for step, quantity in ((0, -units), (1, units)):
                centre = centres[(source + step) % len(centres)]
                yield Movement(day, listing, Event.TRANSFERS, quantity, SELLABLE, centre)
