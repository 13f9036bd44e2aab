"""Landing tables: created and widened on demand. Columns are added and never dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from sellerops.base.errors import ConfigurationError
from sellerops.base.reader_role import grant_table, lock_schema
from sellerops.base.table_locks import limit_lock_waits, with_tables_locked
from sellerops.destinations.descriptions import column_description, table_description
from sellerops.destinations.postgres.catalog import existing_columns
from sellerops.destinations.postgres.shape import LONGEST_NAME, PERSONAL_SUFFIX, Shape, column, identifiers
from sellerops.views import views_over
from sellerops.views.postgres import refresh_views, view_names

Connection = psycopg.Connection[Any]
MOST_COLUMNS = 1600


def ensure_table(connection: Connection, shape: Shape) -> list[str]:
    """Create or widen the table of ``shape``; returns the added columns.

    It uses a short transaction of its own under the table's DDL lock: concurrent callers wait for each other
    and never interrupt a running load. Raises ConfigurationError when the columns do not fit into one table,
    TableInUse when other sessions keep using the table.
    """
    if not lacking_columns(shape, existing_columns(connection, shape)):
        return []
    return with_tables_locked(
        connection,
        [(shape.schema_name, shape.name)],
        lambda: _make_or_widen(connection, shape),
        # Not locked beforehand: locking a view also locks the other tables that it reads.
        beside=view_names(shape.full_name),
    )


def lacking_columns(shape: Shape, existing: Mapping[str, str]) -> list[str]:
    """The columns of ``shape`` that are not in ``existing``."""
    return [name for name in shape.columns if name not in existing]


def make_key(connection: Connection, shape: Shape) -> None:
    """Create the unique index that enforces the table's grain."""
    connection.execute(
        sql.SQL("CREATE UNIQUE INDEX {} ON {} ({}) NULLS NOT DISTINCT").format(
            sql.Identifier(shape.index_name), shape.identifier, identifiers(shape.key)
        )
    )


def _make_or_widen(connection: Connection, shape: Shape) -> list[str]:
    before = existing_columns(connection, shape)
    lacking = lacking_columns(shape, before)
    _refuse_too_many(connection, shape, len(lacking))
    if not before:
        _create(connection, shape)
    elif lacking:
        additions = [
            sql.SQL("ADD COLUMN {} {}").format(column(name), sql.SQL(shape.columns[name])) for name in lacking
        ]
        connection.execute(
            sql.SQL("ALTER TABLE {} {}").format(shape.identifier, sql.SQL(", ").join(additions))
        )
        connection.execute(_column_comments(shape, lacking))
    if lacking:
        with limit_lock_waits(connection):
            refresh_views(connection, views_over(shape.full_name))
    return lacking


def _refuse_too_many(connection: Connection, shape: Shape, more: int) -> None:
    """Raise ConfigurationError beyond Postgres' limit of columns, which counts dropped ones."""
    row = connection.execute(
        "SELECT coalesce(max(attnum), 0), count(*) FILTER (WHERE attisdropped) FROM pg_attribute "
        "JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE nspname = %s AND relname = %s AND attnum > 0",
        (shape.schema_name, shape.name),
    ).fetchone()
    used, dropped = row or (0, 0)
    if used + more <= MOST_COLUMNS:
        return
    was = f" (dropped ones count: {dropped})" if dropped else ""
    raise ConfigurationError(
        f"it has {used} columns{was}; {more} more exceed Postgres' limit of {MOST_COLUMNS}.",
        where=f"table {shape.full_name}",
        remedy="Nothing was stored. If the document has names as keys, read them as `rows` of a separate "
        "table in the spec; or declare a table with another name and only the columns you need.",
    )


def _create(connection: Connection, shape: Shape) -> None:
    _refuse_long_name(shape)
    definitions = [
        sql.SQL("{} {}{}").format(
            column(name),
            sql.SQL(kind),
            sql.SQL(" NOT NULL" if name in shape.system and not shape.is_nullable(name) else ""),
        )
        for name, kind in shape.columns.items()
    ]
    _make_schema(connection, shape)
    connection.execute(
        sql.SQL("CREATE TABLE {} ({})").format(shape.identifier, sql.SQL(", ").join(definitions))
    )
    make_key(connection, shape)
    _make_day_index(connection, shape)
    if not shape.name.endswith(PERSONAL_SUFFIX):
        grant_table(connection, shape.schema_name, shape.name)
    describe_table(connection, shape)


def describe_table(connection: Connection, shape: Shape) -> None:
    """Write the spec's descriptions of the table and its columns into the database."""
    table = sql.SQL("COMMENT ON TABLE {} IS {}")
    connection.execute(table.format(shape.identifier, sql.Literal(table_description(shape) or None)))
    connection.execute(_column_comments(shape, list(shape.columns)))


def _column_comments(shape: Shape, names: Sequence[str]) -> sql.Composed:
    """One statement per column, all sent together."""
    comment = sql.SQL("COMMENT ON COLUMN {}.{} IS {}")
    return sql.SQL("; ").join(
        comment.format(shape.identifier, column(name), sql.Literal(column_description(shape, name)))
        for name in names
    )


def _make_day_index(connection: Connection, shape: Shape) -> None:
    """Create an index for counting and deleting an account's days, if the key's index cannot serve that."""
    if shape.is_replaced and shape.day and shape.day not in shape.key[:3]:
        connection.execute(
            sql.SQL("CREATE INDEX ON {} (account_id, {})").format(shape.identifier, column(shape.day))
        )


def _make_schema(connection: Connection, shape: Shape) -> None:
    """Create the schema under a lock, because another table's load may create it too."""
    lock_schema(connection, shape.schema_name)
    there = connection.execute("SELECT to_regnamespace(quote_ident(%s))", (shape.schema_name,)).fetchone()
    if there is None or there[0] is None:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(shape.schema_name)))


def _refuse_long_name(shape: Shape) -> None:
    """Raise ConfigurationError for a name that Postgres would truncate and then not find."""
    for name in (shape.schema_name, shape.name, *shape.columns):
        if len(name.encode()) > LONGEST_NAME:
            raise ConfigurationError(
                f"the name `{name}` has {len(name.encode())} bytes; Postgres' limit is {LONGEST_NAME}.",
                where=f"table {shape.full_name}",
                remedy="Give it a shorter name in the spec.",
            )
