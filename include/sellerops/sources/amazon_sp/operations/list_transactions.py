"""listTransactions (Finances 2024-06-19): money by the time it was posted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/finances/2024-06-19/transactions"
# A longer span is answered with nothing, without an error.
_LONGEST_SPAN = timedelta(days=180)
# Both bounds must lie more than two minutes in the past.
_NOT_BEFORE = timedelta(minutes=3)


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """Transactions of all shops, posted in the slice's window. Empty pages are Amazon's, too."""
    start, end = asked.slice_.start, asked.slice_.end
    if start is None or end is None:
        raise ConfigurationError("listTransactions needs a window.", remedy="Set `period.kind: range`.")
    for first, last in spans(start, min(end, asked.now - _NOT_BEFORE)):
        query = {"postedAfter": iso(first), "postedBefore": iso(last), **asked.options}
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
    """[start, end) in pieces that Amazon answers."""
    while start < end:
        following = min(end, start + _LONGEST_SPAN)
        yield start, following
        start = following
