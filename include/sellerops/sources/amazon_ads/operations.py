"""Lists that no export provides, collected like reports, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from sellerops.base.errors import UnexpectedAnswer
from sellerops.sources.amazon_ads.profiles import PATH
from sellerops.sources.common.operations import Calls, Operation, OperationInput, Page
from sellerops.sources.common.paging import PageWatch


async def list_profiles(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """All profiles that the authorisation covers, including those of vendors and agencies, in one answer."""
    answer = await calls.get("listProfiles", PATH)
    yield Page({"operation": "listProfiles"}, answer)


def _listed(operation: str, path: str, list_at: str) -> Operation:
    async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
        # Without the extended data the answer has neither times nor the serving status.
        body: dict[str, Any] = {"includeExtendedDataFields": True}
        watch = PageWatch(operation, path)
        while True:
            answer: Mapping[str, Any] = await calls.post(operation, path, body)
            entries = answer.get(list_at)
            if not isinstance(entries, list):
                raise UnexpectedAnswer(f"{operation} answered without `{list_at}`.", where=path)
            if not watch.is_repeat(entries):
                yield Page({"operation": operation, **body}, answer)
            token = answer.get("nextToken")
            if not token:
                return
            body = {**body, "nextToken": watch.use(str(token))}

    return pages


OPERATIONS: dict[str, Operation] = {
    "listPortfolios": _listed("listPortfolios", "/portfolios/list", "portfolios"),
    "listProfiles": list_profiles,
    "listSpKeywords": _listed("listSpKeywords", "/sp/keywords/list", "keywords"),
}
