"""GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA: a short form of the fulfilled shipments report."""

from __future__ import annotations

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.shipments import Shipment, shipments_between
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA"

HEADER = (
    "shipment-date", "sku", "fnsku", "asin", "fulfillment-center-id", "quantity", "amazon-order-id",
    "currency", "item-price-per-unit", "shipping-price", "gift-wrap-price", "ship-city", "ship-state",
    "ship-postal-code",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing shipped in the window."""
    start, end = request.window()
    rows = [
        _row(storefront, shipment)
        for storefront in request.storefronts
        for shipment in shipments_between(storefront, start, min(end, request.now))
        if shipment.reported <= request.now
    ]
    return flat_file(HEADER, rows, charset_of(request.marketplaces)) if rows else None


def _row(storefront: Storefront, shipment: Shipment) -> tuple[str, ...]:
    order, item, money = shipment.order, shipment.item, storefront.marketplace.money
    return (
        iso_utc(order.shipped), item.listing.sku, item.listing.fnsku, item.listing.asin, shipment.centre,
        str(item.quantity), order.order_id, storefront.marketplace.currency,
        money(round(item.price / item.quantity)), money(item.shipping), money(item.gift_wrap),
        order.city["city"], order.city["state"], order.city["postal"],
    )  # fmt: skip
