"""getInventorySummaries (FBA Inventory v1): the current stock of one marketplace."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages

_PATH = "/fba/inventory/v1/summaries"


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """All SKUs of the slice's marketplace. Tokens expire after 30 seconds; the caller then starts again."""
    marketplace_id = wanted.slice_.marketplace_ids[0]
    query = {
        "granularityType": "Marketplace",
        "granularityId": marketplace_id,
        "marketplaceIds": marketplace_id,
        **wanted.options,
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
