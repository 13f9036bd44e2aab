"""The costs of shipments to Amazon's warehouses (carrier, placement, defects) and of bulk stock (AWD)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from amazon_sandbox.simulation.awd_charges import Fee, charges_between
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.created_shipments import PLACEMENT, PLACEMENT_CHARGED_AFTER
from amazon_sandbox.simulation.inbound import (
    BLOCK_DAYS,
    LONGEST_OPEN_DAYS,
    Shipment,
    inbound_plans,
)
from amazon_sandbox.simulation.inventory import DAY, INBOUND_SEEN_DAYS
from amazon_sandbox.simulation.money.events import Event, Item, minor, with_tax
from amazon_sandbox.simulation.money.months import instant
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import pick, uniforms

KINDS_OF_AWD = {
    Fee.STORAGE: "awd.storage",
    Fee.PROCESSING: "awd.processing",
    Fee.TRANSPORTATION: "awd.transportation",
}

# Placement and defects are charged only in the United States.
_PLACEMENT_IN = frozenset(("US",))
_CARRIED_SHARE, _PROGRAM_SHARE, _DISCOUNTED_SHARE, _DEFECT_SHARE = 0.6, 0.08, 0.1, 0.02
_OLDER_PLACEMENT_SHARE = 0.25
_OLD_NAMES_UNTIL = instant(date(2025, 10, 1))
_DEFECTS = ("Shipment deleted or abandoned", "Boxes at the wrong warehouse", "Barcode cannot be scanned")


def created_shipment_fees(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """Charges for shipments that clients created. Settlements name the shipment in place of an order."""
    for shipment in storefront.created:
        for charge in shipment.charges():
            if start <= charge.at < end:
                yield Event(
                    "inbound.placement" if charge.name == PLACEMENT else "inbound.transport",
                    charge.at,
                    storefront,
                    charge.confirmation_id,
                    (Item(None, 0, -charge.amount),),
                    order_id=charge.confirmation_id,
                )


def shipment_fees(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """Charges for generated shipments in [start, end): the carrier when they leave, the placement 45 days
    after receipt, defects after they are closed.
    """
    placed = range(start - PLACEMENT_CHARGED_AFTER, end - PLACEMENT_CHARGED_AFTER)
    moving = range(start - (LONGEST_OPEN_DAYS + 2) * DAY, end + INBOUND_SEEN_DAYS * DAY)
    blocks = {block for span in (placed, moving) for block in _blocks(storefront, span)}
    for block in sorted(blocks):
        for plan in inbound_plans(storefront.generated, block):
            for shipment in plan.shipments:
                for event in _fees_of(storefront, shipment):
                    if start <= event.posted < end:
                        yield with_tax(event)


def _blocks(storefront: Storefront, span: range) -> range:
    """The blocks of delivery days that cover a span of epoch seconds and one day on either side."""
    first = storefront.marketplace.day_of_epoch(span.start) - 1
    last = storefront.marketplace.day_of_epoch(span.stop) + 1
    return range(first // BLOCK_DAYS, last // BLOCK_DAYS + 1)


def _fees_of(storefront: Storefront, shipment: Shipment) -> Iterator[Event]:
    u = uniforms(*storefront.key, shipment.confirmation_id, "inbound fees")
    is_american = storefront.marketplace.country in _PLACEMENT_IN
    if is_american and shipment.received:
        each = minor(storefront, 0.2 + 0.03 * shipment.listing.litres)
        at = shipment.received_at + PLACEMENT_CHARGED_AFTER
        variant = "older" if u[0] < _OLDER_PLACEMENT_SHARE else ""
        yield _fee("inbound.placement", storefront, shipment, at, each * shipment.received, variant)
    if u[1] < _CARRIED_SHARE:
        carried = minor(storefront, 6 + 0.06 * shipment.listing.litres * shipment.shipped)
        at = shipment.left_at + int(u[2] * 20 * 3600)
        variant = "" if at >= _OLD_NAMES_UNTIL else "older" if u[3] < 0.5 else "oldest"
        event = _fee("inbound.transport", storefront, shipment, at, carried, variant)
        yield event._replace(discount=carried // 10 if not variant and u[4] < _DISCOUNTED_SHARE else 0)
    elif u[1] < _CARRIED_SHARE + _PROGRAM_SHARE:
        carried = minor(storefront, 12 + 0.05 * shipment.listing.litres * shipment.shipped)
        yield _fee("inbound.program", storefront, shipment, shipment.left_at + DAY, carried)
    if is_american and u[5] < _DEFECT_SHARE:
        cost = minor(storefront, 0.2) * shipment.shipped
        text = f"{pick(u[6], _DEFECTS)} {shipment.confirmation_id}"
        at = shipment.closed_at + DAY
        yield _fee("inbound.defect", storefront, shipment, at, cost)._replace(text=text)


def _fee(
    kind: str, storefront: Storefront, shipment: Shipment, at: int, amount: int, variant: str = ""
) -> Event:
    items = (Item(shipment.listing, shipment.shipped, -amount),)
    reference = shipment.confirmation_id
    return Event(kind, at, storefront, reference, items, order_id=reference, variant=variant)


def bulk_stock_fees(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """AWD's charges: one event per shipment or replenishment order, and one for a month's storage."""
    sums: dict[tuple[Fee, int, str], dict[Listing, int]] = {}
    for charge in charges_between(storefront, start, end):
        key = charge.fee, charge.at, "" if charge.fee is Fee.STORAGE else charge.reference
        by_listing = sums.setdefault(key, {})
        by_listing[charge.sku.listing] = by_listing.get(charge.sku.listing, 0) + charge.amount
    for (fee, at, reference), by_listing in sums.items():
        items = tuple(Item(listing, 0, -amount) for listing, amount in by_listing.items() if amount)
        if items:
            yield Event(KINDS_OF_AWD[fee], at, storefront, reference, items, order_id=reference)
