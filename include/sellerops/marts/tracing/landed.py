"""Rows of landed and reference tables from which a figure was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import physical_name
from sellerops.marts.tracing.inputs import FigureInput
from sellerops.marts.tracing.keys import columns_of, conditions

Connection = psycopg.Connection[Any]
_LIMIT = "SET LOCAL statement_timeout = '2s'"
# Columns that distinguish rows of landed tables, if a table has them.
_TELLING = (
    "account_id", "marketplace_id", "date", "day", "posted_date", "purchase_date", "snapshot_at", "sku",
    "seller_sku", "msku", "asin", "amazon_order_id", "order_id", "transaction_id", "transaction_type",
    "breakdown_path", "settlement_id", "campaign_id", "fee_type_name",
)  # fmt: skip


@dataclass(frozen=True)
class InputRows:
    """One page of an input's rows, every cell as text. ``has_more``: there are further pages.

    ``exists``: the table is in this warehouse and the hub may read it. ``load_ids``: the load of each row,
    None for rows without one. ``too_many``: searching the table took too long.
    """

    columns: list[str]
    rows: list[list[str | None]]
    load_ids: list[int | None]
    has_more: bool
    exists: bool = True
    too_many: bool = False


def read_input_rows(
    connection: Connection, mart: MartSpec, found: FigureInput, *, limit: int, offset: int
) -> InputRows:
    """The rows of a landed or reference table that a figure of ``mart`` reads, newest load first.

    These are all rows with the figure's keys and days; the mart's SELECT may use only some of them.
    """
    table = physical_name(found.name)
    columns = _columns(connection, table)
    if not columns:
        return InputRows([], [], [], has_more=False, exists=False)
    given = mart.inputs[found.name]
    where, values = conditions(found.keys, columns, day=given.day, moment=given.moment)
    if given.since and found.keys.last_day:
        values["since"] = found.keys.last_day
        begun = sql.SQL("t.{} <= {}").format(sql.Identifier(given.since), sql.Placeholder("since"))
        joiner = sql.SQL(" AND ") if where.as_string(connection) else sql.SQL(" WHERE ")
        where = sql.SQL("{}{}{}").format(where, joiner, begun)
    shown = [name for name in dict.fromkeys((*_telling(given.column), *found.columns)) if name in columns]
    loads = sql.SQL("t.load_id") if "load_id" in columns else sql.SQL("NULL::bigint")
    try:
        with connection.transaction():
            connection.execute(_LIMIT)
            with connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(
                    sql.SQL("SELECT {}, {} AS load_id FROM {} AS t{} ORDER BY {} LIMIT {} OFFSET {}").format(
                        columns_of(shown),
                        loads,
                        sql.Identifier(*table.split(".")),
                        where,
                        sql.SQL("{} DESC NULLS LAST, {}").format(loads, columns_of(shown)),
                        sql.Literal(limit + 1),
                        sql.Literal(offset),
                    ),
                    values,
                ).fetchall()
    except psycopg.errors.QueryCanceled:
        return InputRows(shown, [], [], has_more=False, too_many=True)
    page = rows[:limit]
    return InputRows(
        columns=shown,
        rows=[[None if row[name] is None else str(row[name]) for name in shown] for row in page],
        load_ids=[row["load_id"] for row in page],
        has_more=len(rows) > limit,
    )


def _telling(day: str | None) -> tuple[str, ...]:
    return (*_TELLING, *([day] if day else []))


def _columns(connection: Connection, table: str) -> frozenset[str]:
    """The columns that this role may read."""
    schema, _, name = table.partition(".")
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
        (schema, name),
    )
    return frozenset(row[0] for row in rows)
