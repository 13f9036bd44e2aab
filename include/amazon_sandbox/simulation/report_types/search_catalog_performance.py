"""GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT: the results of all searches together, by ASIN.

The JSON of Amazon's sellingPartnerSearchCatalogPerformanceReport schema; its counts are the sums of those of
the search query performance report over all queries.
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
from amazon_sandbox.simulation.search import NOTHING, Funnel, by_speed, query_figures, share

REPORT_TYPE = "GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT"
PERIODS = ("WEEK", "MONTH", "QUARTER")


def write(request: ReportRequest) -> Document | None:
    """The document of the requested ASINs, or of all of the brand's; None (CANCELLED) if no search showed
    any.

    Raises FatalReport where Amazon ends the report FATAL.
    """
    wanted = analytics_request(REPORT_TYPE, request, PERIODS)
    asins = asins_asked(REPORT_TYPE, request, "asins", required=False)
    rows = list(_rows(wanted, asins))
    return analytics_document(wanted, REPORT_TYPE, "dataByAsin", rows) if rows else None


def _rows(scope: AnalyticsScope, asins: set[str] | None) -> Iterator[Json]:
    first, last = scope.periods[0]
    storefront = scope.storefront
    sums: dict[str, Funnel] = {}
    for query in query_figures(storefront, first.toordinal(), last.toordinal(), scope.now):
        for asin, funnel in query.asins.items():
            sums[asin] = sums.get(asin, NOTHING).plus(funnel)
    prices = {
        item.asin: storefront.unit_price(item, last.toordinal()) for item in reversed(storefront.listings)
    }
    for asin in sorted(sums):
        if asins is None or asin in asins:
            yield {
                "startDate": first.isoformat(),
                "endDate": last.isoformat(),
                "asin": asin,
                **_figures(scope, asin, sums[asin], prices[asin]),
            }


def _figures(scope: AnalyticsScope, asin: str, funnel: Funnel, price: int) -> Json:
    median = scope.money(price)

    def speeds(name: str, count: int) -> Json:
        same, one, two = by_speed(count, *scope.storefront.key, asin, name)
        return {
            f"sameDayShipping{name}Count": same,
            f"oneDayShipping{name}Count": one,
            f"twoDayShipping{name}Count": two,
        }

    return {
        "impressionData": {
            "impressionCount": funnel.impressions,
            "impressionMedianPrice": median,
            **speeds("Impression", funnel.impressions),
        },
        "clickData": {
            "clickCount": funnel.clicks,
            "clickRate": share(funnel.clicks, funnel.impressions),
            "clickedMedianPrice": median,
            **speeds("Click", funnel.clicks),
        },
        "cartAddData": {
            "cartAddCount": funnel.cart_adds,
            "cartAddedMedianPrice": median,
            **speeds("CartAdd", funnel.cart_adds),
        },
        "purchaseData": {
            "purchaseCount": funnel.purchases,
            "searchTrafficSales": scope.money(funnel.purchases * price),
            "conversionRate": share(funnel.purchases, funnel.clicks),
            "purchaseMedianPrice": median,
            **speeds("Purchase", funnel.purchases),
        },
    }
