"""One seller in one marketplace: the facts that all reports of that pair share, and a cache of its days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from functools import lru_cache, partial, wraps
from typing import Any, TypeVar

from amazon_sandbox.simulation import demand, marketplaces
from amazon_sandbox.simulation.catalogue import Listing, make_catalogue, offered
from amazon_sandbox.simulation.cities import cities_of
from amazon_sandbox.simulation.created_shipments import CreatedShipment
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.streams import Key

T = TypeVar("T")


class Storefront:
    """A seller in a marketplace.

    Days are proleptic ordinals of marketplace-local days. Methods, and functions decorated with
    `kept_per_storefront`, are pure: their results do not depend on call order or process, and caches only
    save work. Cheap to create.

    `created`: the shipments that clients created; `generated`: the same storefront without them. Both share
    the caches, which contain only generated data. `sibling` returns the account's storefront in another
    country.
    """

    def __init__(
        self,
        seed: int,
        account: str,
        marketplace: Marketplace,
        catalogue: tuple[Listing, ...],
        sibling: Callable[[str], Storefront],
    ) -> None:
        self.sibling = sibling
        self.generated = self
        self.created: tuple[CreatedShipment, ...] = ()
        self.seed = seed
        self.account = account
        self.marketplace = marketplace
        self.key: tuple[Key, ...] = (seed, account, marketplace.country)
        self.listings = tuple(listing for listing in catalogue if offered(listing, marketplace, seed))
        self.brand_asins = frozenset(
            asin for listing in catalogue for asin in (listing.asin, listing.parent_asin)
        )
        self.cities = cities_of(marketplace.country)
        self.shipping_price = self._local_price(5.99)
        self.gift_wrap_price = self._local_price(3.99)
        self.coupon_fee = self._local_price(0.60)
        self._factors = lru_cache(maxsize=2_048)(demand.day_factors)
        self._rhythms: dict[str, demand.Rhythm] = {}
        self._cycles: dict[tuple[str, int], demand.StockCycle] = {}
        self._prices: dict[tuple[str, int], int] = {}
        self._kept: dict[Any, Any] = {}

    def with_created(
        self, shipments: Iterable[CreatedShipment], sibling: Callable[[str], Storefront]
    ) -> Storefront:
        """This storefront and its siblings, with their client-created shipments replaced by `shipments`."""
        view = copy(self)
        view.created = tuple(shipments)
        view.sibling = sibling
        return view

    def kept(self, make: Callable[[Storefront, int], T], size: int) -> Callable[[int], T]:
        """`make` for this storefront without created shipments, caching its `size` most recently used
        results.
        """
        cache = self._kept.get(make)
        if cache is None:
            cache = self._kept.setdefault(make, lru_cache(maxsize=size)(partial(make, self.generated)))
        return cache  # type: ignore[no-any-return]

    @property
    def usual_volume(self) -> float:
        """Order items on an ordinary day with every SKU in stock."""
        return sum(listing.base_rate for listing in self.listings) * self.marketplace.market_size

    def interest(self, listing: Listing, ordinal: int) -> float:
        """Order items that customers would place on a day if the SKU were in stock; 0 before its launch."""
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
        """The stock cycle of a SKU that contains a day."""
        rhythm = self._rhythms.get(listing.sku)
        if rhythm is None:
            rhythm = self._rhythms[listing.sku] = demand.stock_rhythm(*self._names, listing)
        index = rhythm.number(ordinal)
        cycle = self._cycles.get((listing.sku, index))
        if cycle is None:
            usual = listing.base_rate * self.marketplace.market_size
            made = demand.stock_cycle(*self._names, listing, rhythm, index, usual)
            cycle = self._cycles[listing.sku, index] = made
        return cycle

    def next_cycle(self, listing: Listing, ordinal: int) -> demand.StockCycle:
        """The stock cycle after the one that contains a day."""
        return self.cycle(listing, self.cycle(listing, ordinal).end)

    @property
    def _names(self) -> tuple[int, str, str]:
        return self.seed, self.account, self.marketplace.country

    def unit_price(self, listing: Listing, ordinal: int) -> int:
        """Price of one unit in minor units on a day."""
        quarter = ordinal // 91
        price = self._prices.get((listing.sku, quarter))
        if price is None:
            price = self._prices[listing.sku, quarter] = listing.unit_price(self.marketplace, ordinal)
        return price

    def tax(self, amount: int, city: dict[str, str]) -> int:
        """Tax on an amount in minor units (or within it, where prices include tax)."""
        if not amount:
            return 0
        rate = float(city["tax_rate"]) if city["tax_rate"] else self.marketplace.tax_rate
        if self.marketplace.tax_included:
            return round(amount - amount / (1 + rate))
        return round(amount * rate)

    def _local_price(self, usd: float) -> int:
        local = usd * self.marketplace.usd_rate
        return round(local / 10) * 10 if self.marketplace.decimals == 0 else round(local * 100)


def kept_per_storefront(
    size: int,
) -> Callable[[Callable[[Storefront, int], T]], Callable[[Storefront, int], T]]:
    """Decorator for a function of a storefront and a day (or a block of days): each storefront caches its
    `size` most recently used results.
    """

    def decorate(make: Callable[[Storefront, int], T]) -> Callable[[Storefront, int], T]:
        @wraps(make)
        def kept(storefront: Storefront, number: int) -> T:
            return storefront.kept(make, size)(number)

        return kept

    return decorate


class Storefronts:
    """All storefronts of a simulation, each created when first requested."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._catalogue = lru_cache(maxsize=None)(partial(make_catalogue, seed))
        self._storefront = lru_cache(maxsize=None)(self._make)
        self._with_created: dict[tuple[str, str], Storefront] = {}

    def of(self, account: str, marketplace: Marketplace) -> Storefront:
        """The storefront of a seller account in a marketplace."""
        found = self._with_created.get((account, marketplace.country))
        return found or self._storefront(account, marketplace)

    def with_created(self, shipments: Iterable[CreatedShipment]) -> Storefronts:
        """The same storefronts, with their client-created shipments replaced by the given ones.

        :raises KeyError: unknown country.
        :raises ValueError: a SKU that the destination did not sell through FBA when the shipment was created.
        """
        created: dict[tuple[str, str], list[CreatedShipment]] = {}
        for shipment in shipments:
            created.setdefault((shipment.account, shipment.country), []).append(shipment)
        made = copy(self)
        made._with_created = {}
        for (account, country), rows in created.items():
            storefront = self._storefront(account, marketplaces.by_country(country))
            _check(storefront, rows)
            made._with_created[account, country] = storefront.with_created(rows, made._siblings(account))
        return made

    def _make(self, account: str, marketplace: Marketplace) -> Storefront:
        return Storefront(self.seed, account, marketplace, self._catalogue(account), self._siblings(account))

    def _siblings(self, account: str) -> Callable[[str], Storefront]:
        return lambda country: self.of(account, marketplaces.by_country(country))


def _check(storefront: Storefront, shipments: Iterable[CreatedShipment]) -> None:
    launches = {one.sku: one.launch for one in storefront.listings if not one.is_merchant}
    for shipment in shipments:
        # It may already be tomorrow where the client is.
        day = storefront.marketplace.day_of_epoch(shipment.created_at) + 1
        unknown = [item.sku for item in shipment.items if launches.get(item.sku, day + 1) > day]
        if unknown:
            raise ValueError(
                f"shipment {shipment.confirmation_id}: {shipment.account} sells no {', '.join(unknown)} "
                f"through FBA in {shipment.country}"
            )
