"""getInventorySummaries (FBA Inventory v1): stock of one shop as it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages

_PATH = "/fba/inventory/v1/summaries"


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """All SKUs of the slice's shop. A token lives for 30 seconds; the caller begins anew if one died."""
    shop = asked.slice_.marketplace_ids[0]
    query = {
        "granularityType": "Marketplace",
        "granularityId": shop,
        "marketplaceIds": shop,
        **asked.options,
    }
    async for page in read_pages(
        calls,
        "getInventorySummaries",
        _PATH,
        query,
        list_at="payload.inventorySummaries",
        token_at="pagination.nextToken",
    ):
        yield page
