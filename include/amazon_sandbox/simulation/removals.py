"""Removal orders: units returned as unsellable are taken out of stock after 30 days.

There is one order per storefront and day, for all units that reach 30 days on that day, so unsellable stock
falls by exactly what the removal orders list. An order is sent to the seller or a liquidator in one or two
parcels, or disposed of; some orders are cancelled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.inventory import UNSELLABLE_KEPT_DAYS
from amazon_sandbox.simulation.refunds import FIRST_LAG, LAST_LAG, LONGEST_RETURN_DAYS, refunds_of_purchases
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, between, token, uniforms

DAY = 86_400
LONGEST_REMOVAL_DAYS = 24  # from the request to Completed
CANCELLED_SHARE = 0.04
RETURN_SHARE, LIQUIDATED_SHARE = 0.7, 0.15
LIQUIDATION = "Liquidations"
_FEE = 0.97  # per unit, in dollars of the largest marketplace


class Parcel(NamedTuple):
    """A parcel with units of a removal line; `at` is UTC epoch seconds."""

    at: int
    quantity: int
    carrier: str
    tracking: str


class RemovalLine(NamedTuple):
    """Units of one SKU and disposition in a removal order."""

    listing: Listing
    disposition: str
    quantity: int
    parcels: tuple[Parcel, ...]


class RemovalOrder(NamedTuple):
    """One order; instants are UTC epoch seconds. `cancelled` orders ship and dispose of nothing."""

    order_id: str
    requested: int
    begun: int
    finished: int
    order_type: str
    cancelled: bool
    lines: tuple[RemovalLine, ...]


class Progress(NamedTuple):
    """What an order line shows at an instant."""

    status: str
    updated: int
    cancelled: int = 0
    disposed: int = 0
    shipped: int = 0
    in_process: int = 0


def removals_of_days(storefront: Storefront, first: int, last: int) -> list[RemovalOrder]:
    """The removal orders requested on local days `first` to `last` (ordinals, both inclusive)."""
    due: dict[int, Counter[tuple[str, str]]] = {}
    for day in range(
        first - UNSELLABLE_KEPT_DAYS - LAST_LAG - LONGEST_RETURN_DAYS - 1,
        last - UNSELLABLE_KEPT_DAYS - FIRST_LAG + 2,
    ):
        for refund in refunds_of_purchases(storefront, day):
            for unit in refund.returns:
                if unit.disposition != "SELLABLE":
                    leaves = storefront.marketplace.day_of_epoch(unit.at + UNSELLABLE_KEPT_DAYS * DAY)
                    due.setdefault(leaves, Counter())[refund.item.listing.sku, unit.disposition] += 1
    return [_order(storefront, day, due[day]) for day in sorted(due) if first <= day <= last]


def removals_between(storefront: Storefront, start: int, end: int) -> list[RemovalOrder]:
    """The removal orders that may have been open at some instant of [start, end)."""
    first = storefront.marketplace.day_of_epoch(start) - LONGEST_REMOVAL_DAYS - 1
    return removals_of_days(storefront, first, storefront.marketplace.day_of_epoch(end))


def removal_fee(storefront: Storefront) -> int:
    """The fee for one unit, in minor units."""
    return round(_FEE * storefront.marketplace.usd_rate * (100 if storefront.marketplace.decimals else 1))


def progress(order: RemovalOrder, line: RemovalLine, now: int) -> Progress | None:
    """The progress of a line at `now`; None before the request. All lines of an order share its status."""
    if now < order.requested:
        return None
    if now < order.begun:
        return Progress("Pending", order.requested, in_process=0)
    if order.cancelled:
        return Progress("Cancelled", order.begun, cancelled=line.quantity)
    if now >= order.finished:
        if order.order_type == "Disposal":
            return Progress("Completed", order.finished, disposed=line.quantity)
        return Progress("Completed", order.finished, shipped=line.quantity)
    gone = [parcel for parcel in line.parcels if parcel.at <= now]
    sent = sum(parcel.quantity for parcel in gone)
    updated = max([order.begun, *(p.at for other in order.lines for p in other.parcels if p.at <= now)])
    return Progress("Processing", updated, shipped=sent, in_process=line.quantity - sent)


def _order(storefront: Storefront, day: int, units: Counter[tuple[str, str]]) -> RemovalOrder:
    u = uniforms(*storefront.key, day, "removal")
    requested = storefront.marketplace.day_bounds(day)[0] + int(between(u[0], 300, 7_200))
    begun = requested + int(between(u[1], 0.2, 3) * DAY)
    finished = begun + int(between(u[2], 3, LONGEST_REMOVAL_DAYS - 3) * DAY)
    cancelled = u[3] < CANCELLED_SHARE
    order_type = _type(storefront, u[4])
    listings = {listing.sku: listing for listing in storefront.listings}
    return RemovalOrder(
        order_id=token(UPPER_ALNUM, 10, *storefront.key, day, "removal order"),
        requested=requested,
        begun=begun,
        finished=finished,
        order_type=order_type,
        cancelled=cancelled,
        lines=tuple(
            RemovalLine(
                listing=listings[sku],
                disposition=disposition,
                quantity=count,
                parcels=tuple(_parcels(storefront, day, sku, disposition, count, begun, finished))
                if order_type != "Disposal" and not cancelled
                else (),
            )
            for (sku, disposition), count in sorted(units.items())
        ),
    )


def _type(storefront: Storefront, uniform: float) -> str:
    """The type of an order. Liquidators buy only in the larger marketplaces."""
    if uniform < RETURN_SHARE:
        return "Return"
    is_sold = uniform < RETURN_SHARE + LIQUIDATED_SHARE and storefront.marketplace.market_size >= 0.25
    return LIQUIDATION if is_sold else "Disposal"


def _parcels(
    storefront: Storefront, day: int, sku: str, disposition: str, count: int, begun: int, finished: int
) -> Iterator[Parcel]:
    """One parcel at the end, possibly preceded by another if there are enough units for two."""
    u = uniforms(*storefront.key, day, sku, disposition, "removal parcels")
    early = int(count * between(u[0], 0.0, 0.8))
    if early:
        at = begun + int(between(u[1], 0.2, 0.8) * (finished - begun))
        yield Parcel(at, early, *_carried(storefront, day, sku, disposition, 1))
    yield Parcel(finished, count - early, *_carried(storefront, day, sku, disposition, 2))


def _carried(storefront: Storefront, day: int, sku: str, disposition: str, index: int) -> tuple[str, str]:
    carrier = "UPS" if storefront.marketplace.region == "NA" else "DHL"
    return carrier, "1Z" + token(
        UPPER_ALNUM, 16, *storefront.key, day, sku, disposition, index, "removal parcel"
    )
