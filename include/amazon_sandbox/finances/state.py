"""The parameters of listTransactions, validated as Amazon's model and documentation require."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.finances import data
from amazon_sandbox.simulation import Seller
from amazon_sandbox.sp_api import queries

# Only these of the related identifiers can be searched for.
_SEARCHABLE = ("FINANCIAL_EVENT_GROUP_ID", "ORDER_ID")
_ORDER_ID = re.compile(r"\d{3}-\d{7}-\d{7}")
_GROUP_ID = re.compile(r"\d{1,15}")
# How far back related identifiers are searched without a time.
_LOOKED_AT = timedelta(days=60)


class Call(NamedTuple):
    """A valid call. `is_empty`: Amazon returns nothing for it; `arguments`: what its pages share."""

    wanted: data.TransactionFilter
    marketplace_ids: tuple[str, ...]
    is_empty: bool
    token: str | None
    arguments: dict[str, Any]


def read(query: QueryParams, seller: Seller, now: datetime) -> Call:
    """Read a listTransactions call. Raises ApiError."""
    after, before = queries.instant(query, "postedAfter"), queries.instant(query, "postedBefore")
    name = queries.choice(query, "relatedIdentifierName", _SEARCHABLE)
    value = queries.text(query, "relatedIdentifierValue")
    if (name is None) != (value is None):
        raise invalid_input("relatedIdentifierName and relatedIdentifierValue go together")
    if after is None and name is None:
        raise queries.missing("postedAfter")
    latest = now - data.JUST_NOW
    for parameter, moment in (("postedAfter", after), ("postedBefore", before)):
        if moment is not None and moment > latest:
            raise invalid_input(f"{parameter} must be more than two minutes before now", query[parameter])
    end = before or latest
    start = after or end - _LOOKED_AT
    if start >= end:
        raise invalid_input("postedBefore must be later than postedAfter")
    marketplace_ids = queries.own_marketplaces(query, "marketplaceId", seller, most=1)
    is_known = not value or bool((_ORDER_ID if name == "ORDER_ID" else _GROUP_ID).fullmatch(value))
    wanted = data.TransactionFilter(
        int(start.timestamp()),
        int(end.timestamp()),
        queries.choice(query, "transactionStatus", data.STATUSES),
        value if name == "FINANCIAL_EVENT_GROUP_ID" else None,
        value if name == "ORDER_ID" else None,
    )
    return Call(
        wanted,
        marketplace_ids or seller.marketplace_ids,
        end - start > data.LONGEST_SPAN or not is_known,
        queries.text(query, "nextToken"),
        {parameter: query[parameter] for parameter in query if parameter != "nextToken"},
    )
