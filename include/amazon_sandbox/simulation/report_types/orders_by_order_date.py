"""GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL: the order items bought in a window (UTC), in their
state at the time of the report. The columns are those of the report by last update.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.orders import Order, orders_on, state_at
from amazon_sandbox.simulation.report_types.all_orders import header_of, order_rows
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing was bought in the window."""
    bought = list(orders_bought(request))
    if not bought:
        return None
    region = request.seller.region
    rows = (
        row for storefront, order, state in bought for row in order_rows(storefront, order, state, region)
    )
    return flat_file(header_of(region), rows, charset_of(request.marketplaces))


def orders_bought(request: ReportRequest) -> Iterator[tuple[Storefront, Order, tuple[str, int]]]:
    """Each order of the window as (storefront, order, (status, last update)), by storefront."""
    start, end = request.window()
    for storefront in request.storefronts:
        first, last = (storefront.marketplace.day_of_epoch(moment) for moment in (start, end))
        for day in range(first - 1, last + 1):
            for order in orders_on(storefront, day):
                state = state_at(order, request.now)
                if state is not None and start <= order.purchased < end:
                    yield storefront, order, state
