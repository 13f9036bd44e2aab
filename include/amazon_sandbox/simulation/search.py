"""What customers searched for in a period, and what each query did for each ASIN of a storefront.

Everything derives from the sales and traffic figures: part of an ASIN's sessions began with a search, and
part of its order items resulted from one. A period's purchases over all queries of an ASIN therefore never
exceed its units ordered, and impressions >= clicks >= cart adds >= purchases holds for every query and ASIN.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.catalogue import BRANDS, DEFAULT_BRAND, Listing
from amazon_sandbox.simulation.figures import Figures, day_figures
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

# How an ASIN's searches are split among its queries: the plain name gets most of them.
_WEIGHTS = (0.42, 0.2, 0.16, 0.12, 0.1)


@dataclass(frozen=True, slots=True)
class Query:
    """A text that customers typed. `ours`: the usual share of its clicks that this seller gets."""

    text: str
    weight: float
    ours: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """What one ASIN got from one query (or from all) in a period: counts that never increase from one stage
    to the next.
    """

    impressions: int
    clicks: int
    cart_adds: int
    purchases: int

    def plus(self, other: Funnel) -> Funnel:
        """The sum, count by count."""
        return Funnel(
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.cart_adds + other.cart_adds,
            self.purchases + other.purchases,
        )


NOTHING = Funnel(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class QueryFigures:
    """One query in a period: Amazon's total, and the part of each of the seller's ASINs.

    `price`: median price of the clicked products, in minor units.
    """

    text: str
    volume: int
    total: Funnel
    asins: dict[str, Funnel]
    price: int


def queries_of(listing: Listing, language: str) -> tuple[Query, ...]:
    """What customers type to find such a product; the same for the whole family, except for the variant."""
    name = _product_name(listing, language)
    words = next(row for row in tables.rows("search_words") if row["language"] == language)
    brand = BRANDS.get(language, DEFAULT_BRAND)
    variant = listing.title(language).rsplit(", ", 1)[-1] if listing.variant else words["best"]
    texts = (
        (name, 0.18),
        (f"{name} {variant}", 0.34),
        (f"{brand} {name}", 0.86),
        (f"{words['cheap']} {name}", 0.09),
        (f"{name} {words['gift']}", 0.14),
    )
    return tuple(
        Query(text.casefold(), weight, ours) for (text, ours), weight in zip(texts, _WEIGHTS, strict=True)
    )


def _product_name(listing: Listing, language: str) -> str:
    """The title up to its first separator, without brand, variant and punctuation."""
    brand = BRANDS.get(language, DEFAULT_BRAND)
    bare = listing.title(language).removeprefix(brand).strip()
    return re.split(r"[,–(（～]", bare)[0].replace("™", "").strip()


def asin_figures(storefront: Storefront, first: int, last: int, as_of: int) -> dict[str, Figures]:
    """Sales and traffic of each ASIN from local day `first` to `last` (ordinals, inclusive) at `as_of`."""
    asin_of = {listing.sku: listing.asin for listing in storefront.listings}
    sums: dict[str, Figures] = {}
    for ordinal in range(first, last + 1):
        day = day_figures(storefront, ordinal, as_of)
        for sku, figures in day.skus.items() if day else ():
            asin = asin_of[sku]
            sums[asin] = figures.plus(sums[asin]) if asin in sums else figures
    return sums


def query_figures(storefront: Storefront, first: int, last: int, as_of: int) -> list[QueryFigures]:
    """Every query that showed one of the storefront's ASINs in the period, by text."""
    parts: dict[str, dict[str, Funnel]] = {}
    queries: dict[str, Query] = {}
    by_asin = {listing.asin: listing for listing in reversed(storefront.listings)}
    for asin, figures in sorted(asin_figures(storefront, first, last, as_of).items()):
        wanted = queries_of(by_asin[asin], storefront.marketplace.language)
        for query, funnel in zip(wanted, _split(storefront, asin, figures, first, last, wanted), strict=True):
            if funnel.impressions:
                queries.setdefault(query.text, query)
                known = parts.setdefault(query.text, {})
                known[asin] = known.get(asin, NOTHING).plus(funnel)
    prices = {asin: storefront.unit_price(listing, last) for asin, listing in by_asin.items()}
    return [_whole(storefront, queries[text], parts[text], prices, first, last) for text in sorted(parts)]


def _split(
    storefront: Storefront, asin: str, figures: Figures, first: int, last: int, queries: Iterable[Query]
) -> list[Funnel]:
    """An ASIN's figures by query, split at cumulative shares so that the counts add up exactly."""
    u = uniforms(*storefront.key, asin, first, last, "search")
    sessions = figures.browser + figures.mobile
    purchases = int(figures.items * between(u[0], 0.45, 0.75))
    clicks = max(purchases, int(sessions * between(u[1], 0.35, 0.6)))
    carts = min(clicks, purchases + int((clicks - purchases) * between(u[2], 0.05, 0.2)))
    shown = between(u[3], 7.0, 18.0)
    funnels = []
    spent = [0, 0, 0]
    share = 0.0
    for query in queries:
        share = min(1.0, share + query.weight)
        upto = [math.floor(count * share + 1e-9) for count in (clicks, carts, purchases)]
        clicked, added, bought = (end - start for end, start in zip(upto, spent, strict=True))
        spent = upto
        added = max(added, bought)
        clicked = max(clicked, added)
        funnels.append(Funnel(math.ceil(clicked * shown), clicked, added, bought))
    return funnels


def _whole(
    storefront: Storefront,
    query: Query,
    asins: dict[str, Funnel],
    prices: dict[str, int],
    first: int,
    last: int,
) -> QueryFigures:
    """A query's total, extrapolated from the seller's part of it; the rest belongs to other sellers."""
    u = uniforms(*storefront.key, query.text, first, last, "query")
    mine = NOTHING
    for funnel in asins.values():
        mine = mine.plus(funnel)
    share = min(0.97, query.ours * between(u[0], 0.7, 1.13))
    clicks = math.ceil(mine.clicks / share) + int(u[5] * 12)
    carts = min(clicks, max(mine.cart_adds, math.ceil(mine.cart_adds / share * between(u[1], 1.0, 1.3))))
    purchases = min(carts, max(mine.purchases, math.ceil(mine.purchases / share * between(u[2], 1.0, 1.3))))
    volume = math.ceil(clicks / between(u[3], 0.3, 0.6)) + 1
    impressions = max(volume * 14, math.ceil(mine.impressions / share))
    price = sum(prices[asin] for asin in asins) / len(asins) * between(u[4], 0.82, 1.18)
    total = Funnel(impressions, clicks, carts, purchases)
    return QueryFigures(query.text, volume, total, asins, round(price))


def by_speed(count: int, *key: str | int) -> tuple[int, int, int]:
    """How many of `count` were promised for delivery the same day, in one day and in two days."""
    u = uniforms(*key, "speed")
    same = int(count * between(u[0], 0.05, 0.2))
    one = int(count * between(u[1], 0.25, 0.45))
    return same, one, int((count - same - one) * between(u[2], 0.5, 0.9))


def share(part: float, whole: float) -> float:
    """A fraction in 0..1, rounded to four places as Amazon writes it."""
    return min(1.0, round(part / whole, 4)) if whole else 0.0
