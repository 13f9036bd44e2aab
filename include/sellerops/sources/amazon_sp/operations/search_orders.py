"""searchOrders (Orders 2026-01-01): orders with their items, by last update, without personal data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.operations import Calls, OperationInput, Page, window_of
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/orders/2026-01-01/orders"
# The model requires at least two minutes before the time of the request.
_NOT_BEFORE = timedelta(minutes=3)
_PERSONAL = {"BUYER", "RECIPIENT"}


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """Orders of all the slice's marketplaces last updated in its window. Both bounds are inclusive, so orders
    at a bound come twice and are merged. ConfigurationError when the options request personal data.
    """
    start, end = window_of(wanted.slice_, "searchOrders")
    included = {name.strip() for name in wanted.options.get("includedData", "").split(",")}
    personal = sorted(included & _PERSONAL)
    if personal:
        raise ConfigurationError(
            f"`request.options.includedData` requests personal data: {', '.join(personal)}.",
            where=wanted.slice_.report,
            remedy="Remove it: this report must not store personal data.",
        )
    query = {
        "lastUpdatedAfter": iso(start),
        "lastUpdatedBefore": iso(min(end, wanted.now - _NOT_BEFORE)),
        "marketplaceIds": list(wanted.slice_.marketplace_ids),
        **wanted.options,
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
