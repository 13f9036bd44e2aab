"""getShipments and getShipmentItems (Fulfillment Inbound v0): what was sent to FBA, and what arrived.

No other operation returns the quantity received. The model omits two facts: Amazon refuses a range of dates
without statuses, and it does not list a shipment again when only the quantities of its items have changed.
Items are therefore requested by their own range of dates, not shipment by shipment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sellerops.sources.common.operations import Calls, OperationInput, Page, window_of
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/fba/inbound/v0/"
STATUSES = (
    "WORKING", "READY_TO_SHIP", "SHIPPED", "IN_TRANSIT", "DELIVERED", "CHECKED_IN", "RECEIVING", "CLOSED",
    "CANCELLED", "DELETED", "ERROR",
)  # fmt: skip


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """Shipments of the slice's marketplace updated in its window (pages ``shipments``), then the items
    updated in it (pages ``items``).
    """
    start, end = window_of(wanted.slice_, "getShipments")
    marketplace_id = wanted.slice_.marketplace_ids[0]
    window: dict[str, Any] = {
        "QueryType": "DATE_RANGE",
        "MarketplaceId": marketplace_id,
        "LastUpdatedAfter": iso(start),
        "LastUpdatedBefore": iso(end),
        **wanted.options,
    }
    lists = (
        ("getShipments", "shipments", {**window, "ShipmentStatusList": list(STATUSES)}, "ShipmentData"),
        ("getShipmentItems", "shipmentItems", window, "ItemData"),
    )
    for (operation, path, query, rows), name in zip(lists, ("shipments", "items"), strict=True):
        async for page in read_pages(
            calls,
            operation,
            _PATH + path,
            query,
            list_at=f"payload.{rows}",
            token_at="payload.NextToken",
            token_as="NextToken",
            beside={"QueryType": "NEXT_TOKEN", "MarketplaceId": marketplace_id},
            name=name,
        ):
            yield page
