"""What an account pays for selling at all: the subscription."""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.money.events import Event, Item, minor
from amazon_sandbox.simulation.money.months import first_day, instant, month_of
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

SUBSCRIPTION = 39.99  # dollars a month
DAY = 86_400
_CHARGED_ON = 7.4  # days after the first of a month


def subscription(seller: Seller, storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The monthly subscription: whole in an account of one marketplace, else split over those of its region;
    the split differs a little from month to month.
    """
    for month in range(month_of(start), month_of(end) + 1):
        at = instant(first_day(month), _CHARGED_ON * DAY)
        if start <= at < end:
            weights = {
                marketplace_id: between(
                    uniforms(storefront.seed, seller.account, marketplace_id, month, "subscription")[0],
                    0.97,
                    1.03,
                )
                for marketplace_id in seller.marketplace_ids
            }
            share = weights[storefront.marketplace.marketplace_id] / sum(weights.values())
            amount = -minor(storefront, SUBSCRIPTION * share)
            yield Event("overhead.subscription", at, storefront, str(month), (Item(None, 0, amount),))
