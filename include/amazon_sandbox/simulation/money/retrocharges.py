"""Sales tax collected or refunded after an order; it is withheld at once, so the net amount is zero."""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.money.events import Event, Item
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.money.orders import line_template
from amazon_sandbox.simulation.orders import Order, OrderItem
from amazon_sandbox.simulation.shipments import shipped_orders
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

DAY = 86_400
FIRST_DAYS, LAST_DAYS = 15, 30  # from shipment
_SHARE, _RETURNED_SHARE = 0.004, 0.4
_WITHHELD = "MarketplaceFacilitatorTax-Principal"


def retrocharges(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The retrocharges posted in [start, end), where tax is added at checkout."""
    if storefront.marketplace.tax_included:
        return
    for order in shipped_orders(storefront, start - LAST_DAYS * DAY, end - FIRST_DAYS * DAY):
        u = uniforms(*storefront.key, order.order_id, "retrocharge")
        at = order.shipped + int(between(u[1], FIRST_DAYS, LAST_DAYS) * DAY)
        if u[0] < _SHARE and start <= at < end and order.items[0].tax:
            tax = max(2, round(order.items[0].tax * between(u[2], 0.05, 1.0)))
            yield _retrocharge(storefront, order, order.items[0], at, -tax if u[3] < _RETURNED_SHARE else tax)


def _retrocharge(storefront: Storefront, order: Order, item: OrderItem, at: int, tax: int) -> Event:
    name = "Order_Retrocharge" if tax > 0 else "Refund_Retrocharge"
    template = line_template(name, storefront, order, item, at)._replace(quantity="", promotion_id="")
    on_shipping = tax // 5 if item.shipping_tax else 0
    leaf = "BaseTax" if tax > 0 else "RetrochargeReversal"
    lines: list[Line] = [
        template._replace(amount_type=kind, amount_description=description, amount=amount, leaf=leaf)
        for kind, description, amount, leaf in (
            ("ItemPrice", "Tax", tax - on_shipping, leaf),
            ("ItemPrice", "ShippingTax", on_shipping, "ShippingTax"),
            ("ItemWithheldTax", _WITHHELD, -tax, _WITHHELD),
        )
        if amount
    ]
    items = (Item(item.listing, 0, 0),)
    return Event(
        "retrocharge", at, storefront, order.order_id, items, order_id=order.order_id, own_lines=tuple(lines)
    )
