"""Campaigns, with what the marts lack: their names, and the margin of the SKUs they advertise."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sellerops.read_models.ads.groups import AdsRow
from sellerops.read_models.queries import Connection, select_mappings
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging, Table, select_table

# The table of an ad product does not exist if its report is not collected.
_PRODUCTS = ("sp", "sb", "sd")


def read_campaigns(connection: Connection, scope: Scope, paging: Paging) -> Table[AdsRow]:
    """Advertising of the scope by campaign. A search matches part of a campaign's name or id."""
    values = {**scope.values(), "named": _campaigns_named(connection, scope, paging)}
    table = select_table(connection, __file__, AdsRow, values, paging, sort="spend")
    rows = with_break_even(connection, scope, with_names(connection, table.rows))
    return table.model_copy(update={"rows": rows})


def with_names(connection: Connection, rows: Sequence[AdsRow]) -> list[AdsRow]:
    """The campaigns with the names they had on their last day; None if no report has it."""
    names: dict[str, str] = {}
    for product in _collected(connection):
        wanted = [row for row in rows if row.ad_product.lower() == product]
        values = {
            "accounts": [row.account_id for row in wanted],
            "marketplaces": [row.marketplace_id for row in wanted],
            "days": [row.last_day for row in wanted],
            "campaigns": [row.campaign_id for row in wanted],
        }
        if wanted:
            found = select_mappings(connection, __file__, f"names_{product}.sql", values)
            names.update({each["campaign_id"]: each["name"] for each in found})
    return [row.model_copy(update={"campaign_name": names.get(row.campaign_id)}) for row in rows]


def with_break_even(connection: Connection, scope: Scope, rows: Sequence[AdsRow]) -> list[AdsRow]:
    """The campaigns with their break-even ACOS.

    It is the margin before advertising of the SKUs that a campaign advertises, weighted by spend, over the
    last 28 days of the scope; None if a SKU or its margin is unknown, and for Sponsored Brands, whose spend
    belongs to no single SKU.
    """
    found: dict[tuple[str, str, str], Decimal | None] = {}
    tables = select_mappings(connection, __file__, "campaign_tables.sql", {})[0]
    for product in ("sp", "sd"):
        wanted = [row for row in rows if row.ad_product.lower() == product]
        values = {
            **scope.values(),
            "accounts": [row.account_id for row in wanted],
            "marketplaces": [row.marketplace_id for row in wanted],
            "campaigns": [row.campaign_id for row in wanted],
        }
        if wanted and tables[f"{product}_products"]:
            for each in select_mappings(connection, __file__, f"margins_{product}.sql", values):
                found[each["account_id"], each["marketplace_id"], each["campaign_id"]] = each["break_even"]
    return [
        row.model_copy(
            update={"break_even_acos": found.get((row.account_id, row.marketplace_id, row.campaign_id))}
        )
        for row in rows
    ]


def _campaigns_named(connection: Connection, scope: Scope, paging: Paging) -> list[str]:
    """Ids of the campaigns whose names contain the search text."""
    values: dict[str, Any] = {**scope.values(), **paging.values()}
    if values["search"] is None:
        return []
    return sorted(
        each["campaign_id"]
        for product in _collected(connection)
        for each in select_mappings(connection, __file__, f"search_{product}.sql", values)
    )


def _collected(connection: Connection) -> list[str]:
    found = select_mappings(connection, __file__, "campaign_tables.sql", {})
    return [product for product in _PRODUCTS if found[0][product]]
