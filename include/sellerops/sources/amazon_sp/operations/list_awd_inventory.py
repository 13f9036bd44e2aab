"""listInventory (AWD 2024-05-09): the current bulk stock at Amazon Warehousing and Distribution."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages

_PATH = "/awd/2024-05-09/inventory"
_MOST_RESULTS = "200"


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """All SKUs of the account in its region: AWD has no marketplaces."""
    query = {"maxResults": _MOST_RESULTS, **wanted.options}
    async for page in read_pages(
        calls, "listInventory", _PATH, query, list_at="inventory", token_at="nextToken"
    ):
        yield page
