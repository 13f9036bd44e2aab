"""What leaves Amazon's warehouses: the shipments of orders, and free replacements of earlier ones.

An order ships as a single shipment at the order's shipping time; its report rows follow some hours later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from amazon_sandbox.simulation.orders import HOUR, LONGEST_LIFE_DAYS, Order, OrderItem, orders_on
from amazon_sandbox.simulation.refunds import CENTRES
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, between, number, pick, token, uniforms

DAY = 86_400
REPLACED_SHARE = 0.006
FIRST_REPLACED, LAST_REPLACED = 4, 25  # days from shipment to the replacement's shipment
REPLACEMENT_REASONS = tuple(range(8))  # Amazon's codes: 0 other, 1 missing, 2 wrong item, 4 defective, ...
_ABROAD_SHARE, _NAMELESS_SHARE = 0.02, 0.01
_CARRIERS = {"US": ("AMZN_US", "UPS", "USPS"), "DE": ("AMZN_DE", "DHL"), "GB": ("AMZN_UK", "Royal Mail")}


class Shipment(NamedTuple):
    """One item of a shipped FBA order. Instants are UTC epoch seconds; `reported` is when its row appears."""

    order: Order
    item: OrderItem
    shipment_id: str
    shipment_item_id: str
    reported: int
    arrives: int
    carrier: str
    tracking: str
    centre: str

    @property
    def reported_id(self) -> str:
        """The shipment-id of reports: empty when the parcel crosses a border."""
        return "" if self._fate[0] < _ABROAD_SHARE else self.shipment_id

    @property
    def reported_item_id(self) -> str:
        """The shipment-item-id of reports, which Amazon sometimes never fills in."""
        return "" if self._fate[1] < _NAMELESS_SHARE else self.shipment_item_id

    @property
    def _fate(self) -> tuple[float, ...]:
        return uniforms(self.order.order_id, "ids of its shipment")


class Replacement(NamedTuple):
    """One item sent again free of charge, under a separate order."""

    order: Order
    item: OrderItem
    at: int
    order_id: str
    reason: int
    centre: str
    original_centre: str


def centre_of(storefront: Storefront, order: Order) -> str:
    """The fulfilment centre an order leaves from."""
    u = uniforms(*storefront.key, order.order_id, "centre")
    return pick(u[0], CENTRES.get(storefront.marketplace.country, ("XEU1",)))


def shipments_between(storefront: Storefront, start: int, end: int) -> Iterator[Shipment]:
    """The FBA items shipped in [start, end), by day of purchase."""
    for order in shipped_orders(storefront, start, end):
        yield from _shipments(storefront, order)


def shipped_orders(storefront: Storefront, start: int, end: int) -> Iterator[Order]:
    """The FBA orders shipped in [start, end)."""
    first = storefront.marketplace.day_of_epoch(start) - LONGEST_LIFE_DAYS
    for day in range(first, storefront.marketplace.day_of_epoch(end) + 1):
        for order in orders_on(storefront, day):
            if not order.is_merchant and start <= order.shipped < end:
                yield order


def _shipments(storefront: Storefront, order: Order) -> Iterator[Shipment]:
    u = uniforms(*storefront.key, order.order_id, "shipment")
    country = storefront.marketplace.country
    carrier = pick(u[0], _CARRIERS.get(country, (f"AMZN_{country}",)))
    for item in order.items:
        yield Shipment(
            order=order,
            item=item,
            shipment_id=token(UPPER_ALNUM, 9, order.order_id, "shipment"),  # as in the settlement
            shipment_item_id="D" + token(UPPER_ALNUM, 8, *storefront.key, item.item_id, "shipment item"),
            reported=order.shipped + int(between(u[1], 1, 3) * HOUR),
            arrives=order.shipped + int(between(u[2], 1, 4) * DAY),
            carrier=carrier,
            tracking="T" + token(UPPER_ALNUM, 11, *storefront.key, order.order_id, "tracking"),
            centre=centre_of(storefront, order),
        )


def replacements_between(storefront: Storefront, start: int, end: int) -> Iterator[Replacement]:
    """The replacements shipped in [start, end)."""
    for order in shipped_orders(storefront, start - LAST_REPLACED * DAY, end - FIRST_REPLACED * DAY):
        u = uniforms(*storefront.key, order.order_id, "replacement")
        if u[0] >= REPLACED_SHARE:
            continue
        at = order.shipped + int(between(u[1], FIRST_REPLACED, LAST_REPLACED) * DAY)
        if start <= at < end:
            yield Replacement(
                order=order,
                item=pick(u[2], order.items),
                at=at,
                order_id=_new_order_id(storefront, order, u[3]),
                reason=pick(u[4], REPLACEMENT_REASONS),
                centre=pick(u[5], CENTRES.get(storefront.marketplace.country, ("XEU1",))),
                original_centre=centre_of(storefront, order),
            )


def _new_order_id(storefront: Storefront, order: Order, uniform: float) -> str:
    digits = f"{number(*storefront.key, order.order_id, 'replacement id') % 10**14:014d}"
    return f"{pick(uniform, storefront.marketplace.order_prefixes)}-{digits[:7]}-{digits[7:]}"
