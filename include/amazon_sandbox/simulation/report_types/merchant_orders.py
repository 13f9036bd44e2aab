"""GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING, on request: what a merchant must ship and to whom.

It lists merchant-fulfilled orders of the last 60 days by purchase date, once they are paid. Cancelled orders
drop out of the file. Orders, items and amounts are the same as in the reports of all orders.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.orders import Order, OrderItem, orders_on, state_at
from amazon_sandbox.simulation.people import buyer_of
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
KEPT_SECONDS = 60 * 86_400

HEADER = (
    "order-id", "order-item-id", "purchase-date", "payments-date", "buyer-email", "buyer-name",
    "buyer-phone-number", "sku", "product-name", "quantity-purchased", "currency", "item-price", "item-tax",
    "shipping-price", "shipping-tax", "ship-service-level", "recipient-name", "ship-address-1",
    "ship-address-2", "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country",
    "ship-phone-number", "delivery-start-date", "delivery-end-date", "delivery-time-zone",
    "delivery-Instructions",
)  # fmt: skip
SALES_CHANNEL = "sales-channel"


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing was bought in the window."""
    with_channel = request.options.get("ShowSalesChannel") == "true"
    rows = list(_rows(request, with_channel))
    header = (*HEADER, SALES_CHANNEL) if with_channel else HEADER
    return flat_file(header, rows, charset_of(request.marketplaces)) if rows else None


def _rows(request: ReportRequest, with_channel: bool) -> Iterator[tuple[str, ...]]:
    start, end = request.window()
    start, end = max(start, request.now - KEPT_SECONDS), min(end, request.now)
    for storefront in request.storefronts:
        channel = (storefront.marketplace.sales_channel,) if with_channel else ()
        for day in range(
            storefront.marketplace.day_of_epoch(start), storefront.marketplace.day_of_epoch(end) + 1
        ):
            for order in orders_on(storefront, day):
                state = state_at(order, request.now)
                if not order.is_merchant or state is None or not start <= order.purchased < end:
                    continue
                if state[0] in ("Unshipped", "Shipped"):
                    for item in order.items:
                        yield (*_row(storefront, order, item), *channel)


def _row(storefront: Storefront, order: Order, item: OrderItem) -> tuple[str, ...]:
    money, city, buyer = storefront.marketplace.money, order.city, buyer_of(order.order_id)
    amounts = (item.price, item.tax, item.shipping, item.shipping_tax)
    return (
        order.order_id, item.item_id, iso_utc(order.purchased), iso_utc(order.paid), buyer.email, buyer.name,
        buyer.phone, item.listing.sku, item.listing.title(storefront.marketplace.language),
        str(item.quantity), storefront.marketplace.currency, *map(money, amounts), "Standard",
        buyer.name, buyer.street, buyer.unit, "",
        city["city"], city["state"], city["postal"], city["country"], buyer.phone, "", "", "", "",
    )  # fmt: skip
