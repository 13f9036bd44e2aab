"""Rows of analytics_salesAndTraffic_2024_04_24: the sales and traffic report's figures, grouped differently.

What the report has by day only (shipments, refunds), this dataset has by ASIN too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from amazon_sandbox.data_kiosk import periods
from amazon_sandbox.simulation.documents import FatalReport
from amazon_sandbox.simulation.figures import DayExtras, Figures, day_figures, total
from amazon_sandbox.simulation.orders import LONGEST_SHIPPING_DAYS, orders_on
from amazon_sandbox.simulation.refunds import refunds_on
from amazon_sandbox.simulation.report_types.sales_and_traffic import ASIN_GRANULARITIES, Writer, percent
from amazon_sandbox.simulation.storefront import Storefront

MOST_ASINS = 30

Json = dict[str, Any]
_NAMES = ("parentAsin", "childAsin", "sku")


class Event(NamedTuple):
    """An order item shipped or refunded; `amount` in minor units."""

    order_id: str
    is_business: bool
    units: int
    amount: int
    is_claim: bool = False


@dataclass
class Sums:
    """What one row sums up, by SKU."""

    skus: dict[str, Figures] = field(default_factory=dict)
    shipped: dict[str, list[Event]] = field(default_factory=dict)
    refunded: dict[str, list[Event]] = field(default_factory=dict)
    extras: DayExtras = field(default_factory=DayExtras)
    days: int = 0


def rows(
    name: str, storefronts: Mapping[str, Storefront], arguments: Mapping[str, Any], now: int
) -> Iterator[Json]:
    """The rows of a query of this dataset. Raises FatalReport."""
    for storefront in storefronts.values():
        today = storefront.marketplace.day_of_epoch(now)
        start, end = arguments["startDate"], arguments["endDate"]
        periods.check(name, start, end, type(start).fromordinal(today))
    if name == "salesAndTrafficByDate":
        for storefront in storefronts.values():
            yield from _by_date(storefront, arguments, now)
    elif name == "salesAndTrafficByAsin":
        for storefront in storefronts.values():
            yield from _by_asin(storefront, arguments, now)
    else:
        yield from _trends(storefronts, arguments, now)


def _by_date(storefront: Storefront, arguments: Mapping[str, Any], now: int) -> Iterator[Json]:
    writer = Writer(storefront.marketplace)
    for span in periods.spans(arguments["aggregateBy"], arguments["startDate"], arguments["endDate"]):
        sums = _sums(storefront, span, now)
        if sums is None:
            continue
        figures = total(sums.skus.values())
        report = writer.by_date(span[0], figures, sums.extras, sums.days)
        yield {
            **_place(storefront, span),
            "sales": {**report["salesByDate"], **_moved(writer, figures, sums, sums.skus, with_claims=True)},
            "traffic": report["trafficByDate"],
        }


def _by_asin(storefront: Storefront, arguments: Mapping[str, Any], now: int) -> Iterator[Json]:
    span = arguments["startDate"], arguments["endDate"]
    sums = _sums(storefront, span, now)
    if sums is not None:
        yield from _asin_rows(storefront, span, sums, arguments["aggregateBy"], None)


def _trends(storefronts: Mapping[str, Storefront], arguments: Mapping[str, Any], now: int) -> Iterator[Json]:
    name = "salesAndTrafficTrends"
    if arguments["asinAggregation"] != "CHILD":
        raise FatalReport(name, "asinAggregation must be CHILD.")
    filters = arguments["filters"]
    marketplace_ids = [each["marketplaceId"] for each in filters]
    if len(set(marketplace_ids)) < len(marketplace_ids):
        raise FatalReport(name, "filters must name each marketplace once.")
    if any(len(each["asins"]) > MOST_ASINS for each in filters):
        raise FatalReport(name, f"A filter can include up to {MOST_ASINS} ASINs.")
    for each in filters:
        storefront, asins = storefronts[each["marketplaceId"]], frozenset(each["asins"])
        for span in periods.spans(arguments["dateAggregation"], arguments["startDate"], arguments["endDate"]):
            sums = _sums(storefront, span, now)
            if sums is not None:
                for row in _asin_rows(storefront, span, sums, "CHILD", asins):
                    yield {**row, "asinAggregation": "CHILD"}


def _sums(storefront: Storefront, span: periods.Span, now: int) -> Sums | None:
    """The sums over a span's closed days; None without a closed day."""
    sums = Sums()
    for ordinal in periods.closed_days(storefront, span, now):
        day = day_figures(storefront, ordinal, now)
        if day is None:
            continue
        for sku, figures in day.skus.items():
            sums.skus[sku] = figures.plus(sums.skus[sku]) if sku in sums.skus else figures
        for sku, event in _shipped_on(storefront, ordinal):
            sums.shipped.setdefault(sku, []).append(event)
        for refund in refunds_on(storefront, ordinal):
            item, order = refund.item, refund.order
            event = Event(order.order_id, order.is_business, item.quantity, item.price, refund.is_claim)
            sums.refunded.setdefault(item.listing.sku, []).append(event)
        sums.extras = sums.extras.plus(day.extras)
        sums.days += 1
    return sums if sums.days else None


