"""Reads a landing table's current state from Postgres' catalogue."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from sellerops.destinations.differences import (
    LandedTable,
    differences,
    for_empty_table,
    refuse_differences,
    stored_definition,
)
from sellerops.destinations.postgres.shape import PERSONAL_SUFFIX, Shape
from sellerops.settings.specs import ColumnType
from sellerops.settings.specs.sql_types import SQL_TYPES

Connection = psycopg.Connection[Any]
DESTINATION = "postgres"
# Only `ordinal` is an integer in Postgres.
_KINDS = {**{name: kind for kind, name in SQL_TYPES.items()}, "integer": ColumnType.INTEGER}


def table_columns(connection: Connection, shape: Shape) -> list[tuple[str, str, bool]]:
    """Each column's name, SQL type and whether it refuses null, in order; empty if there is no table."""
    return connection.execute(
        """
        SELECT attname, format_type(atttypid, atttypmod), attnotnull
        FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = %s AND relname = %s AND attnum > 0 AND NOT attisdropped
        ORDER BY attnum
        """,
        (shape.schema_name, shape.name),
    ).fetchall()


def existing_columns(connection: Connection, shape: Shape) -> dict[str, str]:
    """The table's columns and their SQL types, in order; empty if the table does not exist."""
    return {name: kind for name, kind, _ in table_columns(connection, shape)}


def landed_table(connection: Connection, shape: Shape) -> LandedTable | None:
    """The table with the name of ``shape``; None if it does not exist."""
    columns = table_columns(connection, shape)
    if not columns:
        return None
    key = _key(connection, shape)
    return LandedTable(
        types={name: _KINDS.get(kind) for name, kind, _ in columns},
        sql_types={name: kind for name, kind, _ in columns},
        not_null=frozenset(name for name, _, is_not_null in columns if is_not_null),
        key=key[1] if key else (),
        definition=stored_definition(connection, DESTINATION, shape.full_name),
        personal=_personal_columns(connection, shape),
    )


def refuse_mismatched_table(connection: Connection, shape: Shape, *, where: str) -> None:
    """Raise ConfigurationError if the existing table was created for another spec."""
    landed = landed_table(connection, shape)
    found = differences(shape, landed) if landed else []
    if found and not _has_rows(connection, shape):
        found = for_empty_table(found)
    refuse_differences(shape, found, destination=DESTINATION, where=where)


def drop_key(connection: Connection, shape: Shape) -> None:
    """Drop the unique index of the table's grain, whichever columns it has."""
    found = _key(connection, shape)
    if found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(shape.schema_name, found[0])))


def _has_rows(connection: Connection, shape: Shape) -> bool:
    row = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(shape.identifier)).fetchone()
    return bool(row and row[0])


def _personal_columns(connection: Connection, shape: Shape) -> frozenset[str]:
    """The columns of its table of personal data, as the last load registered them."""
    row = connection.execute(
        "SELECT columns FROM sellerops.personal_table WHERE table_name = %s",
        (f"{shape.full_name}{PERSONAL_SUFFIX}",),
    ).fetchone()
    return frozenset(row[0]) if row else frozenset()


def _key(connection: Connection, shape: Shape) -> tuple[str, tuple[str, ...]] | None:
    """Name and columns of the unique index that enforces the table's grain."""
    row = connection.execute(
        """
        SELECT own.relname,
               (SELECT array_agg(attname ORDER BY place)
                FROM unnest(indkey::int2[]) WITH ORDINALITY AS part (num, place)
                JOIN pg_attribute ON attrelid = indrelid AND attnum = num)
        FROM pg_index
        JOIN pg_class AS own ON own.oid = indexrelid
        JOIN pg_class AS landing ON landing.oid = indrelid
        JOIN pg_namespace ON pg_namespace.oid = landing.relnamespace
        WHERE nspname = %s AND landing.relname = %s AND indisunique AND indisvalid AND indnullsnotdistinct
        ORDER BY own.relname = %s DESC, own.relname
        LIMIT 1
        """,
        (shape.schema_name, shape.name, shape.index_name),
    ).fetchone()
    return (row[0], tuple(row[1])) if row else None
