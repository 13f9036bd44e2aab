"""GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA: units returned to Amazon, by return-date."""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.refunds import FIRST_LAG, LAST_LAG, LONGEST_RETURN_DAYS, refunds_of_purchases
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"

HEADER = (
    "return-date", "order-id", "sku", "asin", "fnsku", "product-name", "quantity", "fulfillment-center-id",
    "detailed-disposition", "reason", "status", "license-plate-number", "customer-comments",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing was returned in the window."""
    start, end = request.window()
    end = min(end, request.now + 1)
    dated = [row for storefront in request.storefronts for row in _rows(storefront, start, end)]
    if not dated:
        return None
    dated.sort(key=lambda row: row[0])
    return flat_file(HEADER, (row for _, row in dated), charset_of(request.marketplaces))


def _rows(storefront: Storefront, start: int, end: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    first = storefront.marketplace.day_of_epoch(start) - LAST_LAG - LONGEST_RETURN_DAYS - 1
    last = storefront.marketplace.day_of_epoch(end) - FIRST_LAG
    language = storefront.marketplace.language
    for day in range(first, last + 1):
        for refund in refunds_of_purchases(storefront, day):
            listing = refund.item.listing
            for unit in refund.returns:
                if start <= unit.at < end:
                    yield unit.at, (
                        iso_utc(unit.at), refund.order.order_id, listing.sku, listing.asin, listing.fnsku,
                        listing.title(language), "1", unit.centre, unit.disposition, unit.reason, unit.status,
                        unit.license_plate, unit.comment,
                    )  # fmt: skip
