"""listTransactions (Finances 2024-06-19): transactions by posting time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

from sellerops.sources.common.operations import Calls, OperationInput, Page, window_of
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/finances/2024-06-19/transactions"
# Amazon answers a longer span with an empty list, without an error.
_LONGEST_SPAN = timedelta(days=180)
# Both bounds must be more than two minutes in the past.
_NOT_BEFORE = timedelta(minutes=3)


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """Transactions of all marketplaces posted in the slice's window. Amazon also sends empty pages."""
    start, end = window_of(wanted.slice_, "listTransactions")
    for first, last in spans(start, min(end, wanted.now - _NOT_BEFORE)):
        query = {"postedAfter": iso(first), "postedBefore": iso(last), **wanted.options}
        async for page in read_pages(
            calls,
            "listTransactions",
            _PATH,
            query,
            list_at="payload",
            token_at="payload.nextToken",
        ):
            yield page


def spans(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) in spans that Amazon accepts."""
    while start < end:
        following = min(end, start + _LONGEST_SPAN)
        yield start, following
        start = following
