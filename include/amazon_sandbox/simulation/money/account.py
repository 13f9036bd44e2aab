"""What an account pays apart from its sales: the subscription, services, producer responsibility."""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.money.events import Event, Item, minor, with_tax
from amazon_sandbox.simulation.money.months import first_day, instant, month_of
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

SUBSCRIPTION = 39.99  # dollars a month
DAY = 86_400
_CHARGED_ON = 7.4  # days after the first of a month
_RESPONSIBLE_IN = frozenset(("DE", "FR", "ES"))


def subscription(seller: Seller, storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The monthly subscription: charged whole to an account's only marketplace, otherwise split among its
    marketplaces; the split varies slightly from month to month.
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


def services(seller: Seller, storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """What the account also pays in [start, end): premium services every quarter where it has them, and
    contributions that Amazon pays on its behalf in countries with extended producer responsibility.
    """
    is_first = storefront.marketplace.marketplace_id == seller.marketplace_ids[0]
    for month in range(month_of(start), month_of(end) + 1):
        if month % 3 == 0:
            for event in _of_quarter(storefront, month, is_first):
                if start <= event.posted < end:
                    yield with_tax(event)


def _of_quarter(storefront: Storefront, month: int, is_first: bool) -> Iterator[Event]:
    country, size = storefront.marketplace.country, storefront.marketplace.market_size
    quarter = f"Q{month % 12 // 3 + 1} {month // 12}"
    u = uniforms(*storefront.key, month, "services")

    def fee(kind: str, days: float, dollars: float, about: str, variant: str = "") -> Event:
        at = instant(first_day(month), days * DAY)
        items = (Item(None, 0, -minor(storefront, dollars)),)
        return Event(kind, at, storefront, f"{month} {variant}", items, text=about, variant=variant)

    if country == "AE":  # the line includes VAT
        yield fee("overhead.services", 11.3, 603 * 1.05, quarter, "older")
    elif is_first and storefront.marketplace.region == "EU":
        yield fee("overhead.services", 11.3, between(u[0], 380, 420), quarter)
    if country in _RESPONSIBLE_IN:
        about = f"{country} packaging {quarter}"
        contribution = between(u[1], 6, 40) * size
        yield fee("overhead.epr", 19.5, contribution, about)
        yield fee("overhead.epr", 19.6, max(0.5, contribution / 10), about, "service")
