"""The parameters of AWD calls, validated as Amazon's model requires."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.awd import data
from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.sp_api import queries


class Inventory(NamedTuple):
    """A valid listInventory call."""

    sku: str | None
    is_descending: bool
    details: bool
    size: int
    token: str | None
    arguments: dict[str, Any]


class Shipments(NamedTuple):
    """A valid listInboundShipments call; both bounds are included."""

    by_update: bool
    is_descending: bool
    status: str | None
    after: datetime | None
    before: datetime | None
    size: int
    token: str | None
    arguments: dict[str, Any]


def read_inventory(query: QueryParams) -> Inventory:
    """Read a listInventory call. Raises ApiError."""
    return Inventory(
        queries.text(query, "sku"),
        _is_descending(query, "ASCENDING"),
        queries.choice(query, "details", ("SHOW", "HIDE"), "HIDE") == "SHOW",
        _size(query),
        queries.text(query, "nextToken"),
        _arguments(query),
    )


def read_shipments(query: QueryParams) -> Shipments:
    """Read a listInboundShipments call. Raises ApiError."""
    after, before = queries.instant(query, "updatedAfter"), queries.instant(query, "updatedBefore")
    if after is not None and before is not None and before < after:
        raise invalid_input("updatedBefore must not be earlier than updatedAfter")
    return Shipments(
        queries.choice(query, "sortBy", ("UPDATED_AT", "CREATED_AT"), "UPDATED_AT") == "UPDATED_AT",
        _is_descending(query, "DESCENDING"),
        queries.choice(query, "shipmentStatus", data.STATUSES),
        after,
        before,
        _size(query),
        queries.text(query, "nextToken"),
        _arguments(query),
    )


def read_with_skus(query: QueryParams) -> bool:
    """Whether getInboundShipment is to include the SKUs. Raises ApiError."""
    return queries.choice(query, "skuQuantities", ("SHOW", "HIDE"), "HIDE") == "SHOW"


def _is_descending(query: QueryParams, default: str) -> bool:
    return queries.choice(query, "sortOrder", ("ASCENDING", "DESCENDING"), default) == "DESCENDING"


def _size(query: QueryParams) -> int:
    return queries.integer(query, "maxResults", 1, data.MOST_RESULTS, data.USUAL_RESULTS)


def _arguments(query: QueryParams) -> dict[str, Any]:
    return {name: query[name] for name in query if name != "nextToken"}
