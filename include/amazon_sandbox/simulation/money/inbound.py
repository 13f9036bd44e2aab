"""What shipments to Amazon's warehouses cost: the carrier, the placement, defects; and bulk stock (AWD)."""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.awd_charges import Fee, charges_between
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.created_shipments import PLACEMENT
from amazon_sandbox.simulation.money.events import Event, Item
from amazon_sandbox.simulation.storefront import Storefront

KINDS_OF_AWD = {
    Fee.STORAGE: "awd.storage",
    Fee.PROCESSING: "awd.processing",
    Fee.TRANSPORTATION: "awd.transportation",
}


def created_shipment_fees(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """What shipments that clients created cost. Settlements name the shipment in place of an order."""
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


def bulk_stock_fees(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """What AWD charges: an event per shipment or replenishment order, one for a month's storage."""
    sums: dict[tuple[Fee, int, str], dict[Listing, int]] = {}
    for charge in charges_between(storefront, start, end):
        key = charge.fee, charge.at, "" if charge.fee is Fee.STORAGE else charge.reference
        by_listing = sums.setdefault(key, {})
        by_listing[charge.sku.listing] = by_listing.get(charge.sku.listing, 0) + charge.amount
    for (fee, at, reference), by_listing in sums.items():
        items = tuple(Item(listing, 0, -amount) for listing, amount in by_listing.items() if amount)
        if items:
            yield Event(KINDS_OF_AWD[fee], at, storefront, reference, items, order_id=reference)
