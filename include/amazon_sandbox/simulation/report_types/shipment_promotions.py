"""GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_PROMOTION_DATA: promotions applied to shipped FBA items, by
shipment-date. North America only: elsewhere Amazon has no data.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.shipments import Shipment, shipments_between
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_PROMOTION_DATA"

HEADER = (
    "shipment-date", "currency", "item-promotion-discount", "item-promotion-id", "description",
    "promotion-rule-value", "amazon-order-id", "shipment-id", "shipment-item-id",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when no promoted item shipped in the window."""
    if request.seller.region != "NA":
        return None
    start, end = request.window()
    rows = [
        row
        for storefront in request.storefronts
        for shipment in shipments_between(storefront, start, min(end, request.now))
        if shipment.reported <= request.now
        for row in _rows(storefront, shipment)
    ]
    return flat_file(HEADER, rows, charset_of(request.marketplaces)) if rows else None


def _rows(storefront: Storefront, shipment: Shipment) -> Iterator[tuple[str, ...]]:
    """A row for free shipping and one for the price; an item lists its free shipping first."""
    item = shipment.item
    names = item.promotion.split(",")
    applied = (
        (item.shipping_discount, names[0], "Free Shipping", "FREE_SHIPPING"),
        (item.discount, names[-1], "10% off", "10"),
    )
    for amount, name, description, rule in applied:
        if amount:
            yield (
                iso_utc(shipment.order.shipped), storefront.marketplace.currency,
                storefront.marketplace.money(amount),
                name, description, rule, shipment.order.order_id, shipment.reported_id,
                shipment.reported_item_id,
            )  # fmt: skip
