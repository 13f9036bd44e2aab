"""Sales v1: its usage plan and order metrics, counted from the orders behind sales and traffic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.orders import Order, is_priced, orders_on, state_at
from amazon_sandbox.simulation.storefront import Storefront

# Usage plan as the description in sales.json gives it.
USAGE_PLANS = {"getOrderMetrics": UsagePlan(0.5, 15)}
PATH = "/sales/v1/orderMetrics"
GRANULARITIES = ("Hour", "Day", "Week", "Month", "Year", "Total")
HOURS_WITHIN = timedelta(days=30)
OTHERS_WITHIN = timedelta(days=731)


class Filter(NamedTuple):
    """Which order items count. None: all."""

    is_business: bool | None = None
    is_merchant: bool | None = None
    asin: str | None = None
    sku: str | None = None


class _Sums:
    def __init__(self) -> None:
        self.units = self.items = self.orders = self.sales = 0


def metrics(
    storefront: Storefront,
    start: datetime,
    end: datetime,
    granularity: str,
    zone: ZoneInfo,
    wanted: Filter,
    now: int,
    *,
    sunday_first: bool = False,
) -> list[dict[str, Any]]:
    """One entry for each hour, day, week, month or year of [start, end), as known at `now`."""
    bounds = list(_intervals(start, end, granularity, zone, sunday_first))
    sums = [_Sums() for _ in bounds]
    index = 0
    for order in _orders(storefront, start, end, now):
        while order.purchased >= bounds[index][1].timestamp():
            index += 1
        _count(sums[index], order, wanted, now)
    return [_entry(storefront, first, last, one) for (first, last), one in zip(bounds, sums, strict=True)]


def _orders(storefront: Storefront, start: datetime, end: datetime, now: int) -> Iterator[Order]:
    """The orders bought in [start, end) by `now`, oldest first."""
    first, last = int(start.timestamp()), min(int(end.timestamp()), now + 1)
    for day in range(
        storefront.marketplace.day_of_epoch(first), storefront.marketplace.day_of_epoch(last) + 1
    ):
        for order in orders_on(storefront, day):
            if first <= order.purchased < last:
                yield order


def _count(sums: _Sums, order: Order, wanted: Filter, now: int) -> None:
    state = state_at(order, now)
    if state is None or state[0] == "Cancelled":
        return
    if wanted.is_business not in (None, order.is_business):
        return
    if wanted.is_merchant not in (None, order.is_merchant):
        return
    items = [
        item
        for item in order.items
        if wanted.asin in (None, item.listing.asin) and wanted.sku in (None, item.listing.sku)
    ]
    priced = is_priced(order, state[0])
    sums.orders += bool(items)
    for item in items:
        sums.units += item.quantity
        sums.items += 1
        sums.sales += item.price if priced else 0


def _intervals(
    start: datetime, end: datetime, granularity: str, zone: ZoneInfo, sunday_first: bool
) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) split at the zone's hours, days, ..."""
    cursor = start
    while cursor < end:
        border = _next_border(cursor.astimezone(zone), granularity, zone, sunday_first)
        following = end if border is None else min(end, border)
        yield cursor, following
        cursor = following


def _next_border(moment: datetime, granularity: str, zone: ZoneInfo, sunday_first: bool) -> datetime | None:
    if granularity == "Total":
        return None
    if granularity == "Hour":
        whole = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return whole + timedelta(hours=1)
    day = moment.date()
    if granularity == "Day":
        following = day + timedelta(days=1)
    elif granularity == "Week":
        following = day + timedelta(days=7 - (day.weekday() + sunday_first) % 7)
    elif granularity == "Month":
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    else:
        following = date(day.year + 1, 1, 1)
    return datetime.combine(following, time(), zone)


def _entry(storefront: Storefront, first: datetime, last: datetime, sums: _Sums) -> dict[str, Any]:
    currency = storefront.marketplace.currency
    average = round(sums.sales / sums.units) if sums.units else 0
    return {
        "interval": f"{_written(first)}--{_written(last)}",
        "unitCount": sums.units,
        "orderItemCount": sums.items,
        "orderCount": sums.orders,
        "averageUnitPrice": {"amount": storefront.marketplace.money(average), "currencyCode": currency},
        "totalSales": {"amount": storefront.marketplace.money(sums.sales), "currencyCode": currency},
    }


def _written(moment: datetime) -> str:
    text = moment.isoformat(timespec="minutes")
    return text.replace("+00:00", "Z")
