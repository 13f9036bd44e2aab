"""Settlements: every 14 days Amazon closes the books of a currency group and pays out.

The lines derive from the orders shipped and the refunds posted in the period, plus the period's fees and
reserve; the total is their sum. All of that has happened when the period ends, so a settlement never changes.
Money of business orders is deferred: their lines are posted when it is released, in the same settlement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from amazon_sandbox.simulation import marketplaces
from amazon_sandbox.simulation.awd_charges import Fee, charges_between
from amazon_sandbox.simulation.orders import LONGEST_SHIPPING_DAYS, Order, OrderItem, orders_on
from amazon_sandbox.simulation.refunds import FIRST_LAG, LAST_LAG, Refund, refund_lags, refunds_of_purchases
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.storefront import Storefront, Storefronts
from amazon_sandbox.simulation.streams import UPPER_ALNUM, between, number, token, uniforms

PERIOD = timedelta(days=14)
KEPT = timedelta(days=731)
COMMISSION = 0.15
_EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
_ID_BASE = 11_000_000_000
_ID_STRIDE = 7_340_033
BASE_FEE = "Base fee"
AWD = "Amazon Warehousing & Distribution (AWD)"
AWD_FEES = {fee: f"AWD {fee.value.title()} Fee" for fee in Fee}
DEFERRED_FOR = 7 * 86_400
_SHORTEST_DEFERRAL = 2 * 3600


@dataclass(frozen=True, slots=True)
class SettlementRef:
    """One settlement; `created_at` is when its report appears. Instants are aware UTC, the period is
    [start, end).
    """

    settlement_id: str
    marketplace_ids: tuple[str, ...]
    start: datetime
    end: datetime
    created_at: datetime


class Line(NamedTuple):
    """One amount of a settlement, in minor units; `posted` is UTC epoch seconds."""

    transaction_type: str
    amount_type: str
    amount_description: str
    amount: int
    posted: int
    marketplace_name: str = ""
    order_id: str = ""
    merchant_order_id: str = ""
    adjustment_id: str = ""
    shipment_id: str = ""
    fulfillment_id: str = ""
    item_code: str = ""
    sku: str = ""
    quantity: str = ""
    promotion_id: str = ""


def currency_groups(seller: Seller) -> dict[str, list[str]]:
    """The seller's marketplace ids by currency: each currency settles on its own."""
    groups: dict[str, list[str]] = {}
    for marketplace_id in seller.marketplace_ids:
        groups.setdefault(marketplaces.by_id(marketplace_id).currency, []).append(marketplace_id)
    return groups


def settlements_until(seed: int, seller: Seller, as_of: datetime) -> list[SettlementRef]:
    """All settlements whose report appeared in the two years up to `as_of`, oldest first."""
    refs = []
    for currency in currency_groups(seller):
        index = (as_of - _EPOCH) // PERIOD + 1
        ref = _reference(seed, seller, currency, index)
        while ref.created_at > as_of - KEPT:
            if ref.created_at <= as_of:
                refs.append(ref)
            index -= 1
            ref = _reference(seed, seller, currency, index)
    return sorted(refs, key=lambda ref: (ref.created_at, ref.settlement_id))


def find_settlement(seed: int, seller: Seller, settlement_id: str) -> tuple[SettlementRef, str]:
    """The settlement with this id and its currency. Raises KeyError when the seller has none of that id."""
    count = len(marketplaces.all_marketplaces())
    if settlement_id.isdigit() and int(settlement_id) >= _ID_BASE:
        index = (int(settlement_id) - _ID_BASE) // _ID_STRIDE // count
        for currency in currency_groups(seller):
            ref = _reference(seed, seller, currency, index)
            if ref.settlement_id == settlement_id:
                return ref, currency
    raise KeyError(f"seller {seller.seller_id} has no settlement {settlement_id}")


@lru_cache(maxsize=1_024)
def _reference(seed: int, seller: Seller, currency: str, index: int) -> SettlementRef:
    """Period `index` of a currency group. The id can be read back: it is the period, the group and a
    remainder of noise.
    """
    u = uniforms(seed, seller.account, currency, "settlement phase")
    start = _EPOCH + timedelta(days=int(u[0] * 14), seconds=int(u[1] * 86_400)) + PERIOD * index
    v = uniforms(seed, seller.account, currency, "settlement", index)
    group = list(currency_groups(seller)).index(currency)
    count = len(marketplaces.all_marketplaces())
    noise = number(seed, seller.account, currency, "settlement id", index) % _ID_STRIDE
    return SettlementRef(
        settlement_id=str(_ID_BASE + (index * count + group) * _ID_STRIDE + noise),
        marketplace_ids=tuple(currency_groups(seller)[currency]),
        start=start,
        end=start + PERIOD,
        created_at=start + PERIOD + timedelta(seconds=int(between(v[0], 2, 9) * 3600)),
    )


