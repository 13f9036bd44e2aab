"""GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL: shipped FBA items by shipment-date, one file for all
marketplaces.

A row appears 1-3 hours after the shipment, so the last hours of a window fill up later. The buyer's name,
e-mail, phone and street are in the header, but their cells are blank: this application has no role for
personal data.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.shipments import Shipment, shipments_between
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL"

HEADER = (
    "amazon-order-id", "merchant-order-id", "shipment-id", "shipment-item-id", "amazon-order-item-id",
    "merchant-order-item-id", "purchase-date", "payments-date", "shipment-date", "reporting-date",
    "buyer-email", "buyer-name", "buyer-phone-number", "sku", "product-name", "quantity-shipped", "currency",
    "item-price", "item-tax", "shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax",
    "ship-service-level", "recipient-name", "ship-address-1", "ship-address-2", "ship-address-3", "ship-city",
    "ship-state", "ship-postal-code", "ship-country", "ship-phone-number", "bill-address-1", "bill-address-2",
    "bill-address-3", "bill-city", "bill-state", "bill-postal-code", "bill-country",
    "item-promotion-discount", "ship-promotion-discount", "carrier", "tracking-number",
    "estimated-arrival-date", "fulfillment-center-id", "fulfillment-channel", "sales-channel",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing shipped in the window."""
    rows = list(_rows(request))
    return flat_file(HEADER, rows, charset_of(request.marketplaces)) if rows else None


def _rows(request: ReportRequest) -> Iterator[tuple[str, ...]]:
    start, end = request.window()
    for storefront in request.storefronts:
        for shipment in shipments_between(storefront, start, min(end, request.now)):
            if shipment.reported <= request.now:
                yield _row(storefront, shipment)


def _row(storefront: Storefront, shipment: Shipment) -> tuple[str, ...]:
    order, item, money = shipment.order, shipment.item, storefront.marketplace.money
    amounts = (item.price, item.tax, item.shipping, item.shipping_tax, item.gift_wrap, item.gift_wrap_tax)
    city = order.city
    return (
        order.order_id, order.order_id, shipment.reported_id, shipment.reported_item_id, item.item_id, "",
        iso_utc(order.purchased), iso_utc(order.paid), iso_utc(order.shipped), iso_utc(shipment.reported),
        "", "", "", item.listing.sku, item.listing.title(storefront.marketplace.language), str(item.quantity),
        storefront.marketplace.currency, *map(money, amounts), "Expedited", "", "", "", "",
        city["city"], city["state"], city["postal"], city["country"], *("",) * 8,
        money(item.discount), money(item.shipping_discount), shipment.carrier, shipment.tracking,
        iso_utc(shipment.arrives), shipment.centre, "AFN", storefront.marketplace.sales_channel,
    )  # fmt: skip
