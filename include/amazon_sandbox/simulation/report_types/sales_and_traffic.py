"""GET_SALES_AND_TRAFFIC_REPORT: the JSON of Amazon's sellerSalesAndTrafficReport schema.

byDate has one entry per day, week (Sunday to Saturday) or calendar month, dated by its first day; byAsin sums
the whole range and has no date. Ranges of WEEK and MONTH are widened to whole periods. Days that have not
ended are absent. Amazon Business amounts are present only in marketplaces that have it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from amazon_sandbox.simulation.documents import Document, FatalReport
from amazon_sandbox.simulation.figures import DayExtras, DayFigures, Figures, day_figures, total
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.report_types.request import ReportRequest

REPORT_TYPE = "GET_SALES_AND_TRAFFIC_REPORT"
DATE_GRANULARITIES = ("DAY", "WEEK", "MONTH")
ASIN_GRANULARITIES = ("PARENT", "CHILD", "SKU")

Json = dict[str, Any]


def write(request: ReportRequest) -> Document | None:
    """The document; None (CANCELLED) when the range starts more than 2 years before `as_of`.

    Raises FatalReport where Amazon ends the report FATAL: for several marketplaces, an unknown granularity,
    or an end before the start.
    """
    if len(request.storefronts) != 1:
        raise FatalReport(
            REPORT_TYPE, "marketplaceIds must hold exactly one marketplace for this report type."
        )
    by_date = _option(request, "dateGranularity", DATE_GRANULARITIES, "DAY")
    by_asin = _option(request, "asinGranularity", ASIN_GRANULARITIES, "PARENT")
    start, end = request.days()
    if end < start:
        raise FatalReport(REPORT_TYPE, "dataEndTime must not be before dataStartTime.")
    today = date.fromordinal(request.storefronts[0].marketplace.day_of(request.as_of))
    if start < _two_years_before(today):
        return None
    specification = {
        "reportType": REPORT_TYPE,
        "reportOptions": {"dateGranularity": by_date, "asinGranularity": by_asin},
        "dataStartTime": start.isoformat(),
        "dataEndTime": end.isoformat(),
        "marketplaceIds": [request.storefronts[0].marketplace.marketplace_id],
    }
    return Document(_chunks(request, specification, start, end), "application/json")


def _option(request: ReportRequest, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = request.options.get(name, default)
    if value not in allowed:
        raise FatalReport(
            REPORT_TYPE, f"reportOptions.{name} must be one of {', '.join(allowed)}; got {value}."
        )
    return value


def _two_years_before(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 2, 2, 28)
    return day.replace(year=day.year - 2)


def _chunks(request: ReportRequest, specification: Json, start: date, end: date) -> Iterator[bytes]:
    storefront = request.storefronts[0]
    options = specification["reportOptions"]
    period_of = PERIODS[options["dateGranularity"]]
    periods: dict[date, _Sums] = {}
    skus: dict[str, Figures] = {}
    for ordinal in range(period_of(start)[0].toordinal(), period_of(end)[1].toordinal() + 1):
        day = day_figures(storefront, ordinal, request.now)
        if day is None:
            break
        periods.setdefault(period_of(date.fromordinal(ordinal))[0], _Sums()).add(day)
        for sku, figures in day.skus.items():
            skus[sku] = figures.plus(skus[sku]) if sku in skus else figures
    writer = Writer(storefront.marketplace)
    yield b'{"reportSpecification":' + _dump(specification) + b',"salesAndTrafficByDate":['
    yield from _joined(
        writer.by_date(first, sums.figures, sums.extras, sums.days) for first, sums in periods.items()
    )
    yield b'],"salesAndTrafficByAsin":['
    yield from _joined(_asin_entries(request, writer, skus, options["asinGranularity"]))
    yield b"]}"


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _joined(entries: Iterator[Json]) -> Iterator[bytes]:
    for index, entry in enumerate(entries):
        yield (b"," if index else b"") + _dump(entry)


def _whole_day(day: date) -> tuple[date, date]:
    return day, day


def _whole_week(day: date) -> tuple[date, date]:
    sunday = day - timedelta(days=(day.weekday() + 1) % 7)
    return sunday, sunday + timedelta(days=6)


def _whole_month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


PERIODS: dict[str, Callable[[date], tuple[date, date]]] = {
    "DAY": _whole_day,
    "WEEK": _whole_week,
    "MONTH": _whole_month,
}


class _Sums:
    """The days that one byDate entry sums up, and their figures."""

    def __init__(self) -> None:
        self.figures = Figures()
        self.extras = DayExtras()
        self.days = 0

    def add(self, day: DayFigures) -> None:
        self.figures = self.figures.plus(total(day.skus.values()))
        self.extras = self.extras.plus(day.extras)
        self.days += 1


def _asin_entries(
    request: ReportRequest, writer: Writer, skus: dict[str, Figures], granularity: str
) -> Iterator[Json]:
    everything = total(skus.values())
    groups: dict[tuple[str, ...], list[Figures]] = {}
    for listing in request.storefronts[0].listings:
        if listing.sku in skus:
            full = (listing.parent_asin, listing.asin, listing.sku)
            key = full[: 1 + ASIN_GRANULARITIES.index(granularity)]
            groups.setdefault(key, []).append(skus[listing.sku])
    for key in sorted(groups):
        names = dict(zip(("parentAsin", "childAsin", "sku"), key, strict=False))
        yield {**names, **writer.by_asin(total(groups[key]), everything)}


def percent(part: float, whole: float) -> float:
    """Two decimals; 0 when `whole` is 0."""
    return round(100 * part / whole, 2) if whole else 0.0


def _share(part: float, whole: float) -> float:
    return min(100.0, percent(part, whole))


@dataclass(frozen=True, slots=True)
class Writer:
    """Converts figures to the schema's objects, in a marketplace's currency."""

    marketplace: Marketplace

    def money(self, minor: float) -> Json:
        """Minor units as the schema's Amount."""
        rounded = round(minor)
        return {"amount": self.marketplace.amount(rounded), "currencyCode": self.marketplace.currency}

    def pairs(self, **values: tuple[Any, Any]) -> Json:
        """name -> (all, B2B part) as fields name and nameB2B; only the former without Amazon Business."""
        written: Json = {}
        for name, (every, business) in values.items():
            written[name] = every
            if self.marketplace.is_b2b:
                written[f"{name}B2B"] = business
        return written

    def by_date(self, first: date, figures: Figures, extras: DayExtras, days: int) -> Json:
        """The entry of one period of a number of days."""
        return {
            "date": first.isoformat(),
            "salesByDate": self._sales_by_date(figures, extras),
            "trafficByDate": self._traffic_by_date(figures, extras, days),
        }

    def _sales_by_date(self, f: Figures, extras: DayExtras) -> Json:
        return {
            **self.pairs(
                orderedProductSales=(self.money(f.sales), self.money(f.sales_b)),
                unitsOrdered=(f.units, f.units_b),
                totalOrderItems=(f.items, f.items_b),
                averageSalesPerOrderItem=(
                    self.money(_ratio(f.sales, f.items)),
                    self.money(_ratio(f.sales_b, f.items_b)),
                ),
                averageUnitsPerOrderItem=(
                    round(_ratio(f.units, f.items), 2),
                    round(_ratio(f.units_b, f.items_b), 2),
                ),
                averageSellingPrice=(
                    self.money(_ratio(f.sales, f.units)),
                    self.money(_ratio(f.sales_b, f.units_b)),
                ),
            ),
            "unitsRefunded": extras.units_refunded,
            "refundRate": _share(extras.units_refunded, f.units),
            "claimsGranted": extras.claims,
            "claimsAmount": self.money(extras.claims_amount),
            "shippedProductSales": self.money(extras.shipped_sales),
            "unitsShipped": extras.units_shipped,
            "ordersShipped": extras.orders_shipped,
        }

    def _traffic_by_date(self, f: Figures, extras: DayExtras, days: int) -> Json:
        sessions, sessions_b = f.browser + f.mobile, f.browser_b + f.mobile_b
        return {
            **self._visits(f),
            **self.pairs(
                buyBoxPercentage=self._buy_box(f),
                orderItemSessionPercentage=(_share(f.items, sessions), _share(f.items_b, sessions_b)),
                unitSessionPercentage=(percent(f.units, sessions), percent(f.units_b, sessions_b)),
            ),
            "averageOfferCount": round(_ratio(extras.offers, days)),
            "averageParentItems": round(_ratio(extras.parents, days)),
            "feedbackReceived": extras.feedback,
            "negativeFeedbackReceived": extras.negative_feedback,
            "receivedNegativeFeedbackRate": _share(extras.negative_feedback, extras.feedback),
        }

    def _visits(self, f: Figures) -> Json:
        return self.pairs(
            browserPageViews=(f.browser_views, f.browser_views_b),
            mobileAppPageViews=(f.mobile_views, f.mobile_views_b),
            pageViews=(f.browser_views + f.mobile_views, f.browser_views_b + f.mobile_views_b),
            browserSessions=(f.browser, f.browser_b),
            mobileAppSessions=(f.mobile, f.mobile_b),
            sessions=(f.browser + f.mobile, f.browser_b + f.mobile_b),
        )

    def _buy_box(self, f: Figures) -> tuple[float, float]:
        views, views_b = f.browser_views + f.mobile_views, f.browser_views_b + f.mobile_views_b
        return _share(f.buy_box_views, views), _share(f.buy_box_views_b, views_b)

    def by_asin(self, f: Figures, every: Figures) -> Json:
        """One ASIN's entry; percentages are its share of `every`, the sums over all products."""
        sales = self.pairs(
            unitsOrdered=(f.units, f.units_b),
            orderedProductSales=(self.money(f.sales), self.money(f.sales_b)),
            totalOrderItems=(f.items, f.items_b),
        )
        visits, all_visits = self._visits(f), self._visits(every)
        shares = {
            _percentage_name(name): _share(count, all_visits[name]) for name, count in visits.items()
        }  # fmt: skip
        sessions, sessions_b = f.browser + f.mobile, f.browser_b + f.mobile_b
        rates = self.pairs(
            buyBoxPercentage=self._buy_box(f),
            unitSessionPercentage=(percent(f.units, sessions), percent(f.units_b, sessions_b)),
        )
        return {"salesByAsin": sales, "trafficByAsin": {**visits, **shares, **rates}}


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _percentage_name(name: str) -> str:
    """browserSessions -> browserSessionPercentage, pageViewsB2B -> pageViewsPercentageB2B (the schema's
    spelling).
    """
    suffix = "B2B" if name.endswith("B2B") else ""
    stem = name.removesuffix("B2B")
    if stem.lower().endswith("sessions"):
        stem = stem[:-1]
    return f"{stem}Percentage{suffix}"
