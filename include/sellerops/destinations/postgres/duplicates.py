"""Rows of one document with the same key: numbered by ordinal, or all but the last refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from sellerops.destinations.postgres.shape import Shape, column, identifiers
from sellerops.specs import ColumnType

Connection = psycopg.Connection[Any]
TABLE = sql.Identifier("load_duplicate")


@dataclass(frozen=True)
class Duplicates:
    """How many staged rows share a key (``TABLE`` tells their ordinals), and how many of them lose."""

    rows: int = 0
    losing: int = 0


def find_duplicates(
    connection: Connection, shape: Shape, staging: sql.Identifier, staged: frozenset[str]
) -> Duplicates:
    """Look at the keys of all staged rows; those shared go to ``TABLE (source_line, ordinal, loses)``.

    Of rows with the same key and ordinal the one with the latest version wins, then the last of the file.
    """
    key = shape.staged_key
    if "source_line" in key:
        return Duplicates()
    keyed = sql.SQL("SELECT {key} FROM {staging} GROUP BY {key} HAVING count(*) > 1").format(
        key=identifiers(key), staging=staging
    )
    if connection.execute(keyed + sql.SQL(" LIMIT 1")).fetchone() is None:
        return Duplicates()
    connection.execute(
        sql.SQL(
            """
            CREATE TEMP TABLE {table} ON COMMIT DROP AS
            WITH k AS ({keyed}),
            numbered AS (
                SELECT s.source_line, {s_key}, {version} AS load_version, ({ordinal})::integer AS load_ordinal
                FROM {staging} s JOIN k ON {same}
            )
            SELECT source_line, load_ordinal AS ordinal,
                   row_number() OVER (
                       PARTITION BY {key}, load_ordinal
                       ORDER BY load_version DESC NULLS LAST, source_line DESC
                   ) > 1 AS loses
            FROM numbered
            """
        ).format(
            table=TABLE,
            keyed=keyed,
            staging=staging,
            key=identifiers(key),
            s_key=identifiers(key, "s"),
            same=sql.SQL(" AND ").join(_same(name) for name in key),
            version=version_of(shape, "s", staged),
            ordinal=_ordinal(shape, key, staged),
        )
    )
    row = connection.execute(
        sql.SQL("SELECT count(*), count(*) FILTER (WHERE loses) FROM {}").format(TABLE)
    ).fetchone()
    assert row is not None
    return Duplicates(int(row[0]), int(row[1]))


def reject_duplicates(connection: Connection, shape: Shape, staging: sql.Identifier, load_id: int) -> None:
    """Write the rows that lose to the ledger's rejects, as JSON, without personal columns."""
    connection.execute(
        sql.SQL(
            "INSERT INTO sellerops.rejected_row (load_id, source_line, reason, column_name, value, raw_line) "
            "SELECT %s, s.source_line, 'duplicate_key', {names}, concat_ws(' ', {key}), "
            "(to_jsonb(s) - 'source_line' - %s::text[])::text "
            "FROM {staging} s JOIN {table} d ON d.source_line = s.source_line AND d.loses"
        ).format(
            names=sql.Literal(", ".join(shape.staged_key)),
            key=identifiers(shape.staged_key, "s"),
            staging=staging,
            table=TABLE,
        ),
        (load_id, list(shape.table.personal_columns)),
    )


def version_of(shape: Shape, qualifier: str, staged: frozenset[str]) -> sql.Composable:
    """The row's version, comparable the same way in every database."""
    version = shape.table.version
    if version is None or (qualifier == "s" and version not in staged):
        return sql.SQL("NULL::text")
    return column(version, qualifier) + _collation(shape, version)


def _ordinal(shape: Shape, key: Sequence[str], staged: frozenset[str]) -> sql.Composable:
    by = shape.table.ordinal_by
    if shape.is_hashed or (by and by not in staged):
        return sql.SQL("row_number() OVER (PARTITION BY {} ORDER BY s.source_line)").format(
            identifiers(key, "s")
        )
    if by is None:
        return sql.SQL("1")
    # Rows without the number cannot be told apart by it: each counts for itself, behind those that have one.
    return sql.SQL(
        "dense_rank() OVER (PARTITION BY {key} ORDER BY s.{by}{collation} NULLS LAST, "
        "CASE WHEN s.{by} IS NULL THEN s.source_line END)"
    ).format(key=identifiers(key, "s"), by=column(by), collation=_collation(shape, by))


def _same(name: str) -> sql.Composable:
    if name == "marketplace_id":
        return sql.SQL("coalesce(s.marketplace_id, '') = coalesce(k.marketplace_id, '')")
    return sql.SQL("s.{0} = k.{0}").format(column(name))


def _collation(shape: Shape, name: str) -> sql.SQL:
    return sql.SQL(' COLLATE "C"' if shape.table.columns[name].type is ColumnType.TEXT else "")
