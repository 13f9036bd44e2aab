"""All events of a storefront: what makes up settlements, transactions and economics besides orders and
refunds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from amazon_sandbox.simulation.money import (
    account,
    adjustments,
    advertising,
    inbound,
    promotions,
    reimbursements,
    removals,
    retrocharges,
    returns,
    storage,
)
from amazon_sandbox.simulation.money.events import Event
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront

Family = Callable[[Storefront, int, int], Iterator[Event]]

# Each yields the events posted in [start, end), UTC epoch seconds, in any order.
FAMILIES: tuple[Family, ...] = (
    adjustments.corrections,
    inbound.shipment_fees,
    promotions.promotion_fees,
    reimbursements.payments,
    removals.removal_fees,
    removals.liquidations,
    retrocharges.retrocharges,
    returns.processing_fees,
)
# These also depend on the shipments that clients created.
CREATED: tuple[Family, ...] = (inbound.created_shipment_fees, storage.storage_charges)
# Settlements, transactions and economics request days one by one; each block is generated only once.
BLOCK = 14 * 86_400
KEPT_BLOCKS = 64


def sku_events_between(storefront: Storefront, start: int, end: int) -> list[Event]:
    """What is charged for the storefront's own products and stock in [start, end), by posting time."""
    found = product_charges_between(storefront, start, end)
    found += advertising.invoices(storefront, start, end)
    return sorted(found, key=_order)


def product_charges_between(storefront: Storefront, start: int, end: int) -> list[Event]:
    """The same as `sku_events_between` without ad invoices, which require generating a whole month.

    An event's items name the SKUs: economics assigns the amounts to the SKU's day, and ads to the day of the
    spend.
    """
    found = [
        event
        for block in range(start // BLOCK, (end - 1) // BLOCK + 1)
        for event in _generated(storefront, block)
        if start <= event.posted < end
    ]
    found += [event for family in CREATED for event in family(storefront, start, end)]
    return sorted(found, key=_order)


@kept_per_storefront(KEPT_BLOCKS)
def _generated(storefront: Storefront, block: int) -> tuple[Event, ...]:
    span = block * BLOCK, (block + 1) * BLOCK
    return tuple(event for family in FAMILIES for event in family(storefront, *span))


def events_between(seller: Seller, storefront: Storefront, start: int, end: int) -> list[Event]:
    """All events of a storefront posted in [start, end), UTC epoch seconds, by posting time, including the
    account-level events charged there: bulk stock, subscription, services.
    """
    found = sku_events_between(storefront, start, end)
    found += account.subscription(seller, storefront, start, end)
    found += account.services(seller, storefront, start, end)
    if storefront.marketplace.marketplace_id == seller.marketplace_ids[0]:
        found += inbound.bulk_stock_fees(storefront, start, end)
    return sorted(found, key=_order)


def _order(event: Event) -> tuple[int, str, str]:
    return event.posted, event.kind, event.reference
