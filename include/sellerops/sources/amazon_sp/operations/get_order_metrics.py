"""getOrderMetrics (Sales v1): units, orders and sales of each marketplace-local day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sellerops.base.errors import UnexpectedAnswer
from sellerops.sources.common.operations import Calls, OperationInput, Page, window_of

_PATH = "/sales/v1/orderMetrics"


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """One call for the whole window, and one page for each of its days, so that each row has its ``date``."""
    start, end = window_of(wanted.slice_, "getOrderMetrics")
    zone = ZoneInfo(wanted.slice_.timezone)
    query = {
        "marketplaceIds": wanted.slice_.marketplace_ids[0],
        "interval": f"{_bound(start, zone)}--{_bound(end, zone)}",
        "granularity": "Day",
        "granularityTimeZone": wanted.slice_.timezone,
        **wanted.options,
    }
    answer = await calls.get("getOrderMetrics", _PATH, query)
    days = answer.get("payload")
    if not isinstance(days, list):
        raise UnexpectedAnswer(
            "getOrderMetrics answered without a list of intervals.", where=wanted.slice_.label
        )
    for day in days:
        date = str(day.get("interval", ""))[:10]
        yield Page({"operation": "getOrderMetrics", **query, "date": date}, {**answer, "payload": [day]})
    if not days:
        yield Page({"operation": "getOrderMetrics", **query}, answer)


def _bound(moment: datetime, zone: ZoneInfo) -> str:
    """With the zone's own offset at that moment, which Amazon requires with ``granularityTimeZone``."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
