"""One seller in one marketplace: the facts that all reports of that pair share, made day by day and kept
for a while.
"""

from __future__ import annotations

from functools import lru_cache, partial

from amazon_sandbox.simulation import demand, figures, inbound, inventory, orders, refunds
from amazon_sandbox.simulation.catalogue import Listing, make_catalogue, offered
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.streams import Key

KEPT_ORDER_DAYS = 160  # a settlement needs 65 days, a month of orders 39; a day is about 100 kB
KEPT_FIGURE_DAYS = 1_024
KEPT_PLAN_BLOCKS = 64


class Storefront:
    """The history of a seller in a marketplace.

    Days are proleptic ordinals of marketplace-local days. Methods are pure: they answer the same in any order
    and any process; the caches only save work. Cheap to make.
    """

    def __init__(
        self, seed: int, account: str, marketplace: Marketplace, catalogue: tuple[Listing, ...]
    ) -> None:
        self.seed = seed
        self.account = account
        self.marketplace = marketplace
        self.key: tuple[Key, ...] = (seed, account, marketplace.country)
        self.listings = tuple(listing for listing in catalogue if offered(listing, marketplace, seed))
        self.brand_asins = frozenset(
            asin for listing in catalogue for asin in (listing.asin, listing.parent_asin)
        )
        self.places = orders.cities_of(marketplace.country)
        self.shipping_price = self._local_price(5.99)
        self.gift_wrap_price = self._local_price(3.99)
        self.coupon_fee = self._local_price(0.60)
        self._factors = lru_cache(maxsize=2_048)(demand.day_factors)
        self._cycles: dict[str, demand.StockCycle] = {}
        self._prices: dict[tuple[str, int], int] = {}
        self.orders = lru_cache(maxsize=KEPT_ORDER_DAYS)(partial(orders.make_orders, self))
        self.refund_lags = lru_cache(maxsize=2_048)(partial(refunds.make_refund_lags, self))
        self.refunds_of_purchases = lru_cache(maxsize=KEPT_ORDER_DAYS)(partial(refunds.make_refunds, self))
        self.shipped = lru_cache(maxsize=KEPT_FIGURE_DAYS)(partial(inventory.make_shipped_day, self))
        self.inbound_ids = lru_cache(maxsize=KEPT_PLAN_BLOCKS)(partial(inbound.make_ids, self))
        self.inbound_plans = lru_cache(maxsize=KEPT_PLAN_BLOCKS)(partial(inbound.make_plans, self))
        self.final_figures = lru_cache(maxsize=KEPT_FIGURE_DAYS)(partial(figures.make_final_day, self))

    @property
    def usual_volume(self) -> float:
        """Order items on an ordinary day with every SKU in stock."""
        return sum(listing.base_rate for listing in self.listings) * self.marketplace.market_size

    def interest(self, listing: Listing, ordinal: int) -> float:
        """Order items a day that customers would place were the SKU in stock; 0 before its launch."""
        if ordinal < listing.launch:
            return 0.0
        return listing.base_rate * self.marketplace.market_size * self._factors(ordinal)[listing.category]

    def rate(self, listing: Listing, ordinal: int) -> float:
        """Expected order items on a day; 0 before the launch and during a stock-out."""
        if ordinal < listing.launch or self.is_sold_out(listing, ordinal):
            return 0.0
        return self.interest(listing, ordinal)

    def is_sold_out(self, listing: Listing, ordinal: int) -> bool:
        """Whether the SKU has no stock on a day."""
        return ordinal >= self.cycle(listing, ordinal).sold_out_from

    def cycle(self, listing: Listing, ordinal: int) -> demand.StockCycle:
        """The stock cycle of a SKU that contains a day (the latest one is kept: days are mostly asked in
        sequence).
        """
        known = self._cycles.get(listing.sku)
        if known is not None and known.start <= ordinal < known.end:
            return known
        made = self._make_cycle(listing, ordinal)
        self._cycles[listing.sku] = made
        return made

    def next_cycle(self, listing: Listing, ordinal: int) -> demand.StockCycle:
        """The stock cycle after the one that contains a day."""
        return self._make_cycle(listing, self.cycle(listing, ordinal).end)

    def _make_cycle(self, listing: Listing, ordinal: int) -> demand.StockCycle:
        usual = listing.base_rate * self.marketplace.market_size
        return demand.stock_cycle(self.seed, self.account, self.marketplace.country, listing, ordinal, usual)

    def unit_price(self, listing: Listing, ordinal: int) -> int:
        """Price of one unit in minor units on a day."""
        quarter = ordinal // 91
        price = self._prices.get((listing.sku, quarter))
        if price is None:
            price = self._prices[listing.sku, quarter] = listing.unit_price(self.marketplace, ordinal)
        return price

    def tax(self, amount: int, place: dict[str, str]) -> int:
        """Tax on (or, where prices include it, within) an amount in minor units."""
        if not amount:
            return 0
        rate = float(place["tax_rate"]) if place["tax_rate"] else self.marketplace.tax_rate
        if self.marketplace.tax_included:
            return round(amount - amount / (1 + rate))
        return round(amount * rate)

    def _local_price(self, usd: float) -> int:
        local = usd * self.marketplace.usd_rate
        return round(local / 10) * 10 if self.marketplace.decimals == 0 else round(local * 100)


class Storefronts:
    """All shops of a world, made when first asked."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._catalogue = lru_cache(maxsize=None)(partial(make_catalogue, seed))
        self._shop = lru_cache(maxsize=None)(self._make)

    def of(self, account: str, marketplace: Marketplace) -> Storefront:
        """The shop of a seller account in a marketplace."""
        return self._shop(account, marketplace)

    def _make(self, account: str, marketplace: Marketplace) -> Storefront:
        return Storefront(self.seed, account, marketplace, self._catalogue(account))
