"""The parameters of inbound calls, validated as Amazon's model and documentation require."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import ApiError, invalid_input
from amazon_sandbox.inbound import data
from amazon_sandbox.simulation import Seller
from amazon_sandbox.sp_api import queries

_ID = re.compile(r"[a-zA-Z0-9-]{38}")
_OPERATION_ID = re.compile(r"[a-zA-Z0-9-]{36,38}")


class Plans(NamedTuple):
    """A valid listInboundPlans call."""

    size: int
    token: str | None
    status: str | None
    by_update: bool
    is_descending: bool
    arguments: dict[str, Any]


class Items(NamedTuple):
    """A valid listInboundPlanItems call."""

    size: int
    token: str | None
    arguments: dict[str, Any]


class Shipments(NamedTuple):
    """A valid v0 list: bounds in UTC epoch seconds, both included; without `statuses` and `ids`: all. A call
    for the next page has only the `token`.
    """

    marketplace_id: str
    start: int
    end: int
    statuses: frozenset[str]
    ids: frozenset[str]
    token: str | None


def read_plans(query: QueryParams) -> Plans:
    """Read a listInboundPlans call. Raises ApiError."""
    by = queries.choice(query, "sortBy", ("LAST_UPDATED_TIME", "CREATION_TIME"), "CREATION_TIME")
    order = queries.choice(query, "sortOrder", ("ASC", "DESC"), "DESC")
    return Plans(
        queries.integer(query, "pageSize", 1, data.MOST_PLANS, data.USUAL_SIZE),
        _token(query),
        queries.choice(query, "status", data.PLAN_STATUSES),
        by == "LAST_UPDATED_TIME",
        order == "DESC",
        _arguments(query),
    )


def read_items(query: QueryParams) -> Items:
    """Read a listInboundPlanItems call. Raises ApiError."""
    size = queries.integer(query, "pageSize", 1, data.MOST_ITEMS, data.USUAL_SIZE)
    return Items(size, _token(query), _arguments(query))


def checked_id(name: str, value: str) -> str:
    """An id of the path. Raises ApiError."""
    if not _ID.fullmatch(value):
        raise invalid_input(f"Invalid value for {name}", value[:100])
    return value


def checked_operation_id(name: str, value: str) -> str:
    """An id of the path that has 36 to 38 characters. Raises ApiError."""
    if not _OPERATION_ID.fullmatch(value):
        raise invalid_input(f"Invalid value for {name}", value[:100])
    return value


def not_found(name: str, value: str) -> ApiError:
    """The error for an unknown id."""
    return ApiError(404, "NotFound", "Resource not found.", f"{name} {value[:100]}")


def read_shipments(query: QueryParams, seller: Seller) -> Shipments:
    """A getShipments call. Raises ApiError."""
    kind = _kind(query, ("SHIPMENT", "DATE_RANGE", "NEXT_TOKEN"))
    marketplace_id = _marketplace_of(query, seller)
    statuses = queries.choices(query, "ShipmentStatusList", data.V0_STATUSES)
    ids = queries.texts(query, "ShipmentIdList", most=999)
    if kind == "NEXT_TOKEN":
        return Shipments(marketplace_id, 0, 0, frozenset(), frozenset(), queries.needed(query, "NextToken"))
    if not statuses and not ids:
        # The model requires it with SHIPMENT only; Amazon also refuses a DATE_RANGE without it.
        raise invalid_input("At least one of ShipmentStatusList and ShipmentIdList must be provided")
    start, end = _range(query) if kind == "DATE_RANGE" else (0, _ALWAYS)
    return Shipments(marketplace_id, start, end, frozenset(statuses), frozenset(ids), None)


def read_shipment_items(query: QueryParams, seller: Seller) -> Shipments:
    """A getShipmentItems call. Raises ApiError."""
    kind = _kind(query, ("DATE_RANGE", "NEXT_TOKEN"))
    marketplace_id = _marketplace_of(query, seller)
    if kind == "NEXT_TOKEN":
        return Shipments(marketplace_id, 0, 0, frozenset(), frozenset(), queries.needed(query, "NextToken"))
    return Shipments(marketplace_id, *_range(query), frozenset(), frozenset(), None)


_ALWAYS = 1 << 40


def _kind(query: QueryParams, known: tuple[str, ...]) -> str:
    queries.needed(query, "QueryType")
    return queries.choice(query, "QueryType", known) or ""


def _marketplace_of(query: QueryParams, seller: Seller) -> str:
    queries.needed(query, "MarketplaceId")
    return queries.own_marketplaces(query, "MarketplaceId", seller, most=1)[0]


def _range(query: QueryParams) -> tuple[int, int]:
    after, before = (queries.instant(query, name) for name in ("LastUpdatedAfter", "LastUpdatedBefore"))
    if after is None or before is None:
        raise queries.missing("LastUpdatedAfter" if after is None else "LastUpdatedBefore")
    if before < after:
        raise invalid_input("LastUpdatedBefore must not be earlier than LastUpdatedAfter")
    return int(after.timestamp()), int(before.timestamp())


def _token(query: QueryParams) -> str | None:
    return query.get("paginationToken") or None


def _arguments(query: QueryParams) -> dict[str, Any]:
    return {name: query[name] for name in query if name != "paginationToken"}
