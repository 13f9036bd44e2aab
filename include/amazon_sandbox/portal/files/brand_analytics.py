"""Brand Analytics views with a counterpart in the API: search query performance by brand and by ASIN, search
catalog performance, top search terms.

Percentages have no sign and a decimal point in every language; what the API gives as a fraction is in
hundredths. `Reporting Date` is the last day of the period.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median_low
from typing import Any

from amazon_sandbox.portal.files.brand_metadata import Table, scope_of
from amazon_sandbox.portal.files.layouts import Column, columns
from amazon_sandbox.portal.files.models import FileRequest, NoData
from amazon_sandbox.portal.files.workbook import Cell
from amazon_sandbox.simulation.catalogue import BRANDS, DEFAULT_BRAND
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.report_types import (
    search_catalog_performance,
    search_query_performance,
    search_terms,
)
from amazon_sandbox.simulation.search import NOTHING, by_speed, query_figures, share
from amazon_sandbox.simulation.streams import UPPER_ALNUM, pick, token, uniforms

Json = dict[str, Any]
Row = dict[str, Cell]
_STEPS = (
    ("clicks", "Click", "click"),
    ("cart_adds", "CartAdd", "cart_add"),
    ("purchases", "Purchase", "purchase"),
)


# A second brand of every seller, of which nothing is sold: its files have only row 1 and a header, and are
# easily mistaken for the first one's.
SECOND_BRAND = "Fabrikam"


def brands_in(store: Marketplace) -> tuple[str, str]:
    """The brands that the page offers in a store: that of the seller's products, and the second one."""
    return BRANDS.get(store.language, DEFAULT_BRAND), SECOND_BRAND


def brand_of(request: FileRequest) -> str:
    """The brand chosen on the page. Raises ValueError for one that is not the seller's."""
    own, second = brands_in(request.marketplace)
    chosen = request.options.get("brand", own)
    if chosen not in (own, second):
        raise ValueError(f"the page offers the brand {own}, not {chosen}")
    return chosen


def brand_table(name: str, request: FileRequest, shown: tuple[Column, ...], rows: list[Row]) -> Table:
    """The table of the chosen brand; ``rows`` are those of the seller's products."""
    brand = brand_of(request)
    return table_of(name, ("Brand", brand), shown, [] if brand == SECOND_BRAND else rows)


def table_of(name: str, subject: tuple[str, str] | None, shown: tuple[Column, ...], rows: list[Row]) -> Table:
    """The table of rows in a layout's columns."""
    return Table(
        name,
        subject,
        [column.header for column in shown],
        [[row.get(column.field) for column in shown] for row in rows],
    )


def brand_queries(request: FileRequest) -> Table:
    """Search Query Performance, brand view: all queries that showed one of the brand's ASINs; what the
    API's report gives for each ASIN, summed.
    """
    scope = scope_of(request)
    first, last = scope.periods[0]
    storefront, amount = scope.storefront, scope.storefront.marketplace.amount
    prices = {one.asin: storefront.unit_price(one, last.toordinal()) for one in reversed(storefront.listings)}
    found = []
    for query in query_figures(storefront, first.toordinal(), last.toordinal(), scope.now):
        mine = NOTHING
        for funnel in query.asins.values():
            mine = mine.plus(funnel)
        found.append((query, mine))
    found.sort(key=lambda pair: (-pair[1].purchases, -pair[1].clicks, -pair[1].impressions, pair[0].text))
    rows: list[Row] = []
    for rank, (query, mine) in enumerate(found, 1):
        own_price = amount(median_low(prices[asin] for asin in query.asins))
        row: Row = {
            "search_query": query.text,
            "search_query_score": rank,
            "search_query_volume": query.volume,
            "impressions_total_count": query.total.impressions,
            "impressions_brand_count": mine.impressions,
            "impressions_brand_share_percent": hundredths(mine.impressions, query.total.impressions),
            "reporting_date": last.isoformat(),
        }
        for field, step, rate in _STEPS:
            total, own = getattr(query.total, field), getattr(mine, field)
            row |= {
                f"{field}_total_count": total,
                f"{field}_{rate}_rate_percent": hundredths(total, query.volume),
                f"{field}_brand_count": own,
                f"{field}_brand_share_percent": hundredths(own, total),
                f"{field}_price_median": amount(query.price),
                f"{field}_brand_price_median": own_price,
                **_speeds(field, by_speed(total, *storefront.key, query.text, step)),
            }
        rows.append(row)
    shown = columns("ba_sqp_brand", request.language)
    name = "Search_Query_Performance_Brand_View_Comprehensive"
    return brand_table(name, request, shown, rows)


def asin_queries(request: FileRequest) -> Table:
    """Search Query Performance, ASIN view: the rows of the API's report for one ASIN (option `asin`)."""
    last = scope_of(request).periods[0][1]
    asin = request.options.get("asin") or _best_seller(request)
    rows: list[Row] = []
    for entry in _entries(request, search_query_performance.REPORT_TYPE, "dataByAsin", {"asin": asin}):
        query, seen = entry["searchQueryData"], entry["impressionData"]
        row: Row = {
            "search_query": query["searchQuery"],
            "search_query_score": query["searchQueryScore"],
            "search_query_volume": query["searchQueryVolume"],
            "impressions_total_count": seen["totalQueryImpressionCount"],
            "impressions_asin_count": seen["asinImpressionCount"],
            "impressions_asin_share_percent": _percent(seen["asinImpressionShare"]),
            "reporting_date": last.isoformat(),
        }
        for field, step, rate in _STEPS:
            part = entry[f"{step[0].lower()}{step[1:]}Data"]
            row |= {
                f"{field}_total_count": part[f"total{step}Count"],
                f"{field}_{rate}_rate_percent": _percent(part[f"total{step}Rate"]),
                f"{field}_asin_count": part[f"asin{step}Count"],
                f"{field}_asin_share_percent": _percent(part[f"asin{step}Share"]),
                f"{field}_price_median": part[f"totalMedian{step}Price"]["amount"],
                f"{field}_asin_price_median": part[f"asinMedian{step}Price"]["amount"],
                **_speeds(field, _api_speeds(part, step, "total")),
            }
        rows.append(row)
    shown = columns("ba_sqp_asin", request.language)
    return table_of(
        "Search_Query_Performance_ASIN_View_Comprehensive", ("ASIN or Product", asin), shown, rows
    )


