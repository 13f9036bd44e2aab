"""Bulk stock at Amazon Warehousing and Distribution: a seller's own store before FBA, by case.

Every second FBA SKU of the seller's first storefront is kept there. SKUs are divided into groups, each of
which gets one inbound shipment every eight to eleven weeks. In between, cases leave for FBA at an even pace,
so stock depends only on the day and does not change within a (UTC) day. The cases of a group that leave on
the same day form a replenishment order. Stock leaves first in, first out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, between, token, uniforms

GROUPS = 3
KEPT_DAYS = 731
EPOCH_DAY = 719_163  # 1970-01-01 as an ordinal
_MADE_DAYS, _SHIPPED_DAYS, _MOVING_DAYS, _DELIVERED_DAYS, _RECEIVING_DAYS = 24, 20, 17, 3, 2
_LONGEST_OPEN_DAYS = 4
_ON_ITS_WAY_DAYS = 5  # from AWD to FBA
_RESERVED_DAYS = 2
_SHORT_SHARE = 0.06
_KEPT_SHARE = 0.5
_EXPIRING_SHARE = 0.15
_PACKED = Decimal("1.15")  # a case is larger than what is in it
_LITRES_PER_CUBIC_FOOT = Decimal("28.316846592")


class Status(StrEnum):
    """States of an inbound shipment in their order."""

    CREATED = "CREATED"
    SHIPPED = "SHIPPED"
    IN_TRANSIT = "IN_TRANSIT"
    DELIVERED = "DELIVERED"
    RECEIVING = "RECEIVING"
    CLOSED = "CLOSED"


class Sku(NamedTuple):
    """A SKU kept at AWD: each shipment of its group brings `cases` of `case_size` units; `floor` units remain
    after the last of them has left.
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
    """One inbound shipment; `changes`: the start of each of its statuses (UTC epoch seconds), in order."""

    shipment_id: str
    order_id: str
    reference: str
    lines: tuple[Line, ...]
    changes: tuple[int, ...]
    received_at: int

    def status(self, now: int) -> Status:
        """The status at `now`, which must not precede the shipment's creation."""
        return list(Status)[sum(at <= now for at in self.changes) - 1]

    def updated_at(self, now: int) -> int:
        """When the shipment last changed."""
        return max(at for at in (*self.changes, self.received_at) if at <= now)


class Replenishment(NamedTuple):
    """The cases of a group that left for FBA on one UTC day, by SKU; `delivered_at`: UTC epoch seconds."""

    order_id: str
    left_at: int
    delivered_at: int
    lines: tuple[tuple[Sku, int], ...]


def stock_at(storefront: Storefront, now: int) -> list[Stock]:
    """The seller's AWD stock by SKU. `storefront` must be the seller's first."""
    day = _day(now)
    return [_stock(storefront, sku, day) for sku in skus(storefront) if sku.listing.launch <= day]


def shipments_seen(storefront: Storefront, now: int) -> list[Shipment]:
    """The shipments of the last two years that were created by `now`, by creation time."""
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


def shipments_arriving(storefront: Storefront, days: range) -> Iterator[Shipment]:
    """The shipments received on the given days (ordinals of UTC days)."""
    for group in range(GROUPS):
        for cycle in range(_cycle(storefront, group, days[0]), _cycle(storefront, group, days[-1]) + 1):
            if _start(storefront, group, cycle) in days:
                yield from _shipment(storefront, group, cycle)


