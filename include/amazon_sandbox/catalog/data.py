"""Catalog Items 2022-04-01: usage plans, and the items of a storefront, from what the seller offers there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.catalogue import BRANDS, DEFAULT_BRAND, Listing
from amazon_sandbox.simulation.sizes import size_of
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import number, token

# Usage plans as the descriptions in catalogItems_2022-04-01.json give them.
USAGE_PLANS = {"searchCatalogItems": UsagePlan(2.0, 2), "getCatalogItem": UsagePlan(2.0, 2)}
PATH = "/catalog/2022-04-01/items"
INCLUDED = (
    "attributes", "classifications", "dimensions", "identifiers", "images", "productTypes", "relationships",
    "salesRanks", "summaries", "vendorDetails",
)  # fmt: skip
IDENTIFIER_TYPES = ("ASIN", "EAN", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
MOST_IDENTIFIERS = MOST_KEYWORDS = MOST_RESULTS = 20
USUAL_RESULTS = 10


class Item(NamedTuple):
    """A product of a storefront's catalogue: one that is sold, or (`children`) the parent of a family."""

    asin: str
    listing: Listing
    children: tuple[Listing, ...] = ()

    @property
    def is_parent(self) -> bool:
        """Whether it is a parent, which is not sold itself."""
        return bool(self.children)


def items(storefront: Storefront, today: int) -> list[Item]:
    """The products launched by a day, by ASIN; a family of more than one also has a parent."""
    sold: dict[str, Listing] = {}
    for listing in storefront.listings:
        if listing.launch <= today and (listing.asin not in sold or not listing.is_merchant):
            sold[listing.asin] = listing
    families: dict[str, list[Listing]] = {}
    for listing in sold.values():
        if listing.parent_asin != listing.asin:
            families.setdefault(listing.parent_asin, []).append(listing)
    found = [
        *(Item(asin, listing) for asin, listing in sold.items()),
        *(Item(asin, children[0], tuple(children)) for asin, children in families.items()),
    ]
    return sorted(found, key=lambda item: item.asin)


def described(storefront: Storefront, item: Item, included: Sequence[str], today: int) -> dict[str, Any]:
    """One item with the data that was requested."""
    return {"asin": item.asin, **{name: _PARTS[name](storefront, item, today) for name in included}}


def is_named(storefront: Storefront, item: Item, identifier: str, identifier_type: str) -> bool:
    """Whether the item has this identifier; each SKU of an ASIN counts."""
    if identifier_type == "ASIN":
        return item.asin == identifier
    if identifier_type == "SKU":
        return not item.is_parent and any(
            listing.sku == identifier and listing.asin == item.asin for listing in storefront.listings
        )
    codes = _codes(item) if identifier_type in ("EAN", "UPC", "GTIN") else {}
    return identifier in codes.values() and (
        identifier_type == "GTIN" or codes[identifier_type] == identifier
    )


def title(storefront: Storefront, item: Item) -> str:
    """The name in the marketplace's language; a parent's without a variant."""
    whole = item.listing.title(storefront.marketplace.language)
    return whole.rpartition(", ")[0] or whole if item.is_parent else whole


def _summaries(storefront: Storefront, item: Item, today: int) -> list[dict[str, Any]]:
    listing = item.listing
    summary: dict[str, Any] = {
        "marketplaceId": storefront.marketplace.marketplace_id,
        "adultProduct": False,
        "autographed": False,
        "brand": _brand(storefront),
        "browseClassification": _node(listing),
        "itemClassification": "VARIATION_PARENT" if item.is_parent else "BASE_PRODUCT",
        "itemName": title(storefront, item),
        "manufacturer": "Northwind Trading",
        "memorabilia": False,
        "tradeInEligible": False,
        "websiteDisplayGroup": f"{listing.category}_display_on_website",
        "websiteDisplayGroupName": listing.category.title(),
    }
    if not item.is_parent:
        summary |= {
            "modelNumber": listing.sku.removesuffix("-MFN"),
            "packageQuantity": 1,
            "partNumber": listing.sku.removesuffix("-MFN"),
            "releaseDate": date.fromordinal(listing.launch).isoformat(),
        }
        if listing.variant:
            is_colour = listing.variant.isalpha() and listing.variant.isupper()
            summary["color" if is_colour else "size"] = title(storefront, item).rpartition(", ")[2]
    return [summary]


def _dimensions(storefront: Storefront, item: Item, today: int) -> list[dict[str, Any]]:
    shown: dict[str, Any] = {"marketplaceId": storefront.marketplace.marketplace_id}
    if not item.is_parent:
        size = size_of(item.listing, storefront.marketplace)
        shown["package"] = {
            "height": {"unit": size.side_unit, "value": float(size.shortest)},
            "length": {"unit": size.side_unit, "value": float(size.longest)},
            "weight": {"unit": size.weight_unit, "value": float(size.weight)},
            "width": {"unit": size.side_unit, "value": float(size.median)},
        }
        shown["item"] = {
            name: {"unit": one["unit"], "value": round(one["value"] * 0.9, 2)}
            for name, one in shown["package"].items()
        }
    return [shown]


