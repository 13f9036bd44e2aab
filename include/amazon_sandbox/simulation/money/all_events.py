"""All events of a storefront: what settlements, transactions and economics are made of beside orders and
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

# Each gives the events posted in [start, end), UTC epoch seconds, in any order.
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
# Days are asked for one by one, in settlements, transactions and economics: a block is made once.
BLOCK = 14 * 86_400
KEPT_BLOCKS = 64


def sku_events_between(storefront: Storefront, start: int, end: int) -> list[Event]:
    """What is charged for the storefront's own products and stock in [start, end), by posting time."""
    found = product_charges_between(storefront, start, end)
    found += advertising.invoices(storefront, start, end)
    return sorted(found, key=_order)


def product_charges_between(storefront: Storefront, start: int, end: int) -> list[Event]:
    """The same without invoices of ads, which are a month's work to make.

    An event's items say for which SKUs: economics puts them on the SKU's day, and has ads by the day of the
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
    """All events of a storefront posted in [start, end), UTC epoch seconds, by posting time; with those of
    the account that are charged there: bulk stock, subscription, services.
    """
    found = sku_events_between(storefront, start, end)
    found += account.subscription(seller, storefront, start, end)
    found += account.services(seller, storefront, start, end)
    if storefront.marketplace.marketplace_id == seller.marketplace_ids[0]:
        found += inbound.bulk_stock_fees(storefront, start, end)
    return sorted(found, key=_order)


def _order(event: Event) -> tuple[int, str, str]:
    return event.posted, event.kind, event.reference
