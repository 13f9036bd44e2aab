"""Landing tables, made and widened on demand. Columns are added and never dropped."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from sellerops.destinations.postgres.shape import PERSONAL_SUFFIX, Shape, column, identifiers
from sellerops.errors import ConfigurationError
from sellerops.ledger.reading import grant_table

Connection = psycopg.Connection[Any]


def ensure_table(connection: Connection, shape: Shape) -> list[str]:
    """Make or widen the table of ``shape``; returns the columns that were not there before.

    One short transaction of its own under an advisory lock: callers at the same time wait for each other, and
    a running load is never met halfway. Raises ConfigurationError when a column has another type than the
    spec says.
    """
    if not _lacking(shape, existing_columns(connection, shape)):
        return []
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('sellerops.ddl', 0))")
        before = existing_columns(connection, shape)
        lacking = _lacking(shape, before)
        if not before:
            _create(connection, shape)
            if not shape.name.endswith(PERSONAL_SUFFIX):
                grant_table(connection, shape.schema_name, shape.name)
        else:
            for name in lacking:
                connection.execute(
                    sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}").format(
                        shape.identifier, column(name), sql.SQL(shape.columns[name])
                    )
                )
                _comment_column(connection, shape, name)
        return lacking


def existing_columns(connection: Connection, shape: Shape) -> dict[str, str]:
    """Columns of the table as it stands and their SQL types, in order; empty when there is no table."""
    rows = connection.execute(
        """
        SELECT attname, format_type(atttypid, atttypmod)
        FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = %s AND relname = %s AND attnum > 0 AND NOT attisdropped
        ORDER BY attnum
        """,
        (shape.schema_name, shape.name),
    ).fetchall()
    return dict(rows)


def _lacking(shape: Shape, existing: dict[str, str]) -> list[str]:
    for name, kind in shape.columns.items():
        if existing.get(name, kind) != kind:
            raise ConfigurationError(
                f"the column `{name}` is {existing[name]} in the table and {kind} in the spec.",
                where=f"table {shape.full_name}",
                remedy=f"Correct the spec, or convert the column: ALTER TABLE {shape.full_name} "
                f"ALTER COLUMN {name} TYPE {kind} USING {name}::{kind}.",
            )
    return [name for name in shape.columns if name not in existing]


def _create(connection: Connection, shape: Shape) -> None:
    definitions = [
        sql.SQL("{} {}{}").format(
            column(name),
            sql.SQL(kind),
            sql.SQL(" NOT NULL" if name in shape.system and not shape.is_nullable(name) else ""),
        )
        for name, kind in shape.columns.items()
    ]
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(shape.schema_name)))
    connection.execute(
        sql.SQL("CREATE TABLE {} ({})").format(shape.identifier, sql.SQL(", ").join(definitions))
    )
    connection.execute(
        sql.SQL("CREATE UNIQUE INDEX {} ON {} ({}) NULLS NOT DISTINCT").format(
            sql.Identifier(f"{shape.name}_key"), shape.identifier, identifiers(shape.key)
        )
    )
    _make_day_index(connection, shape)
    if shape.table.description:
        connection.execute(
            sql.SQL("COMMENT ON TABLE {} IS {}").format(
                shape.identifier, sql.Literal(shape.table.description)
            )
        )
    for name in shape.columns:
        _comment_column(connection, shape, name)


def _make_day_index(connection: Connection, shape: Shape) -> None:
    """For counting and deleting days of an account, where the key does not lead to them."""
    if shape.is_replaced and shape.day and shape.day not in shape.key[:3]:
        connection.execute(
            sql.SQL("CREATE INDEX ON {} (account_id, {})").format(shape.identifier, column(shape.day))
        )


def _comment_column(connection: Connection, shape: Shape, name: str) -> None:
    declared = shape.table.columns.get(name)
    if declared is None:
        return
    text = " ".join(filter(None, [declared.description, "Personal data." if declared.personal else ""]))
    if text:
        connection.execute(
            sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(shape.identifier, column(name), sql.Literal(text))
        )
