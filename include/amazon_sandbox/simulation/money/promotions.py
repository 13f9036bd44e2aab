"""What the coupons, deals and Vine enrolments of the simulation cost.

Since 2 June 2025 a coupon costs a participation fee plus 2.5 % of its sales, and a deal its fee plus 1 % of
its sales. Before that, there was a fee per coupon redemption and a fee per lightning deal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from amazon_sandbox.simulation.money.events import Event, Item, minor, with_tax
from amazon_sandbox.simulation.promotions import LONGEST_DAYS, Campaign, Sold, campaigns, sold_in
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

DAY = 86_400
SALES_FEES_SINCE = int(datetime(2025, 6, 2, tzinfo=UTC).timestamp())
COUPON_FEE, COUPON_RATE = 5.0, 0.025
DEAL_FEES = {"BEST_DEAL": 70.0, "LIGHTNING_DEAL": 70.0}
OLD_LIGHTNING_FEE = 150.0
DEAL_RATE, MOST_DEAL_FEE = 0.01, 2000.0
VINE_FEE = 200.0
_VINE_AFTER_DAYS = 30  # from launch
_CHARGED_AFTER_DAYS = 3  # from the end of a campaign, at most


def coupon_cost(storefront: Storefront, campaign: Campaign, sold: list[Sold]) -> int:
    """What a coupon costs for its sales so far, apart from the discount, in minor units: per redemption or,
    since June 2025, by sales.
    """
    if campaign.start < SALES_FEES_SINCE:
        return sum(each.items for each in sold) * storefront.coupon_fee
    return round(sum(each.revenue for each in sold) * COUPON_RATE)


def promotion_fees(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The fees of coupons, deals and Vine charged in [start, end)."""
    longest = (LONGEST_DAYS + _CHARGED_AFTER_DAYS + 1) * DAY
    for kind, make in (("coupon", _coupon), ("promotion", _deal)):
        for campaign in campaigns(storefront, kind, start - longest, end, end):
            u = uniforms(*storefront.key, campaign.number, "campaign charged")
            at = campaign.end + int(between(u[0], 0.5, _CHARGED_AFTER_DAYS) * DAY)
            if campaign.is_cancelled or not (start <= at < end or start <= _begun(campaign) < end):
                continue
            for event in make(storefront, campaign, at):
                if event.amount and start <= event.posted < end:
                    yield with_tax(event)
    yield from _vine(storefront, start, end)


def _begun(campaign: Campaign) -> int:
    """When the participation fee is charged."""
    return campaign.start + 600


def _coupon(storefront: Storefront, campaign: Campaign, at: int) -> Iterator[Event]:
    sold = sold_in(storefront, campaign, campaign.end, at + 30 * DAY, gross=True)
    cost = coupon_cost(storefront, campaign, list(sold.values()))
    reference = f"{campaign.number:011d}"
    if campaign.start < SALES_FEES_SINCE:
        title = campaign.listings[0].title(storefront.marketplace.language)
        yield _event("coupon.redemption", storefront, campaign, at, cost, sold, f"{reference}: {title}")
    else:
        fee = minor(storefront, COUPON_FEE)
        yield _event("coupon.participation", storefront, campaign, _begun(campaign), fee, sold)
        yield _event("coupon.performance", storefront, campaign, at, cost, sold)


def _deal(storefront: Storefront, campaign: Campaign, at: int) -> Iterator[Event]:
    fee = DEAL_FEES.get(campaign.type)
    if fee is None:
        return
    sold = sold_in(storefront, campaign, campaign.end, at + 30 * DAY, gross=True)
    if campaign.start >= SALES_FEES_SINCE:
        revenue = sum(each.revenue for each in sold.values())
        cost = min(round(revenue * DEAL_RATE), minor(storefront, MOST_DEAL_FEE))
        yield _event("deal.participation", storefront, campaign, at, minor(storefront, fee), sold)
        yield _event("deal.performance", storefront, campaign, at, cost, sold)
    elif campaign.type == "LIGHTNING_DEAL":
        text = f"Lightning Deal-{campaign.number:011d}"
        cost = minor(storefront, OLD_LIGHTNING_FEE)
        yield _event("deal.participation", storefront, campaign, at, cost, sold, text)


def _event(
    kind: str,
    storefront: Storefront,
    campaign: Campaign,
    at: int,
    cost: int,
    sold: dict[str, Sold],
    text: str = "",
) -> Event:
    """The cost, divided among the campaign's products by what they sold."""
    weights = [sold[listing.asin].revenue for listing in campaign.listings]
    if not any(weights):
        weights = [1] * len(campaign.listings)
    items, charged, reached = [], 0, 0
    for listing, weight in zip(campaign.listings, weights, strict=True):
        reached += weight
        share = cost * reached // sum(weights) - charged
        charged += share
        items.append(Item(listing, sold[listing.asin].units, -share))
    return Event(kind, at, storefront, f"{campaign.number:011d}", tuple(items), text=text)


def _vine(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The Vine fees of product families, each enrolled a month after its launch."""
    families = {one.parent_asin: one for one in reversed(storefront.listings) if not one.is_merchant}
    for parent, listing in families.items():
        at = storefront.marketplace.day_bounds(listing.launch + _VINE_AFTER_DAYS)[0] + 36_000
        if start <= at < end:
            items = (Item(listing, 0, -minor(storefront, VINE_FEE)),)
            yield with_tax(Event("vine", at, storefront, parent, items, text=f"Vine enrollment {parent}"))
