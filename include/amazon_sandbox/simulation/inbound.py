"""How stock gets to FBA: the deliveries that start the stock cycles, as shipments and their plans.

The deliveries to a storefront on one day form one inbound plan with a shipment per SKU, whose units are those
that the inventory ledger receives. A plan is made nine days before the delivery; its shipments leave six days
before it and are being received from two days before it, as the inventory reports show them. Occasionally a
few units never arrive, so more was shipped than received.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.deliveries import arrivals, deliveries, delivery_centre, shipment_id
from amazon_sandbox.simulation.inventory import DAY, INBOUND_SEEN_DAYS, RECEIVING_DAYS
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import Key, between, number, uniforms

PLANNED_DAYS = 9
LONGEST_OPEN_DAYS = 7  # from the arrival of the units until a shipment is closed
KEPT_DAYS = 731
BLOCK_DAYS = 28
KEPT_BLOCKS = 64
ACTIVE = "ACTIVE"  # the status of a plan until all its shipments have left
_SHORT_SHARE = 0.04


class Status(StrEnum):
    """States of a shipment that both versions of the API have."""

    WORKING = "WORKING"
    SHIPPED = "SHIPPED"
    RECEIVING = "RECEIVING"
    CLOSED = "CLOSED"


class Shipment(NamedTuple):
    """Units of one SKU on their way to a warehouse; `shipped` includes those that never arrive.

    Instants are UTC epoch seconds: when the shipment was made, left, began to be received, was received and
    was closed.
    """

    confirmation_id: str
    shipment_id: str
    listing: Listing
    centre: str
    shipped: int
    received: int
    made_at: int
    left_at: int
    receiving_at: int
    received_at: int
    closed_at: int

    def status(self, now: int) -> Status:
        """The status at `now`, which must not precede the shipment's creation."""
        if now < self.left_at:
            return Status.WORKING
        if now < self.receiving_at:
            return Status.SHIPPED
        return Status.RECEIVING if now < self.closed_at else Status.CLOSED

    def updated_at(self, now: int) -> int:
        """When the status last changed. Arriving units do not count: Amazon's list does not show them."""
        return max(at for at in (self.made_at, self.left_at, self.receiving_at, self.closed_at) if at <= now)

    def items_updated_at(self, now: int) -> int:
        """When the quantities last changed."""
        return max(at for at in (self.made_at, self.left_at, self.received_at, self.closed_at) if at <= now)

    def arrived(self, now: int) -> int:
        """Units received by `now`."""
        return self.received if now >= self.received_at else 0


class Plan(NamedTuple):
    """The shipments of one delivery day of a storefront, created together."""

    plan_id: str
    name: str
    storefront: Storefront
    placement_option_id: str
    packing_option_id: str
    shipments: tuple[Shipment, ...]

    @property
    def made_at(self) -> int:
        """UTC epoch seconds."""
        return self.shipments[0].made_at

    def status(self, now: int) -> str:
        """ACTIVE until everything has left."""
        return ACTIVE if now < self.shipments[0].left_at else "SHIPPED"

    def updated_at(self, now: int) -> int:
        """When the plan or one of its shipments last changed."""
        return max(shipment.updated_at(now) for shipment in self.shipments)


def plans_seen(storefront: Storefront, since: int, now: int) -> Iterator[Plan]:
    """The plans made by `now` that may have changed at `since` or later (UTC epoch seconds), by delivery day;
    none older than two years.
    """
    today = storefront.marketplace.day_of_epoch(now)
    earliest = max(since, now - KEPT_DAYS * DAY)
    first = storefront.marketplace.day_of_epoch(earliest) - LONGEST_OPEN_DAYS
    last = today + PLANNED_DAYS
    for block in range(first // BLOCK_DAYS, last // BLOCK_DAYS + 1):
        for plan in inbound_plans(storefront, block):
            if plan.made_at <= now:
                yield plan


@kept_per_storefront(KEPT_BLOCKS)
def inbound_ids(storefront: Storefront, block: int) -> frozenset[str]:
    """The plan ids of a block and the confirmation ids of their shipments, without generating orders. Ids of
    deliveries without units are included.
    """
    begun = list(arrivals(storefront, _days(block)))
    return frozenset(
        (
            *(_plan_id(storefront, day) for day in {arrival.day for arrival in begun}),
            *(shipment_id(storefront, arrival.listing, arrival.day) for arrival in begun),
        )
    )


@kept_per_storefront(KEPT_BLOCKS)
def inbound_plans(storefront: Storefront, block: int) -> tuple[Plan, ...]:
    """The plans of the delivery days of a block, by day."""
    by_day: dict[int, list[tuple[Listing, int]]] = {}
    for delivery in deliveries(storefront, _days(block)):
        if delivery.units > 0:
            by_day.setdefault(delivery.day, []).append((delivery.listing, delivery.units))
    return tuple(_plan(storefront, day, by_day[day]) for day in sorted(by_day))


def _days(block: int) -> range:
    return range(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS)


def _plan_id(storefront: Storefront, day: int) -> str:
    return _id("wf", *storefront.key, day, "plan")


def _plan(storefront: Storefront, day: int, units: list[tuple[Listing, int]]) -> Plan:
    made_at = _start(storefront, day - PLANNED_DAYS) + int(
        uniforms(*storefront.key, day, "planned")[0] * DAY * 0.9
    )
    return Plan(
        plan_id=_plan_id(storefront, day),
        name=f"Restock {storefront.marketplace.country} {day}",
        storefront=storefront,
        placement_option_id=_id("pl", *storefront.key, day, "placement"),
        packing_option_id=_id("po", *storefront.key, day, "packing"),
        shipments=tuple(_shipment(storefront, listing, day, count, made_at) for listing, count in units),
    )


def _shipment(storefront: Storefront, listing: Listing, day: int, units: int, made_at: int) -> Shipment:
    u = uniforms(*storefront.key, listing.sku, day, "inbound")
    missing = 1 + int(u[1] * 3) if u[0] < _SHORT_SHARE else 0
    arrived = _start(storefront, day)
    return Shipment(
        confirmation_id=shipment_id(storefront, listing, day),
        shipment_id=_id("sh", *storefront.key, listing.sku, day, "shipment"),
        listing=listing,
        centre=delivery_centre(storefront, listing, day),
        shipped=units + missing,
        received=units,
        made_at=made_at,
        left_at=_start(storefront, day - INBOUND_SEEN_DAYS),
        receiving_at=_start(storefront, day - RECEIVING_DAYS),
        received_at=arrived,
        closed_at=arrived + int(between(u[2], 1, LONGEST_OPEN_DAYS - 1) * DAY),
    )


def _start(storefront: Storefront, day: int) -> int:
    return storefront.marketplace.day_bounds(day)[0]


def _id(prefix: str, *key: Key) -> str:
    """38 characters, as all ids of this API: two letters and a UUID."""
    bits = number(*key, "high") << 64 | number(*key, "low")
    return prefix + str(uuid.UUID(int=bits, version=4))
