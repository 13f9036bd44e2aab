"""searchCatalogItems and getCatalogItem."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.catalog import data, state
from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint, storefront_of


async def search_catalog_items(call: Operation) -> Answer:
    """Items by identifier or by keywords in their names. Unknown identifiers are left out."""
    sandbox, now = call.sandbox, call.sandbox.clock.now()
    wanted = state.read_search(call.request.query_params, call.caller)
    call.marketplace_ids = (wanted.marketplace_id,)
    first, as_of = 0, now
    if wanted.token is not None:
        resumed = read_next_token(sandbox, call.name, wanted.arguments, wanted.token, name="pageToken")
        first, as_of = resumed.position[0], resumed.as_of
    storefront = storefront_of(call, wanted.marketplace_id)
    today = storefront.marketplace.day_of_epoch(int(as_of))
    found = [
        item
        for item in await asyncio.to_thread(data.items, storefront, today)
        if _is_wanted(wanted, storefront, item)
    ]
    page = found[first : first + wanted.size]
    body: dict[str, Any] = {
        "numberOfResults": len(found),
        "items": [data.described(storefront, item, wanted.included, today) for item in page],
    }
    pagination = {}
    for name, first_row in (("nextToken", first + wanted.size), ("previousToken", first - wanted.size)):
        if 0 <= first_row < len(found):
            pagination[name] = next_token(sandbox, call.name, wanted.arguments, [first_row], as_of)
    if pagination:
        body["pagination"] = pagination
    if wanted.keywords:
        body["refinements"] = {"brands": [], "classifications": []}
    return 200, body


def _is_wanted(wanted: state.Search, storefront: Storefront, item: data.Item) -> bool:
    """Whether an item matches the search."""
    if wanted.identifiers:
        return any(data.is_named(storefront, item, one, wanted.identifier_type) for one in wanted.identifiers)
    summary = data.described(storefront, item, ("summaries",), 0)["summaries"][0]
    return (
        any(word.lower() in summary["itemName"].lower() for word in wanted.keywords)
        and (not wanted.brands or summary["brand"] in wanted.brands)
        and (
            not wanted.classification_ids
            or summary["browseClassification"]["classificationId"] in wanted.classification_ids
        )
    )


async def get_catalog_item(call: Operation) -> Answer:
    """One item of a storefront."""
    query, asin = call.request.query_params, call.request.path_params["asin"]
    included = state.read_included(query)
    marketplace_id = state.read_marketplace(query, call.caller)
    call.marketplace_ids = (marketplace_id,)
    storefront = storefront_of(call, marketplace_id)
    today = storefront.marketplace.day_of_epoch(int(call.sandbox.clock.now()))
    for item in await asyncio.to_thread(data.items, storefront, today):
        if item.asin == asin:
            return 200, data.described(storefront, item, included, today)
    raise ApiError(404, "NOT_FOUND", "Requested item not found in the marketplace.", asin[:100])


def _find_subject(call: Operation) -> None:
    call.marketplace_ids = tuple(call.request.query_params.get("marketplaceIds", "").split(","))


routes: list[BaseRoute] = [
    Route(data.PATH, endpoint("searchCatalogItems", search_catalog_items, _find_subject), methods=["GET"]),
    Route(
        f"{data.PATH}/{{asin}}", endpoint("getCatalogItem", get_catalog_item, _find_subject), methods=["GET"]
    ),
]
