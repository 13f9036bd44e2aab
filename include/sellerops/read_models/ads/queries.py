"""Search queries, paid and organic, of the weeks that overlap the scope."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel

from sellerops.read_models.profit.told import MissingWords
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging, Table, select_table


class QueriesBy(StrEnum):
    """``QUERY``: all your ASINs together; ``ASIN``: Amazon's figures for each ASIN."""

    QUERY = "query"
    ASIN = "asin"


class SearchQuery(BaseModel):
    """A search query in a marketplace, summed over its weeks, which begin on Sundays.

    ``*_total``: all products, yours included; they are not summed over queries or ASINs. ``paid_*``:
    Sponsored Products for the same text; None if no ads are reported. Organic figures are yours minus the
    paid ones, at least 0.
    """

    account_id: str
    marketplace_id: str
    search_query: str
    asin: str
    currency: str
    weeks: int
    first_week: date
    last_week: date
    search_volume: int | None
    impressions_total: int | None
    impressions: int | None
    impression_share: Decimal | None
    clicks_total: int | None
    clicks: int | None
    click_share: Decimal | None
    purchases_total: int | None
    purchases: int | None
    purchase_share: Decimal | None
    paid_clicks: int | None
    paid_orders: int | None
    paid_spend: Decimal | None
    paid_sales: Decimal | None
    acos: Decimal | None
    organic_clicks: int | None
    organic_purchases: int | None
    warning: str
    status: str
    missing: MissingWords


def read_queries(connection: Connection, scope: Scope, paging: Paging, by: QueriesBy) -> Table[SearchQuery]:
    """Search queries of the scope. A search matches part of a query or an ASIN."""
    values = {**scope.values(), "by": by.value}
    return select_table(connection, __file__, SearchQuery, values, paging, sort="purchases")