def settlement_at(seed: int, seller: Seller, currency: str, moment: int) -> SettlementRef:
    """The settlement whose period holds an instant (UTC epoch seconds), published or not."""
    at = datetime.fromtimestamp(moment, UTC)
    index = (at - _EPOCH) // PERIOD
    ref = _reference(seed, seller, currency, index)
    return ref if ref.start <= at else _reference(seed, seller, currency, index - 1)


def settlement_lines(
    storefronts: Storefronts, seller: Seller, ref: SettlementRef, currency: str
) -> list[Line]:
    """All lines of a settlement by posting time; their sum is its total amount."""
    start, end = int(ref.start.timestamp()), int(ref.end.timestamp())
    group = [
        storefronts.of(seller.account, marketplaces.by_id(marketplace_id))
        for marketplace_id in ref.marketplace_ids
    ]
    lines = [line for storefront in group for line in _storefront_lines(storefront, start, end, end)]
    lines += [line for storefront in group for line in inbound_lines(storefront, start, end)]
    if ref.marketplace_ids[0] == seller.marketplace_ids[0]:
        lines += awd_lines(group[0], start, end)
    lines.sort(key=lambda line: line.posted)
    return [*lines, *account_lines(group[0], ref, currency, start, end)]


def released_at(order: Order, settlement_end: int) -> int:
    """When the money of a deferred order is released, an hour before its settlement ends at the latest; 0 for
    an order that is not deferred. UTC epoch seconds.
    """
    release = min(order.shipped + DEFERRED_FOR, settlement_end - 3600)
    return release if order.is_business and release > order.shipped + _SHORTEST_DEFERRAL else 0


def _storefront_lines(
    storefront: Storefront, start: int, end: int, settlement_end: int = 0
) -> Iterator[Line]:
    """Lines of what was shipped and refunded in [start, end); with `settlement_end`, those of deferred orders
    are posted at their release.
    """
    first, last = storefront.marketplace.day_of_epoch(start), storefront.marketplace.day_of_epoch(end)
    for day in range(first - LONGEST_SHIPPING_DAYS - 1, last + 1):
        for order in orders_on(storefront, day):
            if start <= order.shipped < end:
                posted = released_at(order, settlement_end) or order.shipped
                for item in order.items:
                    for line in order_lines(storefront, order, item):
                        yield line._replace(posted=posted)
    for day in range(first - LAST_LAG, last - FIRST_LAG + 1):
        if any(first <= day + lag <= last for lag in refund_lags(storefront, day)):
            for refund in refunds_of_purchases(storefront, day):
                if start <= refund.at < end:
                    yield from refund_lines(storefront, refund)


