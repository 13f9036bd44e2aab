"""The parameters of catalogue calls, validated as Amazon's model requires."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.catalog import data
from amazon_sandbox.core.answers import FORBIDDEN, invalid_input
from amazon_sandbox.simulation import Seller
from amazon_sandbox.sp_api import queries


class Search(NamedTuple):
    """A valid searchCatalogItems call: by identifiers of a type, or by keywords."""

    marketplace_id: str
    included: tuple[str, ...]
    identifiers: tuple[str, ...]
    identifier_type: str
    keywords: tuple[str, ...]
    brands: tuple[str, ...]
    classification_ids: tuple[str, ...]
    size: int
    token: str | None
    arguments: dict[str, Any]


def read_search(query: QueryParams, seller: Seller) -> Search:
    """Read a searchCatalogItems call. Raises ApiError."""
    identifiers = queries.texts(query, "identifiers", most=data.MOST_IDENTIFIERS)
    keywords = queries.texts(query, "keywords", most=data.MOST_KEYWORDS)
    kind = queries.choice(query, "identifiersType", data.IDENTIFIER_TYPES)
    if bool(identifiers) == bool(keywords):
        raise invalid_input("Exactly one of identifiers and keywords is needed")
    if identifiers and kind is None:
        raise queries.missing("identifiersType")
    brands = queries.texts(query, "brandNames")
    nodes = queries.texts(query, "classificationIds")
    if identifiers and (brands or nodes or "keywordsLocale" in query):
        raise invalid_input("brandNames, classificationIds and keywordsLocale go with keywords only")
    if kind == "SKU" and queries.needed(query, "sellerId") != seller.seller_id:
        raise FORBIDDEN
    return Search(
        read_marketplace(query, seller),
        read_included(query),
        identifiers,
        kind or "ASIN",
        keywords,
        brands,
        nodes,
        queries.integer(query, "pageSize", 1, data.MOST_RESULTS, data.USUAL_RESULTS),
        queries.text(query, "pageToken"),
        {name: query[name] for name in query if name != "pageToken"},
    )


def read_marketplace(query: QueryParams, seller: Seller) -> str:
    """The only marketplace of the call. Raises ApiError."""
    queries.needed(query, "marketplaceIds")
    return queries.own_marketplaces(query, "marketplaceIds", seller, most=1)[0]


def read_included(query: QueryParams) -> tuple[str, ...]:
    """The data sets; those for vendors are refused. Raises ApiError."""
    included = tuple(dict.fromkeys(queries.choices(query, "includedData", data.INCLUDED))) or ("summaries",)
    if "vendorDetails" in included:
        raise FORBIDDEN
    return included
