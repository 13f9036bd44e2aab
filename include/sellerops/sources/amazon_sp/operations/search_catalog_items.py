"""searchCatalogItems (Catalog Items 2022-04-01): the catalogue's facts about the account's ASINs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages

_PATH = "/catalog/2022-04-01/items"
_MOST_IDENTIFIERS = 20


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """The account's ASINs in the slice's marketplace, twenty per call. Amazon omits those that its catalogue
    does not have.
    """
    marketplace_id = wanted.slice_.marketplace_ids[0]
    asins = await calls.asins(marketplace_id)
    for first in range(0, len(asins), _MOST_IDENTIFIERS):
        query = {
            "identifiers": list(asins[first : first + _MOST_IDENTIFIERS]),
            "identifiersType": "ASIN",
            "marketplaceIds": marketplace_id,
            "pageSize": _MOST_IDENTIFIERS,
            **wanted.options,
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