def _charges(storefront: Storefront, item: OrderItem) -> list[tuple[str, str, int]]:
    """(amount-type, amount-description, amount) of what the buyer paid for an item and of what is withheld
    from it.
    """
    tax_inside = storefront.marketplace.tax_included
    charges = [
        ("ItemPrice", "Principal", item.price - (item.tax if tax_inside else 0)),
        ("ItemPrice", "Tax", item.tax),
    ]
    for name, amount, tax in (
        ("Shipping", item.shipping, item.shipping_tax),
        ("GiftWrap", item.gift_wrap, item.gift_wrap_tax),
    ):
        charges.append(("ItemPrice", name, amount - (tax if tax_inside else 0)))
        charges.append(("ItemPrice", f"{name}Tax", tax))
    if not tax_inside:
        charges.append(("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -item.tax))
        charges.append(("ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping", -item.shipping_tax))
        charges.append(("ItemWithheldTax", "MarketplaceFacilitatorTax-Other", -item.gift_wrap_tax))
    return charges


def _promotions(item: OrderItem) -> list[tuple[str, str, int]]:
    return [("Promotion", "Principal", -item.discount), ("Promotion", "Shipping", -item.shipping_discount)]


def _commission(item: OrderItem) -> int:
    return round((item.price - item.discount) * COMMISSION)


def order_lines(storefront: Storefront, order: Order, item: OrderItem) -> Iterator[Line]:
    """What an order item brought and cost, posted when the order shipped."""
    fees = [("ItemFees", "Commission", -_commission(item))]
    if not order.is_merchant:
        fee = item.listing.fulfilment_fee(storefront.marketplace) * item.quantity
        fees.append(("ItemFees", "FBAPerUnitFulfillmentFee", -fee))
        fees.append(("ItemFees", "ShippingChargeback", -item.shipping))
    else:
        fees.append(("ItemFees", "ShippingHB", -round(item.shipping * COMMISSION)))
    template = _template("Order", storefront, order, item, order.shipped)
    yield from _lines(template, [*_charges(storefront, item), *fees, *_promotions(item)])


def refund_lines(storefront: Storefront, refund: Refund) -> Iterator[Line]:
    """What a refund took back."""
    item = refund.item
    commission = _commission(item)
    fees = [
        ("ItemFees", "Commission", commission),
        ("ItemFees", "RefundCommission", -round(commission * 0.2)),
        ("ItemFees", "ShippingChargeback", 0 if refund.order.is_merchant else item.shipping),
    ]
    reversed_charges = [(kind, name, -amount) for kind, name, amount in _charges(storefront, item)]
    reversed_promotions = [(kind, name, -amount) for kind, name, amount in _promotions(item)]
    name = "A-to-z Guarantee Refund" if refund.is_claim else "Refund"
    template = _template(name, storefront, refund.order, item, refund.at)._replace(
        adjustment_id=refund.adjustment_id
    )
    yield from _lines(template, [*reversed_charges, *fees, *reversed_promotions])


def _template(
    transaction_type: str, storefront: Storefront, order: Order, item: OrderItem, posted: int
) -> Line:
    """What all lines of an order item share."""
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


def _lines(template: Line, amounts: list[tuple[str, str, int]]) -> Iterator[Line]:
    """One line for each amount that is not zero. Only the principal states the quantity, only promotions
    their id.
    """
    for kind, description, amount in amounts:
        if amount:
            yield template._replace(
                amount_type=kind,
                amount_description=description,
                amount=amount,
                quantity=template.quantity if (kind, description) == ("ItemPrice", "Principal") else "",
                promotion_id=_promotion_id(template.promotion_id, description) if kind == "Promotion" else "",
            )


def _promotion_id(promotions: str, description: str) -> str:
    """An item's free shipping is named before its price promotion."""
    names = promotions.split(",")
    return names[0] if description == "Shipping" else names[-1]


def account_lines(
    storefront: Storefront, ref: SettlementRef, currency: str, start: int, end: int
) -> Iterator[Line]:
    """Fees and the reserve. What is held back now is what the next settlement begins with."""
    u = uniforms(storefront.seed, storefront.account, currency, "fees", ref.settlement_id)
    unit = _fee_unit(storefront)
    advertising = -round(between(u[0], 180, 420) * unit)
    other = ("other-transaction", "other-transaction")
    yield Line("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", advertising, end - 7_200)
    inbound = -round(between(u[1], 40, 120) * unit)
    shipment = "FBA15" + token(UPPER_ALNUM, 7, ref.settlement_id, "inbound")
    placement = "FBA Inbound Placement Service Fee"
    yield Line("FBAFees", placement, placement, inbound, start + 90_000, order_id=shipment)
    if any((ref.start + timedelta(days=day)).day == 8 for day in range(PERIOD.days)):
        storage = -round(between(u[2], 60, 160) * unit)
        yield Line(*other, "Storage Fee", storage, start + 43_200)
        subscription = -round(39.99 * storefront.marketplace.usd_rate * 10**storefront.marketplace.decimals)
        yield Line(*other, "Subscription Fee", subscription, start + 50_000)
    yield Line(*other, "Previous Reserve Amount Balance", _reserve(storefront, start), start)
    yield Line(*other, "Current Reserve Amount", -_reserve(storefront, end), end - 1)


def inbound_lines(storefront: Storefront, start: int, end: int) -> Iterator[Line]:
    """What shipments that clients created cost in [start, end). As real settlements do, a line names the
    shipment in place of an order, and no marketplace.
    """
    for shipment in storefront.created:
        for charge in shipment.charges():
            if start <= charge.at < end:
                shipment_id = charge.confirmation_id
                yield Line("FBAFees", charge.name, BASE_FEE, -charge.amount, charge.at, order_id=shipment_id)


def awd_lines(storefront: Storefront, start: int, end: int) -> Iterator[Line]:
    """What the seller's bulk stock cost in [start, end): a line per shipment or replenishment order, one for
    a month's storage. Accounts in North America have the older names, in which the fee is the amount's type.
    """
    sums: dict[tuple[Fee, int, str], int] = {}
    for charge in charges_between(storefront, start, end):
        key = charge.fee, charge.at, "" if charge.fee is Fee.STORAGE else charge.reference
        sums[key] = sums.get(key, 0) + charge.amount
    for (fee, at, reference), amount in sums.items():
        name = AWD_FEES[fee]
        if amount and storefront.marketplace.region == "NA":
            yield Line("FBAFees", name, BASE_FEE, -amount, at, order_id=reference)
        elif amount:
            yield Line("other-transaction", AWD, name, -amount, at, order_id=reference)


def _reserve(storefront: Storefront, boundary: int) -> int:
    u = uniforms(storefront.seed, storefront.account, storefront.marketplace.currency, "reserve", boundary)
    return round(between(u[0], 250, 900) * _fee_unit(storefront))


def _fee_unit(storefront: Storefront) -> float:
    """Minor units that a dollar of fees of the largest marketplace comes to here."""
    minor = 100 if storefront.marketplace.decimals else 1
    return storefront.marketplace.usd_rate * storefront.marketplace.market_size * minor
