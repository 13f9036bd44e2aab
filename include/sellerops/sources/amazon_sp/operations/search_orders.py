"""searchOrders (Orders 2026-01-01): orders with their items, by last update, without personal data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/orders/2026-01-01/orders"
# The model: at least two minutes before the time of the request.
_NOT_BEFORE = timedelta(minutes=3)
_PERSONAL = {"BUYER", "RECIPIENT"}


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """Orders of all the slice's shops last updated in its window (both bounds count, so orders of a border
    come twice and are merged). ConfigurationError when the options ask for personal data.
    """
    slice_ = asked.slice_
    if slice_.start is None or slice_.end is None:
        raise ConfigurationError("searchOrders needs a window.", remedy="Set `period.kind: range`.")
    included = {name.strip() for name in asked.options.get("includedData", "").split(",")}
    personal = sorted(included & _PERSONAL)
    if personal:
        raise ConfigurationError(
            f"`request.options.includedData` asks for personal data: {', '.join(personal)}.",
            where=slice_.report,
            remedy="Leave it out: this report is not made to keep personal data.",
        )
    query = {
        "lastUpdatedAfter": iso(slice_.start),
        "lastUpdatedBefore": iso(min(slice_.end, asked.now - _NOT_BEFORE)),
        "marketplaceIds": list(slice_.marketplace_ids),
        **asked.options,
    }
    async for page in read_pages(
        calls,
        "searchOrders",
        _PATH,
        query,
        list_at="orders",
        token_at="pagination.nextToken",
        token_as="paginationToken",
    ):
        yield page