def catalogue(request: FileRequest) -> Table:
    """Search Catalog Performance: the rows of the API's report for all of the brand's ASINs."""
    rows: list[Row] = []
    for entry in _entries(request, search_catalog_performance.REPORT_TYPE, "dataByAsin", {}):
        seen, clicked, bought = entry["impressionData"], entry["clickData"], entry["purchaseData"]
        rows.append(
            {
                "asin": entry["asin"],
                "impressions_impressions": seen["impressionCount"],
                "impressions_price_median": seen["impressionMedianPrice"]["amount"],
                **_speeds("impressions", _api_speeds(seen, "Impression")),
                "clicks_clicks": clicked["clickCount"],
                "clicks_click_rate_ctr": _percent(clicked["clickRate"]),
                "clicks_price_median": clicked["clickedMedianPrice"]["amount"],
                **_speeds("clicks", _api_speeds(clicked, "Click")),
                "cart_adds_cart_adds": entry["cartAddData"]["cartAddCount"],
                "cart_adds_price_median": entry["cartAddData"]["cartAddedMedianPrice"]["amount"],
                **_speeds("cart_adds", _api_speeds(entry["cartAddData"], "CartAdd")),
                "purchases_purchases": bought["purchaseCount"],
                "purchases_search_traffic_sales": bought["searchTrafficSales"]["amount"],
                "purchases_conversion_rate_percent": _percent(bought["conversionRate"]),
                "purchases_price_median": bought["purchaseMedianPrice"]["amount"],
                **_speeds("purchases", _api_speeds(bought, "Purchase")),
            }
        )
    return table_of(
        "Search_Catalog_Performance_Simple", None, columns("ba_search_catalog", request.language), rows
    )


def top_terms(request: FileRequest) -> Table:
    """Top Search Terms: a row per term with its three most clicked products, as the API's report has them."""
    last = scope_of(request).periods[0][1]
    rows: dict[str, Row] = {}
    for entry in _entries(request, search_terms.REPORT_TYPE, search_terms.KEY, {}):
        term, number, asin = entry["searchTerm"], entry["clickShareRank"], entry["clickedAsin"]
        row = rows.setdefault(
            term,
            {
                "search_frequency_rank": entry["searchFrequencyRank"],
                "search_term": term,
                "reporting_date": last.isoformat(),
            },
        )
        brand, category, title = _product(request, asin, term)
        row |= {
            f"top_clicked_brand{'s' if number > 1 else ''}_{number}": brand,
            f"top_clicked_category_{number}": category,
            f"top_clicked_product_{number}_asin": asin,
            f"top_clicked_product_{number}_product_title": title,
            f"top_clicked_product_{number}_click_share": _percent(entry["clickShare"]),
            f"top_clicked_product_{number}_conversion_share": _percent(entry["conversionShare"]),
        }
    shown = columns("ba_top_search_terms", request.language)
    return table_of("Top_Search_Terms_Simple", None, shown, list(rows.values()))


def hundredths(part: float, whole: float) -> float:
    """A share as the API rounds it, in hundredths."""
    return _percent(share(part, whole))


def _percent(fraction: float) -> float:
    return round(fraction * 100, 2)


def _speeds(field: str, counts: tuple[int, int, int]) -> Row:
    names = ("same_day", "1d", "2d")
    return {f"{field}_{name}_shipping_speed": count for name, count in zip(names, counts, strict=True)}


def _api_speeds(part: Json, step: str, prefix: str = "") -> tuple[int, int, int]:
    same, one, two = (
        part[f"{prefix}{name if prefix else name[0].lower() + name[1:]}Shipping{step}Count"]
        for name in ("SameDay", "OneDay", "TwoDay")
    )
    return same, one, two


def _entries(request: FileRequest, report_type: str, key: str, options: dict[str, str]) -> Iterator[Json]:
    first, last = request.days
    document = request.simulation.document(
        report_type,
        request.seller,
        [request.marketplace.marketplace_id],
        first,
        last,
        {"reportPeriod": request.options.get("period", "WEEK"), **options},
        request.now,
    )
    if document is None:
        raise NoData(report_type)
    yield from json.loads(document.read())[key]


def _best_seller(request: FileRequest) -> str:
    return max(request.storefront.listings, key=lambda one: (one.base_rate, one.asin)).asin


def _product(request: FileRequest, asin: str, term: str) -> tuple[str, str, str]:
    """Brand, category and title of a clicked product: the seller's own, or invented ones of others."""
    listings = request.storefront.listings
    for listing in listings:
        if listing.asin == asin:
            language = request.marketplace.language
            return BRANDS.get(language, DEFAULT_BRAND), listing.category.title(), listing.title(language)
    u = uniforms(asin, "competitor")
    categories = sorted({listing.category for listing in listings})
    return f"Rival {token(UPPER_ALNUM, 3, asin, 'brand')}", pick(u[0], categories).title(), term.title()
