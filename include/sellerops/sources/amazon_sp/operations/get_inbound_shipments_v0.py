"""getShipments and getShipmentItems (Fulfillment Inbound v0): what was sent to FBA, and what arrived.

No other operation tells the quantity received. Two facts that the model hides: a range of dates is refused
without statuses beside it, and a shipment is not listed anew when only its items' quantities have changed.
So the items are asked for by their own range of dates, not shipment by shipment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/fba/inbound/v0/"
STATUSES = (
    "WORKING", "READY_TO_SHIP", "SHIPPED", "IN_TRANSIT", "DELIVERED", "CHECKED_IN", "RECEIVING", "CLOSED",
    "CANCELLED", "DELETED", "ERROR",
)  # fmt: skip


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """Shipments of the slice's shop updated in its window (pages ``shipments``), then the items updated in
    it (pages ``items``).
    """
    slice_ = asked.slice_
    if slice_.start is None or slice_.end is None:
        raise ConfigurationError("getShipments needs a window.", remedy="Set `period.kind: range`.")
    shop = slice_.marketplace_ids[0]
    window: dict[str, Any] = {
        "QueryType": "DATE_RANGE",
        "MarketplaceId": shop,
        "LastUpdatedAfter": iso(slice_.start),
        "LastUpdatedBefore": iso(slice_.end),
        **asked.options,
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
            beside={"QueryType": "NEXT_TOKEN", "MarketplaceId": shop},
            name=name,
        ):
            yield page
