"""FBA Inventory v1: its usage plan and its summaries, from the stock that the inventory report shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.inventory import Stock, shared_stock_at
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import uniforms

# Usage plan as the description in fbaInventory.json gives it.
USAGE_PLANS = {"getInventorySummaries": UsagePlan(2.0, 2)}
PATH = "/fba/inventory/v1/summaries"
PAGE_SIZE = 50
TOKEN_SECONDS = 30.0
OLDEST = timedelta(days=548)
_COUNTED_EVERY = 3 * 3600


def summaries(
    storefront: Storefront, now: int, *, details: bool, others: Iterable[Storefront] = ()
) -> list[dict[str, Any]]:
    """Every SKU with FBA stock records at `now` (UTC epoch seconds), in the catalogue's order.

    `others`: the account's storefronts; those that share this one's stock are included.
    """
    stocks = shared_stock_at(others, storefront, now)
    return [
        _summary(storefront, listing, stocks[listing.sku], now, details)
        for listing in storefront.listings
        if listing.sku in stocks
    ]


def _summary(
    storefront: Storefront, listing: Listing, stock: Stock, now: int, details: bool
) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "asin": listing.asin,
        "fnSku": listing.fnsku,
        "sellerSku": listing.sku,
        "condition": "NewItem",
        "lastUpdatedTime": iso_utc(_last_updated(storefront, listing, now)).replace("+00:00", "Z"),
        "productName": listing.title(storefront.marketplace.language),
        "totalQuantity": stock.total,
        "stores": [],
    }
    if details:
        summary["inventoryDetails"] = _details(stock)
    return summary


def _details(stock: Stock) -> dict[str, Any]:
    return {
        "fulfillableQuantity": stock.fulfillable,
        "inboundWorkingQuantity": stock.inbound_working,
        "inboundShippedQuantity": stock.inbound_shipped,
        "inboundReceivingQuantity": stock.inbound_receiving,
        "reservedQuantity": {
            "totalReservedQuantity": stock.reserved,
            "pendingCustomerOrderQuantity": stock.reserved,
            "pendingTransshipmentQuantity": 0,
            "fcProcessingQuantity": 0,
        },
        "researchingQuantity": {
            "totalResearchingQuantity": 0,
            "researchingQuantityBreakdown": [
                {"name": name, "quantity": 0}
                for name in (
                    "researchingQuantityInShortTerm",
                    "researchingQuantityInMidTerm",
                    "researchingQuantityInLongTerm",
                )
            ],
        },
        "unfulfillableQuantity": {
            "totalUnfulfillableQuantity": stock.unsellable,
            "customerDamagedQuantity": stock.unsellable,
            "warehouseDamagedQuantity": 0,
            "distributorDamagedQuantity": 0,
            "carrierDamagedQuantity": 0,
            "defectiveQuantity": 0,
            "expiredQuantity": 0,
        },
    }


def _last_updated(storefront: Storefront, listing: Listing, now: int) -> int:
    """A SKU is counted every three hours, each at its own minute."""
    phase = int(uniforms(*storefront.key, listing.sku, "counted")[0] * _COUNTED_EVERY)
    return now - (now - phase) % _COUNTED_EVERY
