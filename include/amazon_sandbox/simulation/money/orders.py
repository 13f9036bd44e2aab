"""What shipped orders earn and cost: prices, taxes, withheld amounts, fees, promotions.

Dated rules: digital services fees since 1 October 2024 (United Kingdom 2 %, France, Italy and Spain 3 %;
Canada 3 % until 15 August 2025), in the United Kingdom and France also on FBA fees. Amazon is liable for the
tax on some orders in Europe (deemed supplier) and on low-value goods in Australia and Singapore.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from amazon_sandbox.simulation.fulfilment_fees import fulfilment_charge
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.money.releases import DAY, LONGEST_DEFERRAL_DAYS, posted_at, released_at
from amazon_sandbox.simulation.orders import LONGEST_SHIPPING_DAYS, Order, OrderItem, orders_on
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, token, uniforms

COMMISSION = 0.15
Amount = tuple[str, str, int]  # amount-type, amount-description, minor units
_EUROPE_SHARE, _LOW_VALUE_SHARE, _ON_DELIVERY_SHARE = 0.04, 0.2, 0.08
_EUROPE = frozenset(("GB", "DE", "FR", "IT", "ES", "NL", "SE", "PL", "BE", "IE"))
_LOW_VALUE = frozenset(("AU", "SG"))
_ON_DELIVERY = frozenset(("JP", "AE"))
_ON_DELIVERY_PRICE = 2.2  # dollars

# Columns of a settlement -> node and leaf of a transaction's tree.
_LEAVES = {
    ("ItemPrice", "Principal"): ("ProductCharges", "OurPricePrincipal"),
    ("ItemPrice", "Tax"): ("Tax", "OurPriceTax"),
    ("ItemPrice", "Shipping"): ("Shipping", "ShippingPrincipal"),
    ("ItemPrice", "ShippingTax"): ("Tax", "ShippingTax"),
    ("ItemPrice", "GiftWrap"): ("GiftWrap", "GiftwrapPrincipal"),
    ("ItemPrice", "GiftWrapTax"): ("Tax", "GiftwrapTax"),
    ("ItemPrice", "RestockingFee"): ("ProductCharges", "RestockingDeductionPrincipal"),
    ("ItemPrice", "Goodwill"): ("ProductCharges", "GoodwillPrincipal"),
    ("Promotion", "Principal"): ("Promo", "OurPriceDiscount"),
    ("Promotion", "Shipping"): ("Promo", "ShippingDiscount"),
    ("Promotion", "TaxDiscount"): ("Tax", "OurPriceTax"),
    ("ItemFees", "FBAPerUnitFulfillmentFee"): ("FBAFees", "FBAPerUnitFulfillmentFee"),
    ("ItemFees", "Digital Services Fee"): ("AmazonFees", "DigitalServicesFee"),
}
_NODES = {"ItemPrice": "ProductCharges", "ItemFees": "AmazonFees", "ItemWithheldTax": "TaxWithheld"}


class _DigitalFee(NamedTuple):
    """A digital services fee: its rate, what it applies to, its name, and when: [since, until)."""

    rate: float
    is_on_fba: bool
    name: str = "DigitalServicesFee"
    since: int = int(datetime(2024, 10, 1, tzinfo=UTC).timestamp())
    until: int = 1 << 40


_DIGITAL_FEES = {
    "GB": _DigitalFee(0.02, True),
    "FR": _DigitalFee(0.03, True),
    "IT": _DigitalFee(0.03, False),
    "ES": _DigitalFee(0.03, False),
    "CA": _DigitalFee(
        0.03, False, "Digital Services Fee", until=int(datetime(2025, 8, 15, tzinfo=UTC).timestamp())
    ),
}


def lines_posted(storefront: Storefront, start: int, end: int) -> Iterator[Line]:
    """The lines of orders that settlements post in [start, end), UTC epoch seconds."""
    for order in _shipped(storefront, start - LONGEST_DEFERRAL_DAYS * DAY, end):
        if start <= (posted := posted_at(storefront, order)) < end:
            for line in lines_of_order(storefront, order):
                yield line._replace(posted=posted)


def lines_shipped(storefront: Storefront, start: int, end: int) -> Iterator[Line]:
    """The lines of orders shipped in [start, end), UTC epoch seconds, posted at the time of shipment."""
    for order in _shipped(storefront, start, end):
        yield from lines_of_order(storefront, order)


def orders_posted(storefront: Storefront, start: int, end: int) -> Iterator[Order]:
    """The orders that shipped or whose money was released in [start, end)."""
    for order in _shipped(storefront, start - LONGEST_DEFERRAL_DAYS * DAY, end):
        if start <= order.shipped or start <= released_at(storefront, order) < end:
            yield order


def _shipped(storefront: Storefront, start: int, end: int) -> Iterator[Order]:
    marketplace = storefront.marketplace
    first = marketplace.day_of_epoch(start) - LONGEST_SHIPPING_DAYS - 1
    for day in range(first, marketplace.day_of_epoch(end) + 1):
        yield from (order for order in orders_on(storefront, day) if start <= order.shipped < end)


def lines_of_order(storefront: Storefront, order: Order) -> Iterator[Line]:
    """The lines of all items of an order."""
    for item in order.items:
        yield from order_lines(storefront, order, item)


def order_lines(storefront: Storefront, order: Order, item: OrderItem) -> Iterator[Line]:
    """What an order item earned and cost; `posted` is when it shipped."""
    fees = [("ItemFees", "Commission", -commission(item))]
    if not order.is_merchant:
        fee = fulfilment_charge(storefront, order, item)
        fees.append(("ItemFees", "FBAPerUnitFulfillmentFee", -fee))
        fees.append(("ItemFees", "ShippingChargeback", -item.shipping))
        fees.append(("ItemFees", "GiftwrapChargeback", -item.gift_wrap))
    else:
        fees.append(("ItemFees", "ShippingHB", -round(item.shipping * COMMISSION)))
    fees += _digital_fee(storefront, order, item)
    paid_on_delivery = on_delivery(storefront, order, item)
    template = line_template("Order", storefront, order, item, order.shipped)
    charged = charges(storefront, order, item)
    yield from lines_of(template, [*charged, *fees, *promotions(storefront, item), *paid_on_delivery])


def charges(storefront: Storefront, order: Order, item: OrderItem) -> list[Amount]:
    """What the buyer paid for an item, and what Amazon withholds from it."""
    tax_inside = storefront.marketplace.tax_included
    charged = [
        ("ItemPrice", "Principal", item.price - (item.tax if tax_inside else 0)),
        ("ItemPrice", "Tax", item.tax),
    ]
    for name, amount, tax in (
        ("Shipping", item.shipping, item.shipping_tax),
        ("GiftWrap", item.gift_wrap, item.gift_wrap_tax),
    ):
        charged.append(("ItemPrice", name, amount - (tax if tax_inside else 0)))
        charged.append(("ItemPrice", f"{name}Tax", tax))
    withheld = _withheld_name(storefront, order)
    if withheld:
        name, other = withheld
        charged.append(
            ("ItemWithheldTax", f"{name}-Principal", _tax_of_discount(storefront, item) - item.tax)
        )
        charged.append(("ItemWithheldTax", f"{name}-Shipping", -item.shipping_tax))
        charged.append(("ItemWithheldTax", f"{name}-{other}", -item.gift_wrap_tax))
    return charged


def promotions(storefront: Storefront, item: OrderItem) -> list[Amount]:
    """What promotions took off; where prices include tax, the tax within it is a separate line."""
    tax = _tax_of_discount(storefront, item)
    return [
        ("Promotion", "Principal", tax - item.discount),
        ("Promotion", "TaxDiscount", -tax),
        ("Promotion", "Shipping", -item.shipping_discount),
    ]


def commission(item: OrderItem) -> int:
    """The referral fee, in minor units."""
    return round((item.price - item.discount) * COMMISSION)


def _digital_fee(storefront: Storefront, order: Order, item: OrderItem) -> list[Amount]:
    rule = _DIGITAL_FEES.get(storefront.marketplace.country)
    if rule is None or not rule.since <= order.shipped < rule.until:
        return []
    base = commission(item)
    if rule.is_on_fba and not order.is_merchant:
        base += fulfilment_charge(storefront, order, item)
    return [("ItemFees", rule.name, -round(base * rule.rate))]


def digital_fee_credit(storefront: Storefront, order: Order, item: OrderItem) -> list[Amount]:
    """What a refund gives back of the digital services fee: the part on the referral fee."""
    rule = _DIGITAL_FEES.get(storefront.marketplace.country)
    if rule is None or not rule.since <= order.shipped < rule.until:
        return []
    return [("ItemFees", rule.name, round(commission(item) * rule.rate))]


def _withheld_name(storefront: Storefront, order: Order) -> tuple[str, str] | None:
    """What the tax that Amazon remits is called, and the suffix for gift wrap; None if the seller owes the
    tax.
    """
    marketplace = storefront.marketplace
    if not marketplace.tax_included:
        return "MarketplaceFacilitatorTax", "Other"
    drawn = uniforms(*storefront.key, order.order_id, "liable for tax")[0]
    if marketplace.country in _EUROPE and drawn < _EUROPE_SHARE:
        return "MarketplaceFacilitatorVAT", "GiftWrap"
    if marketplace.country in _LOW_VALUE and drawn < _LOW_VALUE_SHARE:
        return "LowValueGoodsTax", "Other"
    return None


def _tax_of_discount(storefront: Storefront, item: OrderItem) -> int:
    if not storefront.marketplace.tax_included or not item.price:
        return 0
    return round(item.tax * item.discount / item.price)


def on_delivery(storefront: Storefront, order: Order, item: OrderItem) -> list[Amount]:
    """The charge for cash on delivery, which Amazon takes back; some orders in Japan and the Emirates."""
    if storefront.marketplace.country not in _ON_DELIVERY or item is not order.items[0]:
        return []
    if uniforms(*storefront.key, order.order_id, "cash on delivery")[0] >= _ON_DELIVERY_SHARE:
        return []
    minor = 10**storefront.marketplace.decimals * storefront.marketplace.usd_rate
    price = round(_ON_DELIVERY_PRICE * minor)
    return [("ItemPrice", "COD", price), ("ItemFees", "CODFee", -price)]


def line_template(
    transaction_type: str, storefront: Storefront, order: Order, item: OrderItem, posted: int
) -> Line:
    """The fields that all lines of an order item share."""
    return Line(
        transaction_type, "", "", 0, posted,
        marketplace_name=storefront.marketplace.sales_channel,
        order_id=order.order_id,
        merchant_order_id="" if order.is_merchant else order.order_id,
        shipment_id=token(UPPER_ALNUM, 9, order.order_id, "shipment"),
        fulfillment_id="MFN" if order.is_merchant else "AFN",
        item_code=item.item_id,
        sku=item.listing.sku,
        quantity=str(item.quantity),
        promotion_id=item.promotion,
    )  # fmt: skip


def lines_of(template: Line, amounts: list[Amount]) -> Iterator[Line]:
    """One line for each nonzero amount. Only the principal states the quantity; only promotions state their
    id.
    """
    for kind, description, amount in amounts:
        if amount:
            group, leaf = _LEAVES.get((kind, description), (_NODES.get(kind, ""), description))
            yield template._replace(
                amount_type=kind,
                amount_description=description,
                amount=amount,
                quantity=template.quantity if (kind, description) == ("ItemPrice", "Principal") else "",
                promotion_id=_promotion_id(template.promotion_id, description) if kind == "Promotion" else "",
                leaf=leaf,
                group=group,
            )


def _promotion_id(promotions: str, description: str) -> str:
    """The id for a promotion line: an item lists its free shipping before its price promotion."""
    names = promotions.split(",")
    return names[0] if description == "Shipping" else names[-1]
