"""getOrderMetrics (Sales v1): units, orders and sales of each marketplace-local day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sellerops.base.errors import ConfigurationError, UnexpectedAnswer
from sellerops.sources.common.operations import Calls, OperationInput, Page

_PATH = "/sales/v1/orderMetrics"


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """One call for the whole window, one page for each day of it: only so does a row know its ``date``."""
    slice_ = asked.slice_
    if slice_.start is None or slice_.end is None:
        raise ConfigurationError("getOrderMetrics needs a window.", remedy="Set `period.kind: range`.")
    zone = ZoneInfo(slice_.timezone)
    query = {
        "marketplaceIds": slice_.marketplace_ids[0],
        "interval": f"{_bound(slice_.start, zone)}--{_bound(slice_.end, zone)}",
        "granularity": "Day",
        "granularityTimeZone": slice_.timezone,
        **asked.options,
    }
    answer = await calls.get("getOrderMetrics", _PATH, query)
    days = answer.get("payload")
    if not isinstance(days, list):
        raise UnexpectedAnswer("getOrderMetrics answered without a list of intervals.", where=slice_.label)
    for day in days:
        date = str(day.get("interval", ""))[:10]
        yield Page({"operation": "getOrderMetrics", **query, "date": date}, {**answer, "payload": [day]})
    if not days:
        yield Page({"operation": "getOrderMetrics", **query}, answer)


def _bound(moment: datetime, zone: ZoneInfo) -> str:
    """With the zone's own offset at that moment, as Amazon demands beside ``granularityTimeZone``."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
