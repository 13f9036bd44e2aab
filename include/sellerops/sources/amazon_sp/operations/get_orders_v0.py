"""getOrders (Orders v0, deprecated in Amazon's model): order heads by last update."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from sellerops.sources.common.operations import Calls, OperationInput, Page, window_of
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/orders/v0/orders"
# The model requires at least two minutes before the time of the request.
_NOT_BEFORE = timedelta(minutes=3)


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """Orders of all the slice's marketplaces last updated in its window.

    Their items would take one call per order (getOrderItems); searchOrders includes them.
    """
    start, end = window_of(wanted.slice_, "getOrders")
    query = {
        "LastUpdatedAfter": iso(start),
        "LastUpdatedBefore": iso(min(end, wanted.now - _NOT_BEFORE)),
        "MarketplaceIds": list(wanted.slice_.marketplace_ids),
        **wanted.options,
    }
    async for page in read_pages(
        calls,
        "getOrders",
        _PATH,
        query,
        list_at="payload.Orders",
        token_at="payload.NextToken",
        token_as="NextToken",
    ):
        yield page
