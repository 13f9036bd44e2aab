"""GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA: items sent again, by shipment-date. North America
and India only: elsewhere Amazon has no data.
"""

from __future__ import annotations

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.shipments import Replacement, replacements_between

REPORT_TYPE = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA"

HEADER = (
    "shipment-date", "sku", "asin", "fulfillment-center-id", "original-fulfillment-center-id", "quantity",
    "replacement-reason-code", "replacement-amazon-order-id", "original-amazon-order-id",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing was replaced in the window."""
    start, end = request.window()
    rows = [
        _row(one)
        for storefront in request.storefronts
        if storefront.marketplace.region == "NA" or storefront.marketplace.country == "IN"
        for one in replacements_between(storefront, start, min(end, request.now))
    ]
    return flat_file(HEADER, rows, charset_of(request.marketplaces)) if rows else None


def _row(one: Replacement) -> tuple[str, ...]:
    return (
        iso_utc(one.at), one.item.listing.sku, one.item.listing.asin, one.centre, one.original_centre,
        str(one.item.quantity), str(one.reason), one.order_id, one.order.order_id,
    )  # fmt: skip