def _shipped_on(storefront: Storefront, ordinal: int) -> Iterator[tuple[str, Event]]:
    start, end = storefront.marketplace.day_bounds(ordinal)
    for day in range(ordinal - LONGEST_SHIPPING_DAYS, ordinal + 1):
        for order in orders_on(storefront, day):
            if start <= order.shipped < end:
                for item in order.items:
                    event = Event(order.order_id, order.is_business, item.quantity, item.price)
                    yield item.listing.sku, event


def _asin_rows(
    storefront: Storefront, span: periods.Span, sums: Sums, granularity: str, asins: frozenset[str] | None
) -> Iterator[Json]:
    """A row for each parent, child or SKU with figures; `asins`: only these children."""
    writer, everything = Writer(storefront.marketplace), total(sums.skus.values())
    groups: dict[tuple[str, ...], list[str]] = {}
    for listing in storefront.listings:
        if listing.sku in sums.skus and (asins is None or listing.asin in asins):
            full = (listing.parent_asin, listing.asin, listing.sku)
            key = full[: 1 + ASIN_GRANULARITIES.index(granularity)]
            groups.setdefault(key, []).append(listing.sku)
    for key in sorted(groups):
        figures = total(sums.skus[sku] for sku in groups[key])
        report = writer.by_asin(figures, everything)
        yield {
            **_place(storefront, span),
            **dict(zip(_NAMES, key, strict=False)),
            "sales": {**report["salesByAsin"], **_moved(writer, figures, sums, groups[key])},
            "traffic": report["trafficByAsin"],
        }


def _place(storefront: Storefront, span: periods.Span) -> Json:
    return {
        "marketplaceId": storefront.marketplace.marketplace_id,
        "startDate": span[0].isoformat(),
        "endDate": span[1].isoformat(),
    }


def _moved(
    writer: Writer, figures: Figures, sums: Sums, skus: Iterable[str], *, with_claims: bool = False
) -> Json:
    """What was shipped and refunded of some SKUs; also of the Amazon Business orders among them."""
    wanted = list(skus) if not with_claims else [*sums.shipped, *sums.refunded, *skus]
    wanted = list(dict.fromkeys(wanted))
    shipped = [event for sku in wanted for event in sums.shipped.get(sku, ())]
    refunded = [event for sku in wanted for event in sums.refunded.get(sku, ())]
    shipped_b = [event for event in shipped if event.is_business]
    refunded_b = [event for event in refunded if event.is_business]
    pairs = {
        "unitsRefunded": (_units(refunded), _units(refunded_b)),
        "refundRate": (
            min(100.0, percent(_units(refunded), figures.units)),
            min(100.0, percent(_units(refunded_b), figures.units_b)),
        ),
        "shippedProductSales": (writer.money(_amount(shipped)), writer.money(_amount(shipped_b))),
        "unitsShipped": (_units(shipped), _units(shipped_b)),
        "ordersShipped": (_orders(shipped), _orders(shipped_b)),
    }
    if with_claims:
        claims, claims_b = ([one for one in each if one.is_claim] for each in (refunded, refunded_b))
        pairs["claimsGranted"] = len(claims), len(claims_b)
        pairs["claimsAmount"] = writer.money(_amount(claims)), writer.money(_amount(claims_b))
    return writer.pairs(**pairs)


def _units(events: Sequence[Event]) -> int:
    return sum(event.units for event in events)


def _amount(events: Sequence[Event]) -> int:
    return sum(event.amount for event in events)


def _orders(events: Sequence[Event]) -> int:
    return len({event.order_id for event in events})
