"""listInboundShipments (AWD 2024-05-09), and getInboundShipment for each listed shipment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from sellerops.sources.common.operations import Calls, OperationInput, Page, window_of
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/awd/2024-05-09/inboundShipments"
_MOST_RESULTS = "200"


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """The list of shipments updated in the slice's window (pages ``list``), then each of them with its SKUs
    (pages ``shipment``).
    """
    start, end = window_of(wanted.slice_, "listInboundShipments")
    query = {
        "updatedAfter": iso(start),
        "updatedBefore": iso(end),
        "sortBy": "UPDATED_AT",
        "sortOrder": "ASCENDING",
        "maxResults": _MOST_RESULTS,
        **wanted.options,
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
        request_line = {"operation": "getInboundShipment", "shipmentId": shipment_id, **request}
        yield Page(request_line, answer, "shipment")
