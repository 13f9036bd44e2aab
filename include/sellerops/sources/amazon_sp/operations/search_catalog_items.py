"""searchCatalogItems (Catalog Items 2022-04-01): the catalogue's facts about the account's ASINs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages

_PATH = "/catalog/2022-04-01/items"
_MOST_IDENTIFIERS = 20


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """The account's ASINs in the slice's shop, twenty a call. One that the catalogue does not have is left
    out by Amazon.
    """
    shop = asked.slice_.marketplace_ids[0]
    asins = await calls.asins(shop)
    for first in range(0, len(asins), _MOST_IDENTIFIERS):
        query = {
            "identifiers": list(asins[first : first + _MOST_IDENTIFIERS]),
            "identifiersType": "ASIN",
            "marketplaceIds": shop,
            "pageSize": _MOST_IDENTIFIERS,
            **asked.options,
        }
        async for page in read_pages(
            calls,
            "searchCatalogItems",
            _PATH,
            query,
            list_at="items",
            token_at="pagination.nextToken",
            token_as="pageToken",
        ):
            yield page