def replenishments(storefront: Storefront, days: range) -> Iterator[Replenishment]:
    """The replenishment orders delivered on the given days (ordinals of UTC days)."""
    kept = skus(storefront)
    for day in days:
        left = day - _ON_ITS_WAY_DAYS
        for group in range(GROUPS):
            lines = tuple(
                (sku, cases)
                for sku in kept
                if sku.group == group
                for cases in (_departed(storefront, sku, left - 1, left) // sku.case_size,)
                if cases
            )
            if lines:
                yield Replenishment(
                    order_id="RPL" + token(UPPER_ALNUM, 12, *storefront.key, group, left, "awd order"),
                    left_at=(left - EPOCH_DAY) * DAY,
                    delivered_at=(day - EPOCH_DAY) * DAY,
                    lines=lines,
                )


def stored_by_shipment(storefront: Storefront, sku: Sku, day: int) -> Iterator[tuple[str, int]]:
    """Units on hand on a UTC day by the inbound shipment that brought them; none before the SKU's launch."""
    if sku.listing.launch > day:
        return
    cycle = _cycle(storefront, sku.group, day)
    gone = _gone(storefront, sku, day)
    older = max(0, sku.floor - gone)
    newer = sku.floor + _came(storefront, sku, cycle) - gone - older
    for number, units in ((cycle - 1, older), (cycle, newer)):
        if units:
            yield _shipment_id(storefront, sku.group, number), units


def cubic_feet(sku: Sku, units: int) -> Decimal:
    """The volume of a number of units in their cases."""
    return Decimal(str(round(sku.listing.litres, 6))) * _PACKED * units / _LITRES_PER_CUBIC_FOOT


def skus(storefront: Storefront) -> tuple[Sku, ...]:
    """The SKUs kept at AWD, each with its group."""
    return _skus(storefront, 0)


@kept_per_storefront(1)
def _skus(storefront: Storefront, _: int) -> tuple[Sku, ...]:
    found = []
    for listing in storefront.listings:
        u = uniforms(*storefront.key, listing.sku, "awd")
        if listing.is_merchant or u[0] >= _KEPT_SHARE:
            continue
        size = (24, 12, 6)[(listing.litres > 1.5) + (listing.litres > 6)]
        length = _length(storefront, int(u[1] * GROUPS))
        usual = listing.base_rate * storefront.marketplace.market_size * length
        found.append(Sku(listing, int(u[1] * GROUPS), size, max(2, round(usual / size)), size))
    return tuple(found)


def _stock(storefront: Storefront, sku: Sku, day: int) -> Stock:
    cycle = _cycle(storefront, sku.group, day)
    start = _start(storefront, sku.group, cycle)
    came = _came(storefront, sku, cycle)
    gone = _gone(storefront, sku, day)
    on_hand = sku.floor + came - gone
    reserved = min(
        on_hand,
        _left(storefront, sku, min(day + _RESERVED_DAYS, _start(storefront, sku.group, cycle + 1) - 1))
        - gone,
    )
    following = _start(storefront, sku.group, cycle + 1)
    expires = uniforms(*storefront.key, sku.listing.sku, "awd expires")[0] < _EXPIRING_SHARE
    return Stock(
        sku=sku,
        on_hand=on_hand,
        inbound=sku.cases * sku.case_size if following - day <= _SHIPPED_DAYS else 0,
        available=on_hand - max(0, reserved),
        reserved=max(0, reserved),
        replenishing=_departed(storefront, sku, day - _ON_ITS_WAY_DAYS, day),
        expires=(start + 540 - EPOCH_DAY) * DAY if expires else None,
    )


def _came(storefront: Storefront, sku: Sku, cycle: int) -> int:
    """Units that a cycle's shipment brought."""
    if _start(storefront, sku.group, cycle) < sku.listing.launch:
        return 0
    return (sku.cases - _missing(storefront, sku, cycle)) * sku.case_size


def _gone(storefront: Storefront, sku: Sku, day: int) -> int:
    """Units of the cycle that contains `day` that have left by then."""
    cycle = _cycle(storefront, sku.group, day)
    return min(_came(storefront, sku, cycle), _left(storefront, sku, day))


def _departed(storefront: Storefront, sku: Sku, before: int, day: int) -> int:
    """Units that left after the day `before`, up to and including `day`, which is at most one cycle later.
    What remains of a cycle leaves when the next one begins.
    """
    earlier = _cycle(storefront, sku.group, before)
    gone = _gone(storefront, sku, day) - _gone(storefront, sku, before)
    if earlier == _cycle(storefront, sku.group, day):
        return gone
    return gone + _came(storefront, sku, earlier)


def _left(storefront: Storefront, sku: Sku, day: int) -> int:
    """Units due to have left for FBA from the start of the cycle that contains `day` until then."""
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
    arrived = (day - EPOCH_DAY) * DAY
    minute = int(u[0] * DAY * 0.9)
    before = (_MADE_DAYS, _SHIPPED_DAYS, _MOVING_DAYS, _DELIVERED_DAYS, _RECEIVING_DAYS)
    closed = arrived + int(between(u[1], 1, _LONGEST_OPEN_DAYS) * DAY)
    yield Shipment(
        shipment_id=_shipment_id(storefront, group, cycle),
        order_id="AWD" + token(UPPER_ALNUM, 12, *storefront.key, group, cycle, "awd order"),
        reference=f"PO-{day}-{group}",
        lines=lines,
        changes=(*(arrived - days * DAY + (minute if days == _MADE_DAYS else 0) for days in before), closed),
        received_at=arrived,
    )


def _shipment_id(storefront: Storefront, group: int, cycle: int) -> str:
    return "STAR-" + token(UPPER_ALNUM, 13, *storefront.key, group, cycle, "awd shipment")


def _missing(storefront: Storefront, sku: Sku, cycle: int) -> int:
    """Cases of a delivery that never arrived."""
    return int(uniforms(*storefront.key, sku.listing.sku, cycle, "awd missing")[0] < _SHORT_SHARE)


def _length(storefront: Storefront, group: int) -> int:
    return _rhythm(storefront, group)[0]


def _cycle(storefront: Storefront, group: int, day: int) -> int:
    length, phase = _rhythm(storefront, group)
    return (day + phase) // length


def _start(storefront: Storefront, group: int, cycle: int) -> int:
    length, phase = _rhythm(storefront, group)
    return cycle * length - phase


@kept_per_storefront(GROUPS)
def _rhythm(storefront: Storefront, group: int) -> tuple[int, int]:
    """Days from one shipment of a group to the next, and their offset."""
    u = uniforms(*storefront.key, group, "awd cycle")
    length = int(between(u[0], 56, 78))
    return length, int(u[1] * length)


def _day(now: int) -> int:
    return datetime.fromtimestamp(now, UTC).toordinal()
