"""What a storefront advertises: portfolios, campaigns of the three sponsored products, ad groups, ads and
targets.

Derived from the storefront's product families, so that each SKU has an ad. Ids are odd numbers of 18 digits:
like Amazon's largest ids, none of them can be represented exactly as a float.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.search import queries_of
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, between, number, token, uniforms

SP, SB, SD = "SPONSORED_PRODUCTS", "SPONSORED_BRANDS", "SPONSORED_DISPLAY"
SHORT = {SP: "SP", SB: "SB", SD: "SD"}
AUTO_TARGETS = ("close-match", "loose-match", "substitutes", "complements")
_OPENED = date(2023, 3, 1).toordinal()
_FOREVER = date(2100, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Portfolio:
    """A portfolio; `budget`: minor units per month, None if uncapped; `created`: ordinal of the day."""

    id: int
    name: str
    budget: int | None
    created: int


@dataclass(slots=True, eq=False)
class Campaign:
    """A campaign; days are ordinals, `end` is exclusive; money in minor units. `kind`: auto, manual,
    collection, video, product or audience.
    """

    id: int
    product: str
    kind: str
    name: str
    portfolio: Portfolio | None
    state: str
    start: int
    end: int
    budget: int
    groups: list[AdGroup] = field(default_factory=list)

    def runs_on(self, ordinal: int) -> bool:
        """Whether the campaign shows ads on a day."""
        return self.start <= ordinal < self.end


@dataclass(slots=True, eq=False)
class AdGroup:
    """An ad group."""

    id: int
    campaign: Campaign
    name: str
    bid: int
    state: str = "ENABLED"
    ads: list[Ad] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Ad:
    """An ad for one SKU (SP, SD) or for several products (SB)."""

    id: int
    group: AdGroup
    listings: tuple[Listing, ...]
    state: str = "ENABLED"

    @property
    def listing(self) -> Listing:
        """The advertised SKU; for a Sponsored Brands ad, the first one."""
        return self.listings[0]


@dataclass(slots=True, eq=False)
class Target:
    """A keyword, a product target, an automatic target or an audience. `kind`: keyword, auto, asin, category,
    views; `match`: BROAD, PHRASE, EXACT or the kind of expression; `terms`: what customers typed or viewed
    when the ad was shown.
    """

    id: int
    group: AdGroup
    kind: str
    text: str
    match: str
    bid: int
    terms: tuple[str, ...]
    value: str = ""
    state: str = "ENABLED"


@dataclass(frozen=True, slots=True)
class Structure:
    """All entities of a storefront; `ads_of`: (product, SKU) -> its ads."""

    portfolios: tuple[Portfolio, ...]
    campaigns: tuple[Campaign, ...]
    ads_of: dict[tuple[str, str], tuple[Ad, ...]]

    def groups(self) -> list[AdGroup]:
        """All ad groups."""
        return [group for campaign in self.campaigns for group in campaign.groups]

    def ads(self) -> list[Ad]:
        """All ads."""
        return [ad for group in self.groups() for ad in group.ads]

    def targets(self) -> list[Target]:
        """All targets and keywords."""
        return [target for group in self.groups() for target in group.targets]


@lru_cache(maxsize=128)
def structure_of(storefront: Storefront) -> Structure:
    """The advertising of a storefront."""
    return _Builder(storefront).build()


class _Builder:
    def __init__(self, storefront: Storefront) -> None:
        self._storefront = storefront
        self._language = storefront.marketplace.language
        self._portfolios: dict[str, Portfolio] = {}
        self._campaigns: list[Campaign] = []

    def build(self) -> Structure:
        families: dict[str, list[Listing]] = defaultdict(list)
        categories: dict[str, list[Listing]] = defaultdict(list)
        for listing in self._storefront.listings:
            families[listing.parent_asin].append(listing)
            categories[listing.category].append(listing)
        for category in sorted(categories):
            self._portfolio(category)
        for parent in sorted(families):
            self._products(families[parent])
        for category in sorted(categories):
            self._brand(category, categories[category])
            self._display(category, categories[category])
        index: dict[tuple[str, str], list[Ad]] = defaultdict(list)
        for campaign in self._campaigns:
            for group in campaign.groups:
                for ad in group.ads:
                    for listing in ad.listings:
                        index[campaign.product, listing.sku].append(ad)
        return Structure(
            tuple(self._portfolios.values()),
            tuple(self._campaigns),
            {key: tuple(ads) for key, ads in index.items()},
        )

    def _id(self, *what: str | int) -> int:
        return (10**17 + number(*self._storefront.key, "ads", *what) % (8 * 10**17)) | 1

    def _money(self, usd: float) -> int:
        local = usd * self._storefront.marketplace.usd_rate
        return max(1, round(local * 100 if self._storefront.marketplace.decimals else local))

    def _portfolio(self, category: str) -> None:
        u = uniforms(*self._storefront.key, "portfolio", category)
        budget = self._money(between(u[0], 2_000, 9_000)) if u[1] < 0.4 else None
        name = f"{category.title()} {self._storefront.marketplace.country}"
        created = _OPENED - int(between(u[2], 1, 40))
        self._portfolios[category] = Portfolio(self._id("portfolio", category), name, budget, created)

    def _campaign(
        self, product: str, kind: str, name: str, listings: list[Listing], portfolio: Portfolio | None
    ) -> Campaign:
        u = uniforms(*self._storefront.key, "campaign", product, kind, name)
        start = max(_OPENED, min(listing.launch for listing in listings)) + int(u[0] * 60)
        state, end = "ENABLED", _FOREVER
        if u[1] < 0.06 and kind not in ("auto", "collection"):
            state, end = ("PAUSED", "ARCHIVED")[u[2] < 0.4], start + int(between(u[3], 200, 1_000))
        budget = self._money(between(u[4], 4, 20) * 5)
        full = f"{SHORT[product]} | {name} | {kind.title()}"
        campaign = Campaign(
            self._id("campaign", product, kind, name),
            product,
            kind,
            full,
            portfolio,
            state,
            start,
            end,
            budget,
        )
        self._campaigns.append(campaign)
        return campaign

    def _group(self, campaign: Campaign, name: str, usd_bid: float) -> AdGroup:
        group = AdGroup(self._id("group", campaign.id, name), campaign, name, self._money(usd_bid))
        campaign.groups.append(group)
        return group

    def _ad(self, group: AdGroup, listings: tuple[Listing, ...]) -> None:
        group.ads.append(Ad(self._id("ad", group.id, listings[0].sku), group, listings))

    def _target(
        self, group: AdGroup, kind: str, text: str, match: str, terms: tuple[str, ...], value: str = ""
    ) -> None:
        u = uniforms(*self._storefront.key, "target", group.id, text, match)
        bid = max(1, round(group.bid * between(u[0], 0.8, 1.3)))
        group.targets.append(
            Target(self._id("target", group.id, text, match), group, kind, text, match, bid, terms, value)
        )

    def _products(self, family: list[Listing]) -> None:
        """Sponsored Products: an automatic campaign for each family, a manual one for most."""
        storefront = self._storefront
        name, first = _name(family[0], self._language), family[0]
        u = uniforms(*storefront.key, "sponsored products", first.parent_asin)
        portfolio = self._portfolios[first.category] if u[0] < 0.85 else None
        auto = self._group(
            self._campaign(SP, "auto", name, family, portfolio), f"{name} all", between(u[1], 0.35, 0.9)
        )
        texts = tuple(query.text for query in queries_of(first, self._language))
        asins = tuple(self._stranger(first.parent_asin, index) for index in range(4))
        for index, text in enumerate(AUTO_TARGETS):
            terms = texts[:3] if index < 2 else tuple(asin.lower() for asin in asins)
            self._target(auto, "auto", text, "TARGETING_EXPRESSION_PREDEFINED", terms)
        for listing in family:
            self._ad(auto, (listing,))
        own = [listing for listing in family if not listing.is_merchant]
        if u[2] < 0.35 or not own:
            return
        manual = self._campaign(SP, "manual", name, own, portfolio)
        keywords = self._group(manual, f"{name} keywords", between(u[3], 0.6, 1.5))
        for text, match in zip(texts, ("EXACT", "PHRASE", "EXACT", "BROAD", "BROAD"), strict=True):
            terms = (text,) if match == "EXACT" else (text, f"{text} {_tail(self._language)}", f"new {text}")
            self._target(keywords, "keyword", text, match, terms)
        products = self._group(manual, f"{name} products", between(u[4], 0.5, 1.2))
        for asin in asins[:2]:
            self._asin_target(products, asin)
        self._category_target(products, first.category)
        for listing in own:
            self._ad(keywords, (listing,))
            self._ad(products, (listing,))

    def _brand(self, category: str, listings: list[Listing]) -> None:
        """Sponsored Brands: a collection for each category, and one video."""
        own = [listing for listing in listings if not listing.is_merchant]
        if not own:
            return
        for kind in ("collection", "video"):
            u = uniforms(*self._storefront.key, "sponsored brands", category, kind)
            if kind == "video" and u[0] < 0.5:
                continue
            campaign = self._campaign(SB, kind, category.title(), own, self._portfolios[category])
            group = self._group(campaign, f"{category.title()} {kind}", between(u[1], 0.7, 1.8))
            self._ad(group, tuple(own[: 1 if kind == "video" else 3]))
            for index, listing in enumerate(own[:3]):
                text = queries_of(listing, self._language)[index].text
                match = ("EXACT", "PHRASE", "BROAD")[index]
                self._target(group, "keyword", text, match, (text, f"{text} {_tail(self._language)}"))
            self._category_target(group, category)

    def _display(self, category: str, listings: list[Listing]) -> None:
        """Sponsored Display: product targets and audiences for a category."""
        own = [listing for listing in listings if not listing.is_merchant]
        if not own:
            return
        for kind in ("product", "audience"):
            u = uniforms(*self._storefront.key, "sponsored display", category, kind)
            campaign = self._campaign(SD, kind, category.title(), own, self._portfolios[category])
            group = self._group(campaign, f"{category.title()} {kind}", between(u[0], 0.4, 1.0))
            for listing in own:
                self._ad(group, (listing,))
            if kind == "product":
                self._asin_target(group, self._stranger(category, 0))
                self._category_target(group, category)
            else:
                seen = tuple(listing.asin for listing in own[:3])
                text = "views=(exact-product lookback=30)"
                self._target(group, "views", text, "TARGETING_EXPRESSION", seen, "30")
                text = "views=(similar-product lookback=14)"
                self._target(
                    group, "views", text, "TARGETING_EXPRESSION", (self._stranger(category, 1),), "14"
                )

    def _asin_target(self, group: AdGroup, asin: str) -> None:
        self._target(group, "asin", f'asin="{asin}"', "TARGETING_EXPRESSION", (asin.lower(),), asin)

    def _category_target(self, group: AdGroup, category: str) -> None:
        asins = tuple(self._stranger(category, index).lower() for index in (5, 6, 7))
        node = str(10**9 + number("browse node", category) % 10**9)
        self._target(group, "category", f'category="{category.title()}"', "TARGETING_EXPRESSION", asins, node)

    def _stranger(self, about: str, index: int) -> str:
        """An ASIN of another seller."""
        return "B0" + token(UPPER_ALNUM, 8, *self._storefront.key, "stranger", about, index)


def _name(listing: Listing, language: str) -> str:
    """A family's short name, including its code because two families may share a name."""
    title = queries_of(listing, language)[0].text.title()
    return f"{title} {listing.type_code}"


def _tail(language: str) -> str:
    tails = {"de": "kaufen", "fr": "pas cher", "es": "barato", "ja": "おすすめ", "it": "offerta"}
    return tails.get(language, "for sale")
