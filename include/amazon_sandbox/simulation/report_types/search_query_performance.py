"""GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT: results by search query for the requested ASINs.

The JSON of Amazon's sellingPartnerSearchQueryPerformanceReport schema: one row per ASIN and query, for one
period and marketplace. ASINs that no search showed are absent.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document
from amazon_sandbox.simulation.report_types.periods import (
    AnalyticsScope,
    Json,
    analytics_document,
    analytics_request,
    asins_asked,
)
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.search import Funnel, QueryFigures, by_speed, query_figures, share

REPORT_TYPE = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
PERIODS = ("WEEK", "MONTH", "QUARTER")


def write(request: ReportRequest) -> Document | None:
    """The document; None (CANCELLED) when no search showed any of the requested ASINs.

    Raises FatalReport where Amazon ends the report FATAL.
    """
    wanted = analytics_request(REPORT_TYPE, request, PERIODS)
    asins = asins_asked(REPORT_TYPE, request, "asin", required=True) or set()
    rows = list(_rows(wanted, asins))
    return analytics_document(wanted, REPORT_TYPE, "dataByAsin", rows) if rows else None


def _rows(scope: AnalyticsScope, asins: set[str]) -> Iterator[Json]:
    first, last = scope.periods[0]
    storefront = scope.storefront
    queries = query_figures(storefront, first.toordinal(), last.toordinal(), scope.now)
    prices = {
        item.asin: storefront.unit_price(item, last.toordinal()) for item in reversed(storefront.listings)
    }
    for asin in sorted(asins):
        mine = [query for query in queries if asin in query.asins]
        mine.sort(key=lambda query: _strength(query.asins[asin]), reverse=True)
        for rank, query in enumerate(mine, start=1):
            yield {
                "startDate": first.isoformat(),
                "endDate": last.isoformat(),
                "asin": asin,
                "searchQueryData": {
                    "searchQuery": query.text,
                    "searchQueryScore": rank,
                    "searchQueryVolume": query.volume,
                },
                **_figures(scope, query, query.asins[asin], prices[asin]),
            }


def _strength(funnel: Funnel) -> tuple[int, int, int]:
    return funnel.purchases, funnel.clicks, funnel.impressions


def _figures(scope: AnalyticsScope, query: QueryFigures, mine: Funnel, price: int) -> Json:
    total = query.total
    return {
        "impressionData": {
            "totalQueryImpressionCount": total.impressions,
            "asinImpressionCount": mine.impressions,
            "asinImpressionShare": share(mine.impressions, total.impressions),
        },
        "clickData": _step(scope, query, "Click", total.clicks, mine.clicks, price),
        "cartAddData": _step(scope, query, "CartAdd", total.cart_adds, mine.cart_adds, price),
        "purchaseData": _step(scope, query, "Purchase", total.purchases, mine.purchases, price),
    }


def _step(scope: AnalyticsScope, query: QueryFigures, name: str, total: int, mine: int, price: int) -> Json:
    """clickData, cartAddData and purchaseData differ only in a part of their field names."""
    same, one, two = by_speed(total, *scope.storefront.key, query.text, name)
    return {
        f"total{name}Count": total,
        f"total{name}Rate": share(total, query.volume),
        f"asin{name}Count": mine,
        f"asin{name}Share": share(mine, total),
        f"totalMedian{name}Price": scope.money(query.price),
        f"asinMedian{name}Price": scope.money(price),
        f"totalSameDayShipping{name}Count": same,
        f"totalOneDayShipping{name}Count": one,
        f"totalTwoDayShipping{name}Count": two,
    }
