"""listInboundShipments (AWD 2024-05-09), and getInboundShipment of each that it lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/awd/2024-05-09/inboundShipments"
_MOST_RESULTS = "200"


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """The list of what was updated in the slice's window (pages ``list``), then every shipment of it with
    its SKUs (pages ``shipment``).
    """
    slice_ = asked.slice_
    if slice_.start is None or slice_.end is None:
        raise ConfigurationError("listInboundShipments needs a window.", remedy="Set `period.kind: range`.")
    query = {
        "updatedAfter": iso(slice_.start),
        "updatedBefore": iso(slice_.end),
        "sortBy": "UPDATED_AT",
        "sortOrder": "ASCENDING",
        "maxResults": _MOST_RESULTS,
        **asked.options,
    }
    found: dict[str, None] = {}
    async for page in read_pages(
        calls,
        "listInboundShipments",
        _PATH,
        query,
        list_at="shipments",
        token_at="nextToken",
        name="list",
    ):
        found.update((one["shipmentId"], None) for one in page.answer["shipments"])
        yield page
    for shipment_id in found:
        request = {"skuQuantities": "SHOW"}
        path = f"{_PATH}/{quote(shipment_id, safe='')}"
        answer = await calls.get("getInboundShipment", path, request)
        asked_for = {"operation": "getInboundShipment", "shipmentId": shipment_id, **request}
        yield Page(asked_for, answer, "shipment")
