"""Hand-made rows of marts and landing tables, which the tests need only some columns of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg import sql

from sellerops.base.reader_role import grant_table
from sellerops.destinations.postgres.mart_store import PostgresMartStore
from sellerops.destinations.shape import TableShape
from sellerops.marts.specs import load_mart
from sellerops.settings.specs import load_spec
from sellerops.settings.specs.sql_types import SQL_TYPES

Row = Mapping[str, Any]


def add_rows(conninfo: str, table: str, rows: Iterable[Row]) -> None:
    """Insert rows into ``<schema>.<table>``; columns that a row lacks are null."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for row in rows:
            connection.execute(
                sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(*table.split(".")),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(sql.Literal(value) for value in row.values()),
                )
            )


def make_marts(conninfo: str, names: Iterable[str]) -> None:
    """The empty tables of marts."""
    store = PostgresMartStore(conninfo)
    for name in names:
        store.ensure(load_mart(name).table)


def make_landing_table(conninfo: str, report: str) -> None:
    """The empty main table of a report, without its keys; the reader may select from it."""
    shape = TableShape(load_spec(report), report)
    columns = {**shape.system_types, **shape.data_types}
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(shape.schema_name))
        )
        connection.execute(
            sql.SQL("CREATE TABLE {} ({})").format(
                sql.Identifier(shape.schema_name, shape.name),
                sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(SQL_TYPES[kind]))
                    for name, kind in columns.items()
                ),
            )
        )
        grant_table(connection, shape.schema_name, shape.name)
