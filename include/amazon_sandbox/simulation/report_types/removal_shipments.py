"""GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA: parcels of removal orders by shipment-date. Disposals and
cancelled orders have none.
"""

from __future__ import annotations

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.removals import removals_between
from amazon_sandbox.simulation.report_types.removal_orders import disposition_of
from amazon_sandbox.simulation.report_types.request import ReportRequest

REPORT_TYPE = "GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA"

HEADER = (
    "request-date", "order-id", "shipment-date", "sku", "fnsku", "disposition", "shipped-quantity", "carrier",
    "tracking-number", "removal-order-type",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when no parcel left in the window."""
    start, end = request.window()
    end = min(end, request.now + 1)
    rows = [
        (
            iso_utc(order.requested), order.order_id, iso_utc(parcel.at), line.listing.sku,
            line.listing.fnsku, disposition_of(line), str(parcel.quantity), parcel.carrier, parcel.tracking,
            order.order_type,
        )
        for storefront in request.storefronts
        for order in removals_between(storefront, start, end)
        for line in order.lines
        for parcel in line.parcels
        if start <= parcel.at < end
    ]  # fmt: skip
    return flat_file(HEADER, rows, charset_of(request.marketplaces)) if rows else None
