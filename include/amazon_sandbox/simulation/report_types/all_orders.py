"""GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL: order items by last-updated-date (UTC), one file
for all marketplaces.

An order is shown in its state at the time of the report and belongs to the window of its last update; when it
is updated again, it leaves the older window. Header variants as seen in production files: 34 columns in NA,
33 in EU (order-item-id after order-status), the 31 base columns in FE.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.orders import (
    LONGEST_LIFE_DAYS,
    Order,
    OrderItem,
    is_priced,
    orders_on,
    state_at,
)
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"

BASE_HEADER = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "ship-service-level", "product-name", "sku",
    "asin", "item-status", "quantity", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax",
    "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount", "ship-promotion-discount", "ship-city",
    "ship-state", "ship-postal-code", "ship-country", "promotion-ids", "is-business-order",
    "purchase-order-number", "price-designation",
)  # fmt: skip
_STATUS_END = BASE_HEADER.index("order-status") + 1
_PROMOTION_END = BASE_HEADER.index("promotion-ids") + 1


def header_of(region: str) -> tuple[str, ...]:
    """The header of a region's file."""
    if region == "NA":
        head, tail = BASE_HEADER[:_PROMOTION_END], BASE_HEADER[_PROMOTION_END:]
        return (*head, "cpf", *tail, "signature-confirmation-recommended", "order-item-id")
    if region == "EU":
        head, middle = BASE_HEADER[:_STATUS_END], BASE_HEADER[_STATUS_END:_PROMOTION_END]
        return (*head, "order-item-id", *middle, "cpf", *BASE_HEADER[_PROMOTION_END:])
    return BASE_HEADER


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing was updated in the window (Amazon cancels such a report)."""
    rows = _rows(request)
    first = next(rows, None)
    if first is None:
        return None
    return flat_file(
        header_of(request.seller.region), _with_first(first, rows), charset_of(request.marketplaces)
    )


def _with_first(first: tuple[str, ...], rest: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    yield first
    yield from rest


def _rows(request: ReportRequest) -> Iterator[tuple[str, ...]]:
    start, end = request.window()
    end = min(end, request.now + 1)
    for storefront in request.storefronts:
        first = storefront.marketplace.day_of_epoch(start) - LONGEST_LIFE_DAYS - 1
        last = storefront.marketplace.day_of_epoch(end)
        for day in range(first, last + 1):
            for order in orders_on(storefront, day):
                state = state_at(order, request.now)
                if state is not None and start <= state[1] < end:
                    yield from order_rows(storefront, order, state, request.seller.region)


def order_rows(
    storefront: Storefront, order: Order, state: tuple[str, int], region: str
) -> Iterator[tuple[str, ...]]:
    """The lines of one order in `state`, in the column order of the region's header."""
    status, updated = state
    city = order.city if status != "Pending" else {"city": "", "state": "", "postal": "", "country": ""}
    head = (
        order.order_id,
        "" if order.is_merchant else order.order_id,
        iso_utc(order.purchased),
        iso_utc(updated),
        status,
    )
    channel = (
        "Merchant" if order.is_merchant else "Amazon",
        storefront.marketplace.sales_channel,
        "",
        "Standard" if order.is_merchant else "Expedited",
    )
    address = (city["city"], city["state"], city["postal"], city["country"])
    item_status = status if status in ("Shipped", "Cancelled") else "Unshipped"
    business = _business_columns(order)
    for item in order.items:
        name = (
            item.listing.title(storefront.marketplace.language),
            item.listing.sku,
            item.listing.asin,
            item_status,
        )
        middle = (
            *channel,
            *name,
            *_money_columns(storefront, item, status, is_priced(order, status)),
            *address,
        )
        if region == "NA":
            yield (*head, *middle, item.promotion, "", *business, "false", item.item_id)
        elif region == "EU":
            yield (*head, item.item_id, *middle, item.promotion, "", *business)
        else:
            yield (*head, *middle, item.promotion, *business)


def _business_columns(order: Order) -> tuple[str, str, str]:
    if not order.is_business:
        return ("false", "", "")
    number = order.order_id[-5:]
    return (
        "true",
        f"PO-{number}" if int(number) % 3 == 0 else "",
        "Business Price" if int(number) % 2 else "",
    )


def _money_columns(storefront: Storefront, item: OrderItem, status: str, priced: bool) -> tuple[str, ...]:
    """Quantity, currency, prices and discounts. A cancelled line has quantity 0; an unpriced line has no
    amounts.
    """
    quantity = "0" if status == "Cancelled" else str(item.quantity)
    if not priced:
        return (quantity, *("",) * 9)
    money = storefront.marketplace.money
    amounts = (
        item.price, item.tax, item.shipping, item.shipping_tax, item.gift_wrap, item.gift_wrap_tax,
        item.discount, item.shipping_discount,
    )  # fmt: skip
    always = amounts[:2]
    return (
        quantity,
        storefront.marketplace.currency,
        *(money(amount) for amount in always),
        *(money(amount) if amount else "" for amount in amounts[2:]),
    )