def _identifiers(storefront: Storefront, item: Item, today: int) -> list[dict[str, Any]]:
    codes = [{"identifierType": name, "identifier": code} for name, code in _codes(item).items()]
    return [{"marketplaceId": storefront.marketplace.marketplace_id, "identifiers": codes}]


def _images(storefront: Storefront, item: Item, today: int) -> list[dict[str, Any]]:
    def image(variant: str) -> dict[str, Any]:
        name = token("abcdefghijklmnopqrstuvwxyz0123456789", 11, item.asin, variant, "image")
        link = f"https://images.example/{name}.jpg"
        return {"variant": variant, "link": link, "height": 1500, "width": 1500}

    images = [image(variant) for variant in ("MAIN", "PT01")]
    return [{"marketplaceId": storefront.marketplace.marketplace_id, "images": images}]


def _product_types(storefront: Storefront, item: Item, today: int) -> list[dict[str, Any]]:
    product_type = item.listing.category.upper()
    return [{"marketplaceId": storefront.marketplace.marketplace_id, "productType": product_type}]


def _relationships(storefront: Storefront, item: Item, today: int) -> list[dict[str, Any]]:
    relations: list[dict[str, Any]] = []
    listing = item.listing
    theme = {"attributes": ["color"], "theme": "COLOR"}
    if item.is_parent:
        children = [child.asin for child in item.children]
        relations = [{"childAsins": children, "variationTheme": theme, "type": "VARIATION"}]
    elif listing.parent_asin != listing.asin:
        relations = [{"parentAsins": [listing.parent_asin], "variationTheme": theme, "type": "VARIATION"}]
    return [{"marketplaceId": storefront.marketplace.marketplace_id, "relationships": relations}]


def _sales_ranks(storefront: Storefront, item: Item, today: int) -> list[dict[str, Any]]:
    """Sales ranks: the higher the demand on the day, the better; parents have none."""
    shown: dict[str, Any] = {"marketplaceId": storefront.marketplace.marketplace_id}
    if not item.is_parent:
        rank = 1 + int(40_000 / (0.05 + storefront.interest(item.listing, today)))
        node = _node(item.listing)
        shown["classificationRanks"] = [
            {
                "classificationId": node["classificationId"],
                "title": node["displayName"],
                "rank": 1 + rank // 60,
            }
        ]
        shown["displayGroupRanks"] = [
            {
                "websiteDisplayGroup": f"{item.listing.category}_display_on_website",
                "title": item.listing.category.title(),
                "rank": rank,
            }
        ]
    return [shown]


def _classifications(storefront: Storefront, item: Item, today: int) -> list[dict[str, Any]]:
    category = item.listing.category
    top = {"displayName": category.title(), "classificationId": str(number(category, "top node") % 10**9)}
    return [
        {
            "marketplaceId": storefront.marketplace.marketplace_id,
            "classifications": [{**_node(item.listing), "parent": top}],
        }
    ]


def _attributes(storefront: Storefront, item: Item, today: int) -> dict[str, Any]:
    marketplace_id = storefront.marketplace.marketplace_id
    return {
        "brand": [{"value": _brand(storefront), "marketplace_id": marketplace_id}],
        "item_name": [{"value": title(storefront, item), "marketplace_id": marketplace_id}],
    }


_PARTS: dict[str, Callable[[Storefront, Item, int], Any]] = {
    "attributes": _attributes,
    "classifications": _classifications,
    "dimensions": _dimensions,
    "identifiers": _identifiers,
    "images": _images,
    "productTypes": _product_types,
    "relationships": _relationships,
    "salesRanks": _sales_ranks,
    "summaries": _summaries,
}


def _brand(storefront: Storefront) -> str:
    return BRANDS.get(storefront.marketplace.language, DEFAULT_BRAND)


def _node(listing: Listing) -> dict[str, str]:
    """The browse node of a product type."""
    return {
        "displayName": listing.type_code.title(),
        "classificationId": str(number(listing.type_code, "browse node") % 10**9),
    }


def _codes(item: Item) -> dict[str, str]:
    """EAN and UPC, with their check digits; a parent has none."""
    if item.is_parent:
        return {}
    upc = _with_check_digit(f"7{number(item.asin, 'upc') % 10**10:010d}")
    return {"EAN": f"0{upc}", "UPC": upc}


def _with_check_digit(digits: str) -> str:
    total = sum(int(digit) * (3, 1)[index % 2] for index, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"
