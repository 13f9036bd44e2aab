"""What a seller sells: families of child ASINs, and the listings (SKUs) of each marketplace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.streams import (
    UPPER_ALNUM,
    between,
    number,
    pick,
    shuffled,
    stream,
    token,
    uniforms,
)

BRANDS = {"ja": "ノースウィンド"}
DEFAULT_BRAND = "Northwind"
FEWEST_SKUS, MOST_SKUS = 36, 58  # a seller's catalogue stops growing between these sizes
QUOTED_TYPE = "KNF"  # every seller has a product with a quote mark in its name, as in real unquoted files
TWINS_AT_LEAST = 2  # families also sold from the seller's own warehouse, so that every seller has such orders
_EARLIEST_LAUNCH = date(2020, 3, 1).toordinal()
_OLD_RANGE_UNTIL = date(2023, 1, 1).toordinal()
_LAST_LAUNCH = date(2026, 6, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """One SKU. `base_rate`: order items per day in the largest marketplace; `launch`: ordinal of the first
    selling day.
    """

    sku: str
    asin: str
    parent_asin: str
    fnsku: str
    is_merchant: bool
    category: str
    type_code: str
    variant: str
    usd_price: float
    litres: float
    base_rate: float
    conversion: float
    launch: int

    def title(self, language: str) -> str:
        """The product name in a marketplace's language (non-ASCII, some with a literal quote mark)."""
        row = _product_types()[self.type_code]
        colour = _colours().get(self.variant)
        variant = colour[language] if colour else self.variant
        joined = ", ".join(part for part in (row[language], variant) if part)
        return f"{BRANDS.get(language, DEFAULT_BRAND)} {joined}"

    def unit_price(self, marketplace: Marketplace, ordinal: int) -> int:
        """Price in minor units on a day. It changes by a few per cent each quarter and ends in .99 (yen: in
        80).
        """
        quarter = ordinal // 91
        revision = between(uniforms("price", self.sku, marketplace.country, quarter)[0], 0.94, 1.07)
        local = self.usd_price * marketplace.usd_rate * revision
        if marketplace.decimals == 0:
            return max(80, int(local / 100) * 100 + 80)
        return max(99, int(local) * 100 + 99)

    def fulfilment_fee(self, marketplace: Marketplace) -> int:
        """FBA fee per unit in minor units, by size."""
        minor = (2.6 + 0.45 * self.litres) * marketplace.usd_rate
        return round(minor * 100) if marketplace.decimals else round(minor)


def _product_types() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in tables.rows("product_types")}


def _colours() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in tables.rows("colours")}


def make_catalogue(seed: int, account: str) -> tuple[Listing, ...]:
    """All SKUs of a seller, between 30 and 58, in families of one parent ASIN each."""
    most = int(between(uniforms(seed, account, "catalogue size")[0], FEWEST_SKUS, MOST_SKUS + 1))
    types = shuffled(tables.rows("product_types"), stream(seed, account, "catalogue"))
    types.sort(key=lambda row: row["code"] != QUOTED_TYPE)
    drafts: list[Listing] = []
    for index, row in enumerate(types):
        family = _family(seed, account, row)
        if index < TWINS_AT_LEAST and not any(listing.is_merchant for listing in family):
            family.insert(1, _merchant_twin(family[0]))
        if len(drafts) + len(family) > most:
            break
        drafts.extend(family)
    return tuple(drafts)


def _family(seed: int, account: str, row: dict[str, str]) -> list[Listing]:
    code = row["code"]
    u = uniforms(seed, account, code, "family")
    sizes = [size for size in row["sizes"].split(";") if size]
    variants = sizes or [r["code"] for r in tables.rows("colours")][: 1 + int(u[0] * 4)]
    parent = _asin(seed, account, code, "parent")
    strength = pick(u[1], (6.5, 3.4, 2.2, 1.5, 1.0, 0.6))
    family: list[Listing] = []
    for index, variant in enumerate(variants):
        v = uniforms(seed, account, code, variant, "child")
        alone = len(variants) == 1
        asin = parent if alone else _asin(seed, account, code, variant)
        listing = Listing(
            sku=f"NW-{code}-{number(seed, account, code) % 900 + 100}-{_sku_part(variant)}",
            asin=asin,
            parent_asin=parent,
            fnsku="X00" + token(UPPER_ALNUM, 7, seed, account, code, variant, "fnsku"),
            is_merchant=False,
            category=row["category"],
            type_code=code,
            variant="" if alone else variant,
            usd_price=float(row["usd_price"]) * (1 + 0.22 * index * bool(sizes)),
            litres=float(row["litres"]) * (1 + 0.3 * index * bool(sizes)),
            base_rate=strength * between(v[0], 0.5, 1.3) / (1 + 0.6 * index),
            conversion=between(v[1], 0.06, 0.19),
            launch=_launch(u[2], v[2]),
        )
        family.append(listing)
        if v[3] < 0.16:
            family.append(_merchant_twin(listing))
    return family


def _merchant_twin(listing: Listing) -> Listing:
    """The same ASIN offered a second time, from the seller's own warehouse and under a separate SKU."""
    return Listing(
        sku=f"{listing.sku}-MFN",
        asin=listing.asin,
        parent_asin=listing.parent_asin,
        fnsku="",
        is_merchant=True,
        category=listing.category,
        type_code=listing.type_code,
        variant=listing.variant,
        usd_price=listing.usd_price * 0.97,
        litres=listing.litres,
        base_rate=listing.base_rate * 0.3,
        conversion=listing.conversion * 0.7,
        launch=listing.launch,
    )


def _asin(seed: int, account: str, code: str, variant: str) -> str:
    return "B0" + token(UPPER_ALNUM, 8, seed, account, code, variant, "asin")


def _sku_part(variant: str) -> str:
    return "".join(ch for ch in variant.upper() if ch.isalnum())


def _launch(family: float, child: float) -> int:
    if family < 0.75:
        return int(between(child, _EARLIEST_LAUNCH, _OLD_RANGE_UNTIL))
    return int(between(child, _OLD_RANGE_UNTIL, _LAST_LAUNCH))


def offered(listing: Listing, marketplace: Marketplace, seed: int) -> bool:
    """Whether a listing is offered in a marketplace: large marketplaces have all listings, others most."""
    if marketplace.market_size >= 0.6:
        return True
    return uniforms(seed, listing.sku, marketplace.country, "offered")[0] < 0.85
