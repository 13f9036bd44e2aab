"""The interface of an operation: one module per operation, one line per operation in the registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import Slice


@dataclass(frozen=True)
class Page:
    """One answer from Amazon and the request for it.

    In the archive a page is one line of JSON, ``{"request": ..., "answer": ...}``; a spec's ``rows`` and
    columns are paths in it, such as ``answer.payload.inventorySummaries``. If an operation makes several
    kinds of calls, ``name`` replaces ``answer`` and tells tables which kind of answer it is.
    """

    request: Mapping[str, Any]
    answer: Mapping[str, Any]
    name: str = "answer"


@dataclass(frozen=True)
class Offer:
    """An offer of the account in a marketplace: SKU, ASIN, the listed price in the marketplace's currency
    (None: not in the listings), and whether Amazon fulfils it.
    """

    sku: str
    asin: str
    price: Decimal | None
    is_amazon_fulfilled: bool


@dataclass(frozen=True)
class OperationInput:
    """What to collect: the slice with its window and marketplaces, and the spec's options with placeholders
    filled in.

    ``now``: aware, the time of the request; the pages are the data as of then.
    """

    slice_: Slice
    options: Mapping[str, str]
    now: datetime
    seller_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


# POST requests that change nothing at Amazon (they are no GETs because their arguments are too long for a
# query), and what they return. Only these may be repeated after a time-out.
READING_POSTS = {
    "createMarketplaceItemLabels": "labels to print",
    "getMyFeesEstimates": "what Amazon would charge",
    "listCases": "a list",
    "listPortfolios": "a list",
    "listSpKeywords": "a list",
}


def check_only_reads(operation: str, where: str) -> None:
    """Raise ConfigurationError for a POST that may change something at Amazon."""
    if operation not in READING_POSTS:
        raise ConfigurationError(
            f"{operation} is not known to be read-only, so it is not sent.",
            where=where,
            remedy="If it changes nothing at Amazon, add it to READING_POSTS in "
            "include/sellerops/sources/common/operations.py; otherwise send it with "
            "`sellerops.writes.Writer`.",
        )


class Calls(Protocol):
    """Calls to Amazon for one account, each leased, checked, logged and learned from.

    ``operation`` is Amazon's name, which also names the bucket; ``query`` values that are None are left out,
    lists are joined by commas. Raises what ``SpApiClient`` raises.
    """

    async def get(
        self, operation: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]: ...

    async def post(
        self, operation: str, path: str, body: Mapping[str, Any] | Sequence[Any]
    ) -> Mapping[str, Any]:
        """A POST that only reads: ConfigurationError for one that is not in READING_POSTS. An answer that is
        a list is put under ``items``.
        """
        ...

    async def asins(self, marketplace_id: str) -> Sequence[str]:
        """The account's ASINs in a marketplace. ConfigurationError if neither configuration nor listings have
        any.
        """
        ...

    async def offers(self, marketplace_id: str) -> Sequence[Offer]:
        """The account's offers in a marketplace, from the newest listings. ConfigurationError without any."""
        ...


class Operation(Protocol):
    """Yields the pages of one slice. It is called again from the start after a wait was interrupted."""

    def __call__(self, calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]: ...


def window_of(slice_: Slice, operation: str) -> tuple[datetime, datetime]:
    """Start and end of the slice's window. ConfigurationError for a slice without one."""
    if slice_.start is None or slice_.end is None:
        raise ConfigurationError(f"{operation} needs a window.", remedy="Set `period.kind: range`.")
    return slice_.start, slice_.end
