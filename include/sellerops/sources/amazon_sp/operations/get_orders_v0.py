"""getOrders (Orders v0, deprecated in Amazon's model): order heads by last update."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/orders/v0/orders"
# The model: at least two minutes before the time of the request.
_NOT_BEFORE = timedelta(minutes=3)


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """Orders of all the slice's shops last updated in its window.

    Their items would cost a call an order (getOrderItems); searchOrders brings them along.
    """
    slice_ = asked.slice_
    if slice_.start is None or slice_.end is None:
        raise ConfigurationError("getOrders needs a window.", remedy="Set `period.kind: range`.")
    query = {
        "LastUpdatedAfter": iso(slice_.start),
        "LastUpdatedBefore": iso(min(slice_.end, asked.now - _NOT_BEFORE)),
        "MarketplaceIds": list(slice_.marketplace_ids),
        **asked.options,
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
