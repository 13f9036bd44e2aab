"""GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT: what customers bought together with each ASIN, from the orders.

The JSON of Amazon's sellingPartnerMarketBasketAnalysisReport schema. It may cover several periods, each with
its own rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import permutations

from amazon_sandbox.simulation.documents import Document
from amazon_sandbox.simulation.orders import Order, orders_on, state_at
from amazon_sandbox.simulation.report_types.periods import (
    AnalyticsScope,
    Json,
    analytics_document,
    analytics_request,
)
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.search import share
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT"
PERIODS = ("DAY", "WEEK", "MONTH", "QUARTER")
RANKS = 3


def write(request: ReportRequest) -> Document | None:
    """The document; None (CANCELLED) when no order contained two products. Raises FatalReport."""
    scope = analytics_request(REPORT_TYPE, request, PERIODS, several=True)
    rows = [row for first, last in scope.periods for row in _rows(scope, first, last)]
    return analytics_document(scope, REPORT_TYPE, "dataByAsin", rows) if rows else None


def _rows(scope: AnalyticsScope, first: date, last: date) -> Iterator[Json]:
    together: Counter[tuple[str, str]] = Counter()
    baskets: Counter[str] = Counter()
    for order in orders_between(scope.storefront, first, last, scope.now):
        asins = sorted({item.listing.asin for item in order.items})
        if len(asins) > 1:
            baskets.update(asins)
            together.update(permutations(asins, 2))
    for asin in sorted(baskets):
        others = [(count, other) for (one, other), count in together.items() if one == asin]
        others.sort(key=lambda pair: (-pair[0], pair[1]))
        for rank, (count, other) in enumerate(others[:RANKS], start=1):
            yield {
                "startDate": first.isoformat(),
                "endDate": last.isoformat(),
                "asin": asin,
                "purchasedWithAsin": other,
                "purchasedWithRank": rank,
                "combinationPct": share(count, baskets[asin]),
            }


def orders_between(storefront: Storefront, first: date, last: date, now: int) -> Iterator[Order]:
    """The orders bought on the local days `first` to `last` that are not cancelled at `now`."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        for order in orders_on(storefront, ordinal):
            state = state_at(order, now)
            if state is not None and state[0] != "Cancelled":
                yield order
