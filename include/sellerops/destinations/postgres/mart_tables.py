"""The tables of marts in Postgres: comparing, creating, widening and replacing them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from sellerops.base.errors import ConfigurationError
from sellerops.base.reader_role import grant_table, lock_schema
from sellerops.destinations.mart_store import MARTS, MartTable
from sellerops.settings.specs.sql_types import SQL_TYPES

Connection = psycopg.Connection[Any]
# Suffix of the table that a whole rebuild fills before it replaces the old one.
NEW = "__new"
# From this many rows, a scan for the rows of a load or day takes long enough to notice.
LARGE = 100_000
_RANGES = {
    "bigint": "int8_minmax_multi_ops",
    "date": "date_minmax_multi_ops",
    "timestamp with time zone": "timestamptz_minmax_multi_ops",
}


@dataclass(frozen=True)
class Made:
    """A mart's table as it is: types by column, and the columns of its key, in order."""

    types: Mapping[str, str]
    key: tuple[str, ...]


def made(connection: Connection, table: MartTable) -> Made | None:
    """The table as it is; None if it does not exist."""
    rows = connection.execute(
        "SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute AS a "
        "WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped",
        (_regclass(table.name),),
    ).fetchall()
    key = connection.execute(
        "SELECT a.attname FROM pg_index AS i "
        "CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (number, place) "
        "JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number "
        "WHERE i.indrelid = to_regclass(%s) AND i.indisunique ORDER BY k.place",
        (_regclass(table.name),),
    ).fetchall()
    return Made(dict(rows), tuple(name for (name,) in key)) if rows else None


def fits(connection: Connection, table: MartTable) -> bool:
    """Whether the table has the mart's columns, types and key."""
    return made(connection, table) == Made(_types(table), table.key)


def without_range_index(
    connection: Connection, wanted: Mapping[str, Collection[str]]
) -> list[tuple[str, str, str]]:
    """Columns of large tables that lack a BRIN index: table, column, operator class.

    Invalid BRIN indexes are dropped.
    """
    rows = connection.execute(
        "SELECT n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, NULL), "
        "i.indexrelid::regclass::text, i.indisvalid "
        "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "LEFT JOIN (pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid "
        "JOIN pg_am AS m ON m.oid = x.relam AND m.amname = 'brin') "
        "ON i.indrelid = c.oid AND i.indkey[0] = a.attnum "
        "WHERE n.nspname || '.' || c.relname = ANY(%s) AND c.relkind = 'r' AND c.reltuples >= %s",
        (list(wanted), LARGE),
    ).fetchall()
    lacking = []
    for table, column, kind, index, is_valid in rows:
        if index and not is_valid:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(index)))
        if column in wanted[table] and not is_valid:
            lacking.append((table, column, _RANGES[kind]))
    return lacking


def make(connection: Connection, table: MartTable, suffix: str = "") -> None:
    """Create the table ``<name><suffix>`` without indexes, which are built faster once it is filled."""
    lock_schema(connection, MARTS)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(MARTS)))
    name = sql.Identifier(MARTS, table.name + suffix)
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
    needed = {"account_id", table.day}
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}{}").format(
            sql.Identifier(each), sql.SQL(kind), sql.SQL(" NOT NULL" if each in needed else "")
        )
        for each, kind in _types(table).items()
    )
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, columns))


def finish(connection: Connection, table: MartTable, suffix: str = "") -> None:
    """Index, describe and grant the table ``<name><suffix>``, and give it the mart's name.

    Its key treats nulls as equal, so that no row can be stored twice.
    """
    name = sql.Identifier(MARTS, table.name + suffix)
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    connection.execute(sql.SQL("CREATE UNIQUE INDEX ON {} ({}) NULLS NOT DISTINCT").format(name, key))
    partition = [
        "account_id",
        *(["marketplace_id"] if table.has_marketplace else []),
        *([table.day] if table.day else []),
    ]
    if table.key[: len(partition)] != tuple(partition):
        spans = sql.SQL(", ").join(map(sql.Identifier, partition))
        connection.execute(sql.SQL("CREATE INDEX ON {} ({})").format(name, spans))
    for each in map(sql.Identifier, table.lookup_days):
        connection.execute(sql.SQL("CREATE INDEX ON {} (account_id, {})").format(name, each))
    for each in map(sql.Identifier, table.full_text):
        words = sql.SQL("CREATE INDEX ON {} USING gin (to_tsvector('simple', {}))")
        connection.execute(words.format(name, each))
    if suffix:
        own = sql.Identifier(MARTS, table.name)
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(own))
        connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(name, sql.Identifier(table.name)))
    # Readers' plans need these statistics; autovacuum would come a minute late.
    connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(MARTS, table.name)))
    _describe(connection, table)
    grant_table(connection, MARTS, table.name)


def widen(connection: Connection, table: MartTable) -> None:
    """Create the table, or add the columns it lacks.

    Raises ConfigurationError when a type or the key differs.
    """
    there = made(connection, table)
    if there is None:
        make(connection, table)
        finish(connection, table)
        return
    wanted = _types(table)
    changed = [name for name, kind in wanted.items() if there.types.get(name, kind) != kind]
    if changed or there.key != table.key:
        what = f"the type of {', '.join(changed)}" if changed else "its grain"
        raise ConfigurationError(
            f"{what} has changed, but its rows are computed and kept: they cannot be rebuilt.",
            where=f"mart {table.name}",
            remedy=f"Undo the change of include/marts/{table.name}.sql, or give the mart another name. "
            f"If you do not need the rows: `DROP TABLE {MARTS}.{table.name}`, then clear the task.",
        )
    name = sql.Identifier(MARTS, table.name)
    for each in wanted.keys() - there.types.keys():
        connection.execute(
            sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}").format(
                name, sql.Identifier(each), sql.SQL(wanted[each])
            )
        )
    _describe(connection, table)


def _describe(connection: Connection, table: MartTable) -> None:
    name = sql.Identifier(MARTS, table.name)
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(table.description)))
    for each, (_, text) in table.columns.items():
        connection.execute(
            sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(name, sql.Identifier(each), sql.Literal(text))
        )


def _types(table: MartTable) -> dict[str, str]:
    return {name: SQL_TYPES[kind] for name, (kind, _) in table.columns.items()}


def _regclass(name: str) -> str:
    return f'"{MARTS}"."{name}"'
