"""The parameters of getOrderMetrics, validated as Amazon's model and documentation require."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.sales import data
from amazon_sandbox.simulation import Seller
from amazon_sandbox.sp_api import queries

_BOUND = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d:\d\d)")
_NETWORKS = ("MFN", "AFN")
_MOST_INTERVALS = 1_000


class MetricsRequest(NamedTuple):
    """A valid query; `start` and `end` in `zone`."""

    marketplace_id: str
    start: datetime
    end: datetime
    zone: ZoneInfo
    granularity: str
    filter: data.Filter
    sunday_first: bool


def read(query: QueryParams, seller: Seller, now: datetime) -> MetricsRequest:
    """Read a getOrderMetrics call. Raises ApiError."""
    queries.needed(query, "marketplaceIds")
    marketplace_ids = queries.own_marketplaces(query, "marketplaceIds", seller, most=1)
    interval = queries.needed(query, "interval")
    granularity = queries.choice(query, "granularity", data.GRANULARITIES)
    if granularity is None:
        raise queries.missing("granularity")
    start, end, zone = _interval(query, interval, granularity)
    within = data.HOURS_WITHIN if granularity == "Hour" else data.OTHERS_WITHIN
    if start < now - within:
        raise invalid_input(f"The interval must start within {within.days} days from now", interval)
    if granularity == "Hour" and end - start > timedelta(hours=_MOST_INTERVALS):
        raise invalid_input("The interval is too long", interval)
    asin, sku = queries.text(query, "asin"), queries.text(query, "sku")
    if asin and sku:
        raise invalid_input("Only one of asin and sku can be specified")
    buyer = queries.choice(query, "buyerType", ("B2B", "B2C", "All"), "All")
    network = queries.choice(query, "fulfillmentNetwork", _NETWORKS)
    # AmazonHaul is the only programme, and no simulated order belongs to it.
    programme = queries.choice(query, "amazonProgram", ("AmazonHaul",))
    first = queries.choice(query, "firstDayOfWeek", ("Monday", "Sunday"), "Monday")
    wanted = data.Filter(
        is_business=None if buyer == "All" else buyer == "B2B",
        is_merchant=None if network is None else network == "MFN",
        asin=asin,
        sku="" if programme else sku,
    )
    return MetricsRequest(marketplace_ids[0], start, end, zone, granularity, wanted, first == "Sunday")


def _interval(query: QueryParams, interval: str, granularity: str) -> tuple[datetime, datetime, ZoneInfo]:
    # A + that was not percent-encoded arrives as a space.
    parts = re.sub(r" (\d\d:\d\d)", r"+\1", interval).split("--")
    bounds = [_bound(part, interval) for part in parts]
    if len(bounds) != 2 or bounds[0] >= bounds[1]:
        raise invalid_input("Invalid value for interval: two times, the later second", interval)
    start, end = bounds
    name = queries.text(query, "granularityTimeZone")
    if name is None:
        if granularity not in ("Hour", "Total"):
            raise queries.missing("granularityTimeZone")
        return start, end, ZoneInfo("UTC")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid_input("Invalid value for granularityTimeZone", name) from error
    for bound in bounds:
        if bound.utcoffset() != bound.astimezone(zone).utcoffset():
            raise invalid_input("granularityTimeZone does not match the offset of interval", interval)
    return start.astimezone(zone), end.astimezone(zone), zone


def _bound(text: str, interval: str) -> datetime:
    match = _BOUND.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        moment = datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00"))
        moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid_input("Invalid value for interval: not ISO 8601 with an offset", interval) from error
    return moment
