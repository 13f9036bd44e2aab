"""Campaigns of a storefront: promotions and coupons, each on a family of products for some days.

A campaign's sales are the discounted order lines of its ASINs bought while it ran. Half of the families get
promotions, the others coupons, and a family has only one campaign at a time, so no discount is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.orders import Order, OrderItem, orders_on, state_at
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, number, pick, uniforms

# A family has at most one campaign in each period of so many days.
EVERY_DAYS = 28
LONGEST_DAYS = 21
ANNOUNCED_DAYS = 10
DAY = 86_400
TYPES = ("PRICE_DISCOUNT", "PRICE_DISCOUNT", "BEST_DEAL", "LIGHTNING_DEAL")


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign; instants are UTC epoch seconds, `end` is exclusive. `listings`: one for each ASIN."""

    number: int
    listings: tuple[Listing, ...]
    created: int
    start: int
    end: int
    type: str
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Sold:
    """Discounted order items of one ASIN; money in minor units."""

    units: int = 0
    items: int = 0
    revenue: int = 0
    discount: int = 0


def campaigns(
    storefront: Storefront, kind: str, starts_from: int, starts_to: int, now: int
) -> Iterator[Campaign]:
    """Campaigns of `kind` (promotion, coupon) known at `now` that start in [starts_from, starts_to], oldest
    first.
    """
    first = storefront.marketplace.day_of_epoch(starts_from) // EVERY_DAYS - 2
    last = storefront.marketplace.day_of_epoch(starts_to) // EVERY_DAYS
    found = [
        campaign
        for slot in range(first, last + 1)
        for family in _families(storefront, kind)
        if (campaign := _campaign(storefront, kind, family, slot)) is not None
        and starts_from <= campaign.start <= starts_to
        and campaign.created <= now
    ]
    yield from sorted(found, key=lambda campaign: (campaign.start, campaign.number))


def sold_in(
    storefront: Storefront, campaign: Campaign, until: int, now: int, *, gross: bool
) -> dict[str, Sold]:
    """What each ASIN of the campaign sold at a discount before `until`, as known at `now` (epoch seconds).

    `gross`: include cancelled orders.
    """
    sums = {listing.asin: Sold() for listing in campaign.listings}
    end = min(campaign.end, until)
    if campaign.is_cancelled or end <= campaign.start:
        return sums
    for item in _discounted(storefront, campaign.start, end, now, gross):
        known = sums.get(item.listing.asin)
        if known is not None:
            sums[item.listing.asin] = Sold(
                known.units + item.quantity,
                known.items + 1,
                known.revenue + item.price - item.discount,
                known.discount + item.discount,
            )
    return sums


def _discounted(storefront: Storefront, start: int, end: int, now: int, gross: bool) -> Iterator[OrderItem]:
    """Order items with a discount, bought in [start, end)."""
    first, last = storefront.marketplace.day_of_epoch(start), storefront.marketplace.day_of_epoch(end - 1)
    for ordinal in range(first, last + 1):
        for order in orders_on(storefront, ordinal):
            if start <= order.purchased < end and (gross or not _is_cancelled(order, now)):
                yield from (item for item in order.items if item.discount)


def _is_cancelled(order: Order, now: int) -> bool:
    state = state_at(order, now)
    return state is None or state[0] == "Cancelled"


def _families(storefront: Storefront, kind: str) -> list[tuple[Listing, ...]]:
    wanted = 0 if kind == "promotion" else 1
    families: dict[str, dict[str, Listing]] = {}
    for listing in storefront.listings:
        if number(*storefront.key, listing.parent_asin, "campaigns") % 2 == wanted:
            families.setdefault(listing.parent_asin, {}).setdefault(listing.asin, listing)
    return [tuple(family.values()) for _, family in sorted(families.items())]


def _campaign(storefront: Storefront, kind: str, family: tuple[Listing, ...], slot: int) -> Campaign | None:
    u = uniforms(*storefront.key, kind, family[0].parent_asin, slot)
    phase = number(*storefront.key, kind, family[0].parent_asin, "phase") % EVERY_DAYS
    first = slot * EVERY_DAYS + phase + int(u[1] * (EVERY_DAYS - LONGEST_DAYS))
    on_sale = tuple(listing for listing in family if listing.launch <= first)
    if u[0] > 0.35 or not on_sale:
        return None
    days = int(between(u[2], 3, LONGEST_DAYS + 1))
    type_ = pick(u[3], TYPES) if kind == "promotion" else "COUPON"
    start = storefront.marketplace.day_bounds(first)[0]
    return Campaign(
        number=number(*storefront.key, kind, family[0].parent_asin, slot) % 10**11,
        listings=on_sale,
        created=start - int(between(u[4], 2, ANNOUNCED_DAYS) * DAY),
        start=start,
        end=start + 12 * 3600
        if type_ == "LIGHTNING_DEAL"
        else storefront.marketplace.day_bounds(first + days)[0],
        type=type_,
        is_cancelled=u[5] < 0.06,
    )
