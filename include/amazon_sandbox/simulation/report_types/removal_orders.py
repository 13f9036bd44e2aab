"""GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA: removal order lines requested or updated in the window, in
their state at the time of the report. A line changes until it is Completed or Cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.removals import (
    RemovalLine,
    RemovalOrder,
    progress,
    removal_fee,
    removals_between,
)
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA"

HEADER = (
    "request-date", "order-id", "order-type", "service-speed", "order-status", "last-updated-date", "sku",
    "fnsku", "disposition", "requested-quantity", "cancelled-quantity", "disposed-quantity",
    "shipped-quantity", "in-process-quantity", "removal-fee", "currency",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when no order was requested or updated in the window."""
    start, end = request.window()
    rows = [
        row
        for storefront in request.storefronts
        for order in removals_between(storefront, start, min(end, request.now))
        for row in _rows(storefront, order, request.now, start, end)
    ]
    return flat_file(HEADER, rows, charset_of(request.marketplaces)) if rows else None


def _rows(
    storefront: Storefront, order: RemovalOrder, now: int, start: int, end: int
) -> Iterator[tuple[str, ...]]:
    for line in order.lines:
        state = progress(order, line, now)
        if state and (start <= order.requested < end or start <= state.updated < end):
            moved = state.disposed + state.shipped
            yield (
                iso_utc(order.requested), order.order_id, order.order_type, "Standard", state.status,
                iso_utc(state.updated), line.listing.sku, line.listing.fnsku, disposition_of(line),
                str(line.quantity), str(state.cancelled), str(state.disposed), str(state.shipped),
                str(state.in_process),
                storefront.marketplace.money(removal_fee(storefront) * moved) if moved else "",
                storefront.marketplace.currency,
            )  # fmt: skip


def disposition_of(line: RemovalLine) -> str:
    """How removal files write a disposition: Customer Damaged, Defective."""
    return line.disposition.replace("_", " ").title()
