"""The parameters of a search for orders, in either version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import FORBIDDEN, invalid_input
from amazon_sandbox.orders import data
from amazon_sandbox.orders.data import Search
from amazon_sandbox.simulation import Seller
from amazon_sandbox.sp_api import queries

STATUSES = {
    "PENDING_AVAILABILITY": "",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "",
    "SHIPPED": "Shipped",
    "CANCELLED": "Cancelled",
    "UNFULFILLABLE": "",
}
V0_STATUSES = {
    "PendingAvailability": "",
    "Pending": "Pending",
    "Unshipped": "Unshipped",
    "PartiallyShipped": "",
    "Shipped": "Shipped",
    "InvoiceUnconfirmed": "",
    "Canceled": "Cancelled",
    "Unfulfillable": "",
}
INCLUDED = (
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES",
    "TAX", "PAYMENT", "FULFILLMENT_ORDERS",
)  # fmt: skip
_PERSONAL = ("BUYER", "RECIPIENT")


class SearchRequest(NamedTuple):
    """A valid search. `ends_at`: the end as the response states it; `arguments`: what its pages share."""

    search: Search
    marketplace_ids: tuple[str, ...]
    ends_at: datetime
    included: frozenset[str]
    size: int
    token: str | None
    arguments: dict[str, Any]


class _Names(NamedTuple):
    created_after: str
    created_before: str
    updated_after: str
    updated_before: str
    marketplace_ids: str
    size: str
    token: str


_NEW = _Names(
    "createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "marketplaceIds",
    "maxResultsPerPage", "paginationToken",
)  # fmt: skip
_V0 = _Names(
    "CreatedAfter", "CreatedBefore", "LastUpdatedAfter", "LastUpdatedBefore", "MarketplaceIds",
    "MaxResultsPerPage", "NextToken",
)  # fmt: skip


def read_search(query: QueryParams, seller: Seller, now: datetime) -> SearchRequest:
    """A searchOrders call. Raises ApiError."""
    statuses = queries.choices(query, "fulfillmentStatuses", STATUSES)
    parties = queries.choices(query, "fulfilledBy", ("MERCHANT", "AMAZON"))
    included = queries.choices(query, "includedData", INCLUDED)
    if set(included) & set(_PERSONAL):
        # Personal data needs a role that no application has in the sandbox.
        raise FORBIDDEN
    return _wanted(
        _NEW, query, seller, now, _known(statuses, STATUSES), _merchant(parties, "MERCHANT"),
        frozenset(included),
    )  # fmt: skip


def read_v0(query: QueryParams, seller: Seller, now: datetime) -> SearchRequest:
    """A getOrders call of v0. Raises ApiError."""
    queries.needed(query, "MarketplaceIds")
    statuses = queries.choices(query, "OrderStatuses", V0_STATUSES)
    channels = queries.choices(query, "FulfillmentChannels", ("AFN", "MFN"))
    ids = frozenset(queries.texts(query, "AmazonOrderIds", most=50))
    wanted = _wanted(
        _V0, query, seller, now, _known(statuses, V0_STATUSES), _merchant(channels, "MFN"), frozenset()
    )
    return wanted._replace(search=wanted.search._replace(ids=ids))


def _wanted(
    names: _Names,
    query: QueryParams,
    seller: Seller,
    now: datetime,
    statuses: frozenset[str],
    is_merchant: bool | None,
    included: frozenset[str],
) -> SearchRequest:
    marketplace_ids = queries.own_marketplaces(query, names.marketplace_ids, seller, most=50)
    by_update, start, end = _window(names, query, now)
    search = Search(by_update, int(start.timestamp()), int(end.timestamp()), statuses, is_merchant)
    arguments = {name: ",".join(sorted(query.getlist(name))) for name in query if name != names.token}
    return SearchRequest(
        search,
        marketplace_ids or seller.marketplace_ids,
        end,
        included,
        queries.integer(query, names.size, 1, data.MOST_RESULTS, data.MOST_RESULTS),
        queries.text(query, names.token),
        arguments,
    )


def _window(names: _Names, query: QueryParams, now: datetime) -> tuple[bool, datetime, datetime]:
    created, updated = (
        queries.instant(query, names.created_after),
        queries.instant(query, names.updated_after),
    )
    if (created is None) == (updated is None):
        raise invalid_input(f"Exactly one of {names.created_after} and {names.updated_after} is needed")
    if created is not None:
        start, end_name, others = created, names.created_before, (names.updated_before,)
    else:
        assert updated is not None
        start, end_name, others = updated, names.updated_before, (names.created_before,)
    wrong = [name for name in others if name in query]
    if wrong:
        raise invalid_input(f"{wrong[0]} does not go with {end_name.replace('Before', 'After')}")
    end = queries.instant(query, end_name)
    if end is not None and end > now - data.JUST_NOW:
        raise invalid_input(f"{end_name} must be at least two minutes before now", query[end_name])
    if end is not None and end < start:
        raise invalid_input(f"{end_name} must be equal to or after {end_name.replace('Before', 'After')}")
    if end is None and start > now:
        raise invalid_input(f"{end_name.replace('Before', 'After')} must not be in the future")
    return updated is not None, start, end or now - data.JUST_NOW


def _known(values: tuple[str, ...], names: Mapping[str, str]) -> frozenset[str]:
    """The simulation's statuses; one that no simulated order ever has matches nothing."""
    return frozenset(names[value] or "none" for value in values)


def _merchant(values: tuple[str, ...], merchant: str) -> bool | None:
    return None if len(set(values)) != 1 else values[0] == merchant
