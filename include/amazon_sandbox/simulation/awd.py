"""Bulk stock at Amazon Warehousing and Distribution: a seller's own store before FBA, by case.

Every second FBA SKU of the seller's first storefront is kept there. SKUs come in groups, each with one
inbound shipment every eight to eleven weeks; in between cases leave for FBA at an even pace, so that stock
depends on the day alone and does not change within a (UTC) day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, between, token, uniforms

GROUPS = 3
KEPT_DAYS = 731
_EPOCH_DAY = 719_163  # 1970-01-01 as an ordinal
_MADE_DAYS, _SHIPPED_DAYS, _MOVING_DAYS, _DELIVERED_DAYS, _RECEIVING_DAYS = 24, 20, 17, 3, 2
_LONGEST_OPEN_DAYS = 4
_ON_ITS_WAY_DAYS = 5  # from AWD to FBA
_RESERVED_DAYS = 2
_SHORT_SHARE = 0.06
_KEPT_SHARE = 0.5
_EXPIRING_SHARE = 0.15


class Status(StrEnum):
    """States of an inbound shipment in their order."""

    CREATED = "CREATED"
    SHIPPED = "SHIPPED"
    IN_TRANSIT = "IN_TRANSIT"
    DELIVERED = "DELIVERED"
    RECEIVING = "RECEIVING"
    CLOSED = "CLOSED"


class Sku(NamedTuple):
    """What is kept: `cases` of `case_size` units come with each shipment of its group; `floor` units stay
    when the last of them has left.
    """

    listing: Listing
    group: int
    case_size: int
    cases: int
    floor: int


class Stock(NamedTuple):
    """Units of one SKU; on hand = available + reserved. `replenishing`: on their way to FBA."""

    sku: Sku
    on_hand: int
    inbound: int
    available: int
    reserved: int
    replenishing: int
    expires: int | None


class Line(NamedTuple):
    """One SKU of a shipment, in cases."""

    sku: Sku
    expected: int
    received: int


class Shipment(NamedTuple):
    """One inbound shipment; `changes`: when (UTC epoch seconds) each of its statuses begins, in order."""

    shipment_id: str
    order_id: str
    reference: str
    lines: tuple[Line, ...]
    changes: tuple[int, ...]
    received_at: int

    def status(self, now: int) -> Status:
        """Its status at `now`, which must not be before it was created."""
        return list(Status)[sum(at <= now for at in self.changes) - 1]

    def updated_at(self, now: int) -> int:
        """When something last changed."""
        return max(at for at in (*self.changes, self.received_at) if at <= now)


def stock_at(storefront: Storefront, now: int) -> list[Stock]:
    """Stock by SKU of the seller whose first storefront it is."""
    day = _day(now)
    return [_stock(storefront, sku, day) for sku in skus(storefront) if sku.listing.launch <= day]


def shipments_seen(storefront: Storefront, now: int) -> list[Shipment]:
    """The shipments of the last two years made by `now`, by the time they were made."""
    today = _day(now)
    found = [
        shipment
        for group in range(GROUPS)
        for cycle in range(
            _cycle(storefront, group, today - KEPT_DAYS), _cycle(storefront, group, today + _MADE_DAYS) + 1
        )
        for shipment in _shipment(storefront, group, cycle)
        if shipment.changes[0] <= now
    ]
    return sorted(found, key=lambda shipment: shipment.changes[0])


def skus(storefront: Storefront) -> list[Sku]:
    """The SKUs that are kept, each with its group."""
    found = []
    for listing in storefront.listings:
        u = uniforms(*storefront.key, listing.sku, "awd")
        if listing.is_merchant or u[0] >= _KEPT_SHARE:
            continue
        size = (24, 12, 6)[(listing.litres > 1.5) + (listing.litres > 6)]
        length = _length(storefront, int(u[1] * GROUPS))
        usual = listing.base_rate * storefront.marketplace.market_size * length
        found.append(Sku(listing, int(u[1] * GROUPS), size, max(2, round(usual / size)), size))
    return found


def _stock(storefront: Storefront, sku: Sku, day: int) -> Stock:
    cycle = _cycle(storefront, sku.group, day)
    start = _start(storefront, sku.group, cycle)
    came = (
        (sku.cases - _missing(storefront, sku, cycle)) * sku.case_size if start >= sku.listing.launch else 0
    )
    gone = min(came, _left(storefront, sku, day))
    on_hand = sku.floor + came - gone
    reserved = min(
        on_hand,
        _left(storefront, sku, min(day + _RESERVED_DAYS, _start(storefront, sku.group, cycle + 1) - 1))
        - gone,
    )
    before = min(came, _left(storefront, sku, max(start, day - _ON_ITS_WAY_DAYS)))
    following = _start(storefront, sku.group, cycle + 1)
    expires = uniforms(*storefront.key, sku.listing.sku, "awd expires")[0] < _EXPIRING_SHARE
    return Stock(
        sku=sku,
        on_hand=on_hand,
        inbound=sku.cases * sku.case_size if following - day <= _SHIPPED_DAYS else 0,
        available=on_hand - max(0, reserved),
        reserved=max(0, reserved),
        replenishing=gone - before,
        expires=(start + 540 - _EPOCH_DAY) * DAY if expires else None,
    )


def _left(storefront: Storefront, sku: Sku, day: int) -> int:
    """Units that have left for FBA since the cycle of `day` began."""
    cycle = _cycle(storefront, sku.group, day)
    passed = day - _start(storefront, sku.group, cycle)
    return sku.cases * passed // _length(storefront, sku.group) * sku.case_size


def _shipment(storefront: Storefront, group: int, cycle: int) -> Iterator[Shipment]:
    day = _start(storefront, group, cycle)
    lines = tuple(
        Line(sku, sku.cases, sku.cases - _missing(storefront, sku, cycle))
        for sku in skus(storefront)
        if sku.group == group and sku.listing.launch <= day
    )
    if not lines:
        return
    u = uniforms(*storefront.key, group, cycle, "awd shipment")
    arrived = (day - _EPOCH_DAY) * DAY
    minute = int(u[0] * DAY * 0.9)
    before = (_MADE_DAYS, _SHIPPED_DAYS, _MOVING_DAYS, _DELIVERED_DAYS, _RECEIVING_DAYS)
    closed = arrived + int(between(u[1], 1, _LONGEST_OPEN_DAYS) * DAY)
    yield Shipment(
        shipment_id="STAR-" + token(UPPER_ALNUM, 13, *storefront.key, group, cycle, "awd shipment"),
        order_id="AWD" + token(UPPER_ALNUM, 12, *storefront.key, group, cycle, "awd order"),
        reference=f"PO-{day}-{group}",
        lines=lines,
        changes=(*(arrived - days * DAY + (minute if days == _MADE_DAYS else 0) for days in before), closed),
        received_at=arrived,
    )


def _missing(storefront: Storefront, sku: Sku, cycle: int) -> int:
    """Cases of a delivery that never arrived."""
    return int(uniforms(*storefront.key, sku.listing.sku, cycle, "awd missing")[0] < _SHORT_SHARE)


def _length(storefront: Storefront, group: int) -> int:
    return int(between(uniforms(*storefront.key, group, "awd cycle")[0], 56, 78))


def _cycle(storefront: Storefront, group: int, day: int) -> int:
    return (day + _phase(storefront, group)) // _length(storefront, group)


def _start(storefront: Storefront, group: int, cycle: int) -> int:
    return cycle * _length(storefront, group) - _phase(storefront, group)


def _phase(storefront: Storefront, group: int) -> int:
    return int(uniforms(*storefront.key, group, "awd cycle")[1] * _length(storefront, group))


def _day(now: int) -> int:
    return datetime.fromtimestamp(now, UTC).toordinal()
