"""All events of a storefront: what settlements, transactions and economics are made of beside orders and
refunds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from amazon_sandbox.simulation.money import account, advertising, inbound, storage
from amazon_sandbox.simulation.money.events import Event
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.storefront import Storefront

Family = Callable[[Storefront, int, int], Iterator[Event]]

# Each gives the events posted in [start, end), UTC epoch seconds, in any order.
FAMILIES: tuple[Family, ...] = (
    advertising.invoices,
    inbound.created_shipment_fees,
    storage.storage_charges,
)


def sku_events_between(storefront: Storefront, start: int, end: int) -> list[Event]:
    """What is charged for the storefront's own products and stock, by posting time.

    An event's items say for which SKUs: economics puts them on the SKU's day.
    """
    found = [event for family in FAMILIES for event in family(storefront, start, end)]
    return sorted(found, key=lambda event: (event.posted, event.kind, event.reference))


def events_between(seller: Seller, storefront: Storefront, start: int, end: int) -> list[Event]:
    """All events of a storefront posted in [start, end), UTC epoch seconds, by posting time; with those of
    the account that are charged there (bulk stock, subscription, balances).
    """
    found = sku_events_between(storefront, start, end)
    found += account.subscription(seller, storefront, start, end)
    if storefront.marketplace.marketplace_id == seller.marketplace_ids[0]:
        found += inbound.bulk_stock_fees(storefront, start, end)
    return sorted(found, key=lambda event: (event.posted, event.kind, event.reference))
