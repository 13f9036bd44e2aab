"""GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT: how many of an ASIN's customers bought again, from the orders.

The JSON of Amazon's sellingPartnerRepeatPurchaseReport schema. Orders and revenue are those of the order
files; repeat customers are drawn at random, because orders do not identify the customer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from amazon_sandbox.simulation.documents import Document
from amazon_sandbox.simulation.report_types.market_basket import orders_between
from amazon_sandbox.simulation.report_types.periods import (
    AnalyticsScope,
    Json,
    analytics_document,
    analytics_request,
)
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.search import share
from amazon_sandbox.simulation.streams import between, uniforms

REPORT_TYPE = "GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT"
PERIODS = ("WEEK", "MONTH", "QUARTER")


def write(request: ReportRequest) -> Document | None:
    """The document; None (CANCELLED) when nothing was bought. Raises FatalReport."""
    scope = analytics_request(REPORT_TYPE, request, PERIODS, several=True)
    rows = [row for first, last in scope.periods for row in _rows(scope, first, last)]
    return analytics_document(scope, REPORT_TYPE, "dataByAsin", rows) if rows else None


def _rows(scope: AnalyticsScope, first: date, last: date) -> Iterator[Json]:
    orders: Counter[str] = Counter()
    revenue: Counter[str] = Counter()
    for order in orders_between(scope.storefront, first, last, scope.now):
        orders.update({item.listing.asin for item in order.items})
        for item in order.items:
            revenue[item.listing.asin] += item.price
    for asin in sorted(orders):
        u = uniforms(*scope.storefront.key, asin, first.toordinal(), "repeat")
        again = int(orders[asin] * between(u[0], 0.0, 0.12) + u[1])
        customers = max(1, orders[asin] - again)
        returning = min(again, customers)
        again_revenue = revenue[asin] * min(1.0, 2 * returning / orders[asin])
        yield {
            "startDate": first.isoformat(),
            "endDate": last.isoformat(),
            "asin": asin,
            "orders": orders[asin],
            "uniqueCustomers": customers,
            "repeatCustomersPctTotal": share(returning, customers),
            "repeatPurchaseRevenue": scope.money(again_revenue),
            "repeatPurchaseRevenuePctTotal": share(again_revenue, revenue[asin]),
        }
