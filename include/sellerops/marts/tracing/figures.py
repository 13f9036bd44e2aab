"""A figure and the rows of a mart whose sum it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.marts.specs import MartSpec
from sellerops.marts.tracing.keys import Keys, columns_of, conditions
from sellerops.settings.mart_tables import MARTS
from sellerops.settings.specs import ColumnType

Connection = psycopg.Connection[Any]
# Units whose sums mean nothing.
_NOT_ADDED = {
    "ratio", "percent", "days", "weeks", "origins", "currency per unit", "units per day", "",
}  # fmt: skip
_NUMBERS = (ColumnType.DECIMAL, ColumnType.INTEGER)


@dataclass(frozen=True)
class Sum:
    """The sum of rows of one currency (empty: not money). ``value`` is None if no value is known or the rows
    cannot be added. ``unknown``: rows without a value.
    """

    currency: str
    value: Decimal | None
    rows: int
    unknown: int


@dataclass(frozen=True)
class FigureRow:
    """A row of the mart: the columns of its grain as text, the figure's value, and how complete it is."""

    keys: dict[str, str]
    value: str | None
    currency: str
    status: str
    missing: list[str]


@dataclass(frozen=True)
class Figure:
    """``sums``: one per currency. ``rows``: one page of ``row_count`` rows. ``parts``: for a single row of a
    computed mart, all its columns that have a value.
    """

    sums: list[Sum]
    rows: list[FigureRow]
    row_count: int
    parts: dict[str, str]


def read_figure(
    connection: Connection, mart: MartSpec, column: str, keys: Keys, *, limit: int, offset: int
) -> Figure:
    """Read the rows of a mart that ``keys`` selects. Raises ConfigurationError for an unknown column."""
    keys.check(mart, column)
    # A mart that is not partitioned by day may still have days, as `owed` does.
    where, values = conditions(keys, mart.columns, day=mart.day or "day")
    table = sql.Identifier(MARTS, mart.name)
    currency = _currency(mart, column)
    shown = sql.SQL("t.{}").format(sql.Identifier(currency)) if currency else sql.SQL("''")
    with connection.cursor(row_factory=dict_row) as cursor:
        totals = cursor.execute(
            sql.SQL(
                "SELECT coalesce({currency}, '') AS currency, count(*) AS rows, count(t.{column}) AS known, "
                "{total} AS value FROM {table} AS t{where} GROUP BY 1 ORDER BY 1"
            ).format(
                currency=shown,
                column=sql.Identifier(column),
                total=_total(mart, column),
                table=table,
                where=where,
            ),
            values,
        ).fetchall()
        sums = [
            Sum(each["currency"], each["value"], each["rows"], each["rows"] - each["known"])
            for each in totals
        ]
        count = sum(each.rows for each in sums)
        found = cursor.execute(
            sql.SQL(
                "SELECT t.* FROM {table} AS t{where} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
            ).format(
                table=table,
                where=where,
                order=_order(mart, column),
                limit=sql.Literal(limit),
                offset=sql.Literal(offset),
            ),
            values,
        ).fetchall()
    rows = [_row(mart, column, currency, each) for each in found]
    parts = _parts(mart, found[0]) if mart.computed and count == 1 and found else {}
    if count == 1 and found and sums[0].value is None and isinstance(found[0][column], int | Decimal):
        sums = [Sum(sums[0].currency, Decimal(found[0][column]), 1, 0)]
    return Figure(sums, rows, count, parts)


def _currency(mart: MartSpec, column: str) -> str | None:
    """The column with the currency of a column; None if it is not money or there is no such column."""
    if not mart.columns[column].unit.startswith("currency"):
        return None
    wanted = "reporting_currency" if column.endswith("_reporting") else "currency"
    return wanted if wanted in mart.columns else None


def _total(mart: MartSpec, column: str) -> sql.Composable:
    spec = mart.columns[column]
    if spec.type not in _NUMBERS or spec.unit in _NOT_ADDED:
        return sql.SQL("NULL::numeric")
    return sql.SQL("sum(t.{})").format(sql.Identifier(column))


def _order(mart: MartSpec, column: str) -> sql.Composable:
    keys = columns_of(mart.grain)
    if mart.columns[column].type not in _NUMBERS:
        return keys
    return sql.SQL("abs(t.{}) DESC NULLS FIRST, {}").format(sql.Identifier(column), keys)


def _row(mart: MartSpec, column: str, currency: str | None, row: dict[str, Any]) -> FigureRow:
    value = row[column]
    return FigureRow(
        keys={name: "" if row[name] is None else str(row[name]) for name in mart.grain},
        value=None if value is None else str(value),
        currency=(row[currency] or "") if currency else "",
        status=row.get("status") or "",
        missing=[word for word in (row.get("missing") or "").split(", ") if word],
    )


def _parts(mart: MartSpec, row: dict[str, Any]) -> dict[str, str]:
    return {name: str(row[name]) for name in mart.columns if row[name] is not None and str(row[name])}
