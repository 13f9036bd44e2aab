"""The orders of one marketplace-local day, each with its complete history.

An order carries the instants at which it was bought, paid, shipped or cancelled; what a report shows of it
depends only on the report's `as_of`. Everything that changes an order happens within 5 days of purchase, so a
closed day no longer changes from the seventh day on.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import Root, between, pick, poisson, shuffled, stream

HOUR = 3600
LONGEST_LIFE_DAYS = 5
LONGEST_SHIPPING_DAYS = 4
CANCELLED_SHARE = 0.028
BUSINESS_SHARE = 0.07
JOINED_SHARE = 0.08

# Share of a day's orders placed before each hour, at hours 0, 3, 6, ... 24.
_CLOCK = (0.0, 0.04, 0.065, 0.14, 0.30, 0.46, 0.63, 0.86, 1.0)


class OrderItem(NamedTuple):
    """One line of an order; money in minor units, for the whole line. `price` includes tax if list prices
    do.
    """

    item_id: str
    listing: Listing
    quantity: int
    price: int
    tax: int
    shipping: int
    shipping_tax: int
    gift_wrap: int
    gift_wrap_tax: int
    discount: int
    shipping_discount: int
    promotion: str


class Order(NamedTuple):
    """One order; instants are UTC epoch seconds, 0 where the event never happens (`shipped` xor
    `cancelled`).
    """

    order_id: str
    day: int
    purchased: int
    paid: int
    shipped: int
    cancelled: int
    is_merchant: bool
    is_business: bool
    city: dict[str, str]
    items: tuple[OrderItem, ...]


def state_at(order: Order, now: int) -> tuple[str, int] | None:
    """The (order-status, instant of the last update) at `now`, or None before the purchase."""
    if now < order.purchased:
        return None
    if order.cancelled and now >= order.cancelled:
        return "Cancelled", order.cancelled
    if order.shipped and now >= order.shipped:
        return "Shipped", order.shipped
    if order.is_merchant and now >= order.paid:
        return "Unshipped", order.paid
    return "Pending", order.purchased


def is_priced(order: Order, status: str) -> bool:
    """Whether reports show prices: not for cancelled orders, nor for merchant-fulfilled ones before
    payment.
    """
    return status != "Cancelled" and not (order.is_merchant and status == "Pending")


class _Draft(NamedTuple):
    listing: Listing
    quantity: int
    instant: int


# A settlement needs 65 days, a month of orders 39; a day is about 100 kB.
KEPT_DAYS = 160


@kept_per_storefront(KEPT_DAYS)
def orders_on(storefront: Storefront, ordinal: int) -> tuple[Order, ...]:
    """All orders bought on a local day, in order of purchase."""
    rng = stream(*storefront.key, ordinal, "orders")
    drafts = shuffled(_demand(storefront, ordinal), rng)
    grouped = _group(drafts, rng)
    orders = [_order(storefront, ordinal, group, rng) for group in grouped]
    return tuple(sorted(orders, key=lambda order: (order.purchased, order.order_id)))


def _demand(storefront: Storefront, ordinal: int) -> list[_Draft]:
    start, end = storefront.marketplace.day_bounds(ordinal)
    root = Root(*storefront.key, ordinal)
    drafts = []
    for listing in storefront.listings:
        rate = storefront.rate(listing, ordinal)
        if rate <= 0.0:
            continue
        u = root.uniforms(listing.sku, "demand")
        count = poisson(u[0], rate * between(u[1], 0.65, 1.35))
        if not count:
            continue
        rng = stream(*storefront.key, ordinal, listing.sku, "items")
        for _ in range(count):
            drafts.append(
                _Draft(listing, _quantity(rng.random()), start + int((end - start) * _clock(rng.random())))
            )
    return drafts


def _quantity(uniform: float) -> int:
    if uniform < 0.87:
        return 1
    if uniform < 0.96:
        return 2
    return 3 if uniform < 0.99 else 5


def _clock(uniform: float) -> float:
    """The fraction of the local day that has passed when a share `uniform` of its orders has been placed
    (evenings are busy).
    """
    for step in range(8):
        if uniform < _CLOCK[step + 1]:
            return (step + (uniform - _CLOCK[step]) / (_CLOCK[step + 1] - _CLOCK[step])) / 8
    return 0.999


def _group(drafts: list[_Draft], rng: Random) -> list[list[_Draft]]:
    groups: list[list[_Draft]] = []
    for draft in drafts:
        joins = rng.random() < JOINED_SHARE
        if (
            joins
            and groups
            and len(groups[-1]) < 4
            and groups[-1][0].listing.is_merchant == draft.listing.is_merchant
        ):
            groups[-1].append(draft)
        else:
            groups.append([draft])
    return groups


def _order(storefront: Storefront, ordinal: int, group: list[_Draft], rng: Random) -> Order:
    marketplace = storefront.marketplace
    is_merchant = group[0].listing.is_merchant
    purchased = group[0].instant
    is_business = rng.random() < BUSINESS_SHARE and marketplace.is_b2b
    paid, shipped, cancelled = _life(purchased, is_merchant, rng)
    city = pick(rng.random(), storefront.cities)
    prefix = pick(rng.random(), marketplace.order_prefixes)
    return Order(
        order_id=f"{prefix}-{int(rng.random() * 1e7):07d}-{int(rng.random() * 1e7):07d}",
        day=ordinal,
        purchased=purchased,
        paid=paid,
        shipped=shipped,
        cancelled=cancelled,
        is_merchant=is_merchant,
        is_business=is_business,
        city=city,
        items=tuple(_item(storefront, ordinal, draft, is_business, city, rng) for draft in group),
    )


def _life(purchased: int, is_merchant: bool, rng: Random) -> tuple[int, int, int]:
    """(paid, shipped, cancelled) instants."""
    paid = purchased + int(between(rng.random(), 0.3, 7.0) * HOUR)
    fate, delay = rng.random(), rng.random()
    if fate < CANCELLED_SHARE:
        hours = between(delay, 1.1, 30) if fate < CANCELLED_SHARE * 0.7 else between(delay, 30, 118)
        cancelled = purchased + int(hours * HOUR)
        return min(paid, cancelled), 0, cancelled
    if fate > 0.93:
        hours = between(delay, 48, 80)
    elif is_merchant:
        hours = between(delay, 14, 60)
    else:
        hours = between(delay, 7.5, 44)
    return paid, purchased + int(hours * HOUR), 0


def _item(
    storefront: Storefront, ordinal: int, draft: _Draft, is_business: bool, city: dict[str, str], rng: Random
) -> OrderItem:
    listing = draft.listing
    extras = rng.random()
    quantity = draft.quantity + (int(extras * 97) % 4 if is_business else 0)
    price = storefront.unit_price(listing, ordinal) * quantity
    shipping = storefront.shipping_price if listing.is_merchant or extras < 0.15 else 0
    gift_wrap = storefront.gift_wrap_price if extras > 0.985 else 0
    has_promotion = 0.6 < extras < 0.69
    return OrderItem(
        item_id=f"{int(rng.random() * 9e13) + 10**13:014d}",
        listing=listing,
        quantity=quantity,
        price=price,
        tax=storefront.tax(price, city),
        shipping=shipping,
        shipping_tax=storefront.tax(shipping, city),
        gift_wrap=gift_wrap,
        gift_wrap_tax=storefront.tax(gift_wrap, city),
        discount=price // 10 if has_promotion else 0,
        shipping_discount=0 if listing.is_merchant else shipping,
        promotion=_promotion(storefront, has_promotion, shipping > 0 and not listing.is_merchant, extras),
    )


def _promotion(storefront: Storefront, has_promotion: bool, has_free_shipping: bool, extras: float) -> str:
    names = []
    if has_free_shipping:
        names.append(f"{storefront.marketplace.country} Core Free Shipping 2015/04/08 23:48:05 UTC")
    if has_promotion:
        names.append(f"PAWS-V2-{int(extras * 1e9):010d}")
    return ",".join(names)
