"""Stored recommendations: what to order, and a purchase order as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TextIO

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.destinations.mart_store import MARTS

Connection = psycopg.Connection[Any]
Row = Mapping[str, Any]
ORDER_COLUMNS = (
    "supplier", "route", "sku", "fnsku", "marketplace", "quantity", "cartons", "case_pack", "unit_cost",
    "currency", "total", "order_by", "expected_on",
)  # fmt: skip


def newest_proposals(
    connection: Connection,
    *,
    account_id: str | None = None,
    marketplace_id: str | None = None,
    sku: str | None = None,
) -> list[dict[str, Any]]:
    """The rows of the newest day of mart ``restock`` of each account, the most urgent first.

    Empty while the mart has not been built.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        exists = cursor.execute("SELECT to_regclass(%s) AS name", (f"{MARTS}.restock",)).fetchone()
        if not exists or exists["name"] is None:
            return []
        return cursor.execute(
            sql.SQL(
                "SELECT r.* FROM {mart} AS r "
                "JOIN (SELECT account_id, max(day) AS day FROM {mart} GROUP BY 1) AS n "
                "USING (account_id, day) WHERE (%(account)s::text IS NULL OR r.account_id = %(account)s) "
                "AND (%(place)s::text IS NULL OR r.marketplace_id = %(place)s) "
                "AND (%(sku)s::text IS NULL OR r.sku = %(sku)s) "
                "ORDER BY r.order_by NULLS LAST, r.lost_margin DESC NULLS LAST, "
                "r.lost_units DESC NULLS LAST, r.sku"
            ).format(mart=sql.Identifier(MARTS, "restock")),
            {"account": account_id, "place": marketplace_id, "sku": sku},
        ).fetchall()


def newest_proposal(
    connection: Connection, account_id: str, marketplace_id: str, sku: str
) -> dict[str, Any] | None:
    """The newest row of a SKU, found by the mart's index; None if nothing has been recommended for it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT r.* FROM {mart} AS r "
                "WHERE r.account_id = %(account)s AND r.marketplace_id = %(place)s AND r.sku = %(sku)s "
                "AND r.day = (SELECT max(n.day) FROM {mart} AS n "
                "WHERE n.account_id = %(account)s AND n.marketplace_id = %(place)s)"
            ).format(mart=sql.Identifier(MARTS, "restock")),
            {"account": account_id, "place": marketplace_id, "sku": sku},
        ).fetchone()


def write_order(rows: Sequence[Row], marketplaces: Mapping[str, str], file: TextIO) -> int:
    """Write what ``due`` selects as CSV and return the number of lines. Quantities of 0 are left out.

    :param marketplaces: code by id.
    """
    writer = csv.DictWriter(file, ORDER_COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in due(rows):
        writer.writerow(order_line(row, marketplaces))
        count += 1
    return count


def due(rows: Iterable[Row]) -> list[Row]:
    """Rows to order: due within a week, or set by a person."""
    return [
        row
        for row in rows
        if row["order_quantity"]
        and (row["order_status"] in ("order_now", "soon") or row["override_quantity"] is not None)
    ]


def order_line(row: Row, marketplaces: Mapping[str, str]) -> dict[str, Any]:
    """One line of a purchase order, with the columns ``ORDER_COLUMNS``."""
    today, order_by = row["day"], row["order_by"] or row["day"]
    arrives: date = max(today, order_by) + timedelta(days=round(row["lead_time_days"]))
    return {
        "supplier": row["supplier"],
        "route": row["route"],
        "sku": row["sku"],
        "fnsku": row["fnsku"],
        "marketplace": marketplaces.get(row["marketplace_id"], row["marketplace_id"]),
        "quantity": row["order_quantity"],
        "cartons": -(-row["order_quantity"] // max(1, row["case_pack"] or 1)),
        "case_pack": row["case_pack"],
        "unit_cost": row["unit_cost"],
        "currency": row["currency"],
        "total": row["cash_needed"],
        "order_by": order_by,
        "expected_on": arrives,
    }
