"""GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL: the orders of the flat file by last update, as an
AmazonEnvelope with one Message per order. Amounts that are zero or not known yet have no Component.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from amazon_sandbox.simulation.documents import Document, iso_utc
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

REPORT_TYPE = "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">\n'
    "<Header><DocumentVersion>1.01</DocumentVersion></Header>\n<MessageType>AllOrdersReport</MessageType>\n"
)
_COMPONENTS = (
    ("Principal", "price"),
    ("Tax", "tax"),
    ("Shipping", "shipping"),
    ("ShippingTax", "shipping_tax"),
    ("GiftWrap", "gift_wrap"),
    ("GiftWrapTax", "gift_wrap_tax"),
)


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing was updated in the window."""
    messages = _messages(request)
    first = next(messages, None)
    return None if first is None else Document(_chunks(first, messages), "text/xml;charset=UTF-8")


def _chunks(first: str, rest: Iterator[str]) -> Iterator[bytes]:
    yield (_HEAD + first).encode()
    for message in rest:
        yield message.encode()
    yield b"</AmazonEnvelope>\n"


def _messages(request: ReportRequest) -> Iterator[str]:
    start, end = request.window()
    end = min(end, request.now + 1)
    for storefront in request.storefronts:
        first = storefront.marketplace.day_of_epoch(start) - LONGEST_LIFE_DAYS - 1
        for day in range(first, storefront.marketplace.day_of_epoch(end) + 1):
            for order in orders_on(storefront, day):
                state = state_at(order, request.now)
                if state is not None and start <= state[1] < end:
                    yield f"<Message><Order>{_order(storefront, order, state)}</Order></Message>\n"


def _order(storefront: Storefront, order: Order, state: tuple[str, int]) -> str:
    status, updated = state
    city = order.city if status != "Pending" else {}
    address = "".join(
        _tag(name, city.get(key, ""))
        for name, key in (
            ("City", "city"),
            ("State", "state"),
            ("PostalCode", "postal"),
            ("Country", "country"),
        )
    )
    fulfilment = (
        _tag("FulfillmentChannel", "Merchant" if order.is_merchant else "Amazon")
        + _tag("ShipServiceLevel", "Standard" if order.is_merchant else "Expedited")
        + f"<Address>{address}</Address>"
    )
    return (
        _tag("AmazonOrderID", order.order_id)
        + _tag("MerchantOrderID", "" if order.is_merchant else order.order_id)
        + _tag("PurchaseDate", iso_utc(order.purchased))
        + _tag("LastUpdatedDate", iso_utc(updated))
        + _tag("OrderStatus", status)
        + _tag("SalesChannel", storefront.marketplace.sales_channel)
        + f"<FulfillmentData>{fulfilment}</FulfillmentData>"
        + _tag("IsBusinessOrder", "true" if order.is_business else "false")
        + "".join(_item(storefront, item, status, is_priced(order, status)) for item in order.items)
    )


def _item(storefront: Storefront, item: OrderItem, status: str, priced: bool) -> str:
    inner = (
        _tag("AmazonOrderItemCode", item.item_id)
        + _tag("ASIN", item.listing.asin)
        + _tag("SKU", item.listing.sku)
        + _tag("ItemStatus", status if status in ("Shipped", "Cancelled") else "Unshipped")
        + _tag("ProductName", item.listing.title(storefront.marketplace.language))
        + _tag("Quantity", "0" if status == "Cancelled" else str(item.quantity))
    )
    if priced:
        amounts = ((kind, getattr(item, field)) for kind, field in _COMPONENTS)
        parts = "".join(_component(storefront, kind, amount) for kind, amount in amounts if amount)
        inner += f"<ItemPrice>{parts}</ItemPrice>{_promotion(storefront, item)}"
    return f"<OrderItem>{inner}</OrderItem>"


def _component(storefront: Storefront, kind: str, amount: int) -> str:
    return f"<Component>{_tag('Type', kind)}{_money(storefront, 'Amount', amount)}</Component>"


def _promotion(storefront: Storefront, item: OrderItem) -> str:
    if not item.promotion:
        return ""
    ids = item.promotion.split(",")
    # Some items have one element with all promotions, others two elements with a part of the discount each.
    groups = [ids[:1], ids[1:]] if item.item_id[-1] in "13579" else [ids]
    return "".join(
        "<Promotion>"
        + "".join(_tag("PromotionIDs", one) for one in groups[part])
        + _money(storefront, "ItemPromotionDiscount", _share(item.discount, part, len(groups)))
        + _money(storefront, "ShipPromotionDiscount", _share(item.shipping_discount, part, len(groups)))
        + "</Promotion>"
        for part in range(len(groups))
    )


def _share(amount: int, part: int, parts: int) -> int:
    """Shares that add up to the amount; the last one includes the remainder."""
    share = amount // parts
    return share if part < parts - 1 else amount - share * (parts - 1)


def _money(storefront: Storefront, name: str, amount: int) -> str:
    marketplace = storefront.marketplace
    return f'<{name} currency="{marketplace.currency}">{marketplace.money(amount)}</{name}>'


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"
