"""Which orders ads are credited with: real order items, each for a click or view up to 30 days earlier.

An item is credited only once across all kinds of ads. What the ads of a day are credited with never exceeds
what was ordered that day, neither of the purchased SKU nor, if the ad promotes a single SKU, of the
advertised one.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from amazon_sandbox.simulation.ads_structure import SB, SD, SP, Ad, Structure, Target, structure_of
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.figures import sales_by_sku
from amazon_sandbox.simulation.orders import Order, OrderItem, is_priced, orders_on, state_at
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import pick, uniforms

LONGEST_DAYS = 30  # Sponsored Products; 14 days for the others
CREDITED_SHARE = 0.42
HALO_SHARE = 0.14
SEEN_AFTER = 12 * 3600
KEPT_DAYS = 512


class Credit(NamedTuple):
    """One order item credited to a target and an ad. `lag`: whole days from the click (or view) to the order.

    `is_click`: the order followed a click, otherwise only a view; `is_new`: the buyer is new to the brand.
    """

    ad: Ad
    target: Target
    lag: int
    is_click: bool
    is_new: bool
    order: Order
    item: OrderItem

    @property
    def bought(self) -> Listing:
        """The SKU that was bought."""
        return self.item.listing

    @property
    def is_same(self) -> bool:
        """Whether the purchased product is an advertised one (by ASIN, which may be sold under two SKUs)."""
        return any(listing.asin == self.item.listing.asin for listing in self.ad.listings)


@lru_cache(maxsize=KEPT_DAYS)
def credits_of_orders(storefront: Storefront, ordinal: int) -> dict[int, tuple[Credit, ...]]:
    """Credits of a day's orders, by the day of the click (or view)."""
    found: dict[int, list[Credit]] = defaultdict(list)
    structure = structure_of(storefront)
    for order in orders_on(storefront, ordinal):
        for item in order.items:
            credit = _credit(storefront, structure, ordinal, order, item)
            if credit is not None:
                found[ordinal - credit.lag].append(credit)
    return {day: tuple(credits) for day, credits in found.items()}


def candidates(storefront: Storefront, ordinal: int) -> list[Credit]:
    """Everything that may eventually be credited to a day's clicks and views, in order of purchase."""
    found = [
        credit
        for day in range(ordinal, ordinal + LONGEST_DAYS)
        for credit in credits_of_orders(storefront, day).get(ordinal, ())
    ]
    return sorted(found, key=lambda credit: (credit.order.purchased, credit.item.item_id))


def known_credits(storefront: Storefront, ordinal: int, wanted: list[Credit], now: int) -> list[Credit]:
    """The candidates of a day that are known at `now` and do not exceed what was ordered that day."""
    ordered = {sku: figures.units for sku, figures in sales_by_sku(storefront, ordinal, now).items()}
    bought: dict[str, int] = defaultdict(int)
    advertised: dict[str, int] = defaultdict(int)
    known: list[Credit] = []
    for credit in wanted:
        if credit.order.purchased + SEEN_AFTER > now:
            break
        state = state_at(credit.order, now)
        if state is None or not is_priced(credit.order, state[0]):
            continue
        sku, quantity = credit.bought.sku, credit.item.quantity
        if bought[sku] + quantity > ordered.get(sku, 0):
            continue
        if credit.ad.group.campaign.product != SB:
            own = credit.ad.listing.sku
            if advertised[own] + quantity > ordered.get(own, 0):
                continue
            advertised[own] += quantity
        bought[sku] += quantity
        known.append(credit)
    return known


def _credit(
    storefront: Storefront, structure: Structure, ordinal: int, order: Order, item: OrderItem
) -> Credit | None:
    u = uniforms(*storefront.key, "credit", item.item_id)
    if u[0] >= CREDITED_SHARE:
        return None
    product = SP if u[1] < 0.74 else SB if u[1] < 0.86 else SD
    lag = _lag(u[2])
    if product != SP:
        lag %= 14
    listing = item.listing
    if u[3] < HALO_SHARE and product != SB:
        listing = pick(
            u[3] / HALO_SHARE, [one for one in storefront.listings if one.category == listing.category]
        )
    ad = _ad(structure, product, listing, ordinal - lag, u[4])
    if ad is None or not _could_be_seen(storefront, ad, ordinal - lag):
        return None
    target = pick(u[5], ad.group.targets)
    is_click = product == SP or u[6] < (0.8 if product == SB else 0.55)
    return Credit(ad, target, lag, is_click, u[7] < 0.45, order, item)


def _ad(structure: Structure, product: str, listing: Listing, day: int, uniform: float) -> Ad | None:
    if product == SB:
        running = [
            ad
            for campaign in structure.campaigns
            if campaign.product == SB and campaign.runs_on(day)
            for ad in campaign.groups[0].ads
            if ad.listing.category == listing.category
        ]
    else:
        ads = structure.ads_of.get((product, listing.sku), ())
        running = [ad for ad in ads if ad.group.campaign.runs_on(day)]
    return pick(uniform, running) if running else None


def _could_be_seen(storefront: Storefront, ad: Ad, day: int) -> bool:
    """Ads for sold-out products are not shown."""
    return any(listing.launch <= day and not storefront.is_sold_out(listing, day) for listing in ad.listings)


def _lag(uniform: float) -> int:
    if uniform < 0.6:
        return 0
    if uniform < 0.85:
        return 1 + int((uniform - 0.6) / 0.25 * 6)
    if uniform < 0.95:
        return 7 + int((uniform - 0.85) / 0.1 * 7)
    return 14 + int((uniform - 0.95) / 0.05 * 16)
