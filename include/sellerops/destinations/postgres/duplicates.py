"""Rows of one document with the same key: they are numbered by content, or all but one are rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from sellerops.destinations.postgres.shape import Shape, column, identifiers
from sellerops.settings.specs import ColumnType

Connection = psycopg.Connection[Any]
TABLE = sql.Identifier("load_duplicate")


@dataclass(frozen=True)
class Duplicates:
    """How many staged rows share a key (``TABLE`` has their ordinals), and how many of them lose."""

    rows: int = 0
    losing: int = 0


def find_duplicates(
    connection: Connection, shape: Shape, staging: sql.Identifier, staged: frozenset[str]
) -> Duplicates:
    """Find the staged rows that share a key; they go to ``TABLE (source_line, ordinal, loses)``.

    If rows with equal keys are kept, they are numbered by content, so the order of lines does not matter.
    Otherwise the row with the latest version wins; among equal versions, the last row of the file.
    """
    key = shape.staged_key
    if "source_line" in key:
        return Duplicates()
    keyed = sql.SQL("SELECT {key} FROM {staging} GROUP BY {key} HAVING count(*) > 1").format(
        key=identifiers(key), staging=staging
    )
    if not _may_share(connection, key, staging):
        return Duplicates()
    connection.execute(
        sql.SQL(
            """
            CREATE TEMP TABLE {table} ON COMMIT DROP AS
            WITH k AS ({keyed}),
            shared AS (
                SELECT s.source_line, {s_key}, {version} AS load_version, {item} AS load_item,
                       {content} AS load_content
                FROM {staging} s JOIN k ON {same}
            ),
            judged AS (SELECT *, {loses} AS loses FROM shared)
            SELECT source_line, loses, CASE WHEN loses THEN 1 ELSE {ordinal} END AS ordinal FROM judged
            """
        ).format(
            table=TABLE,
            keyed=keyed,
            staging=staging,
            s_key=identifiers(key, "s"),
            same=sql.SQL(" AND ").join(_same(name) for name in key),
            version=version_of(shape, "s", staged),
            item=item_of(shape, "s", staged),
            content=content_of(shape, "s") if shape.keeps_equal_rows else sql.SQL("NULL::text"),
            loses=_loses(shape, key),
            ordinal=_ordinal(shape, key),
        )
    )
    row = connection.execute(
        sql.SQL("SELECT count(*), count(*) FILTER (WHERE loses) FROM {}").format(TABLE)
    ).fetchone()
    assert row is not None
    return Duplicates(int(row[0]), int(row[1]))


def _may_share(connection: Connection, key: Sequence[str], staging: sql.Identifier) -> bool:
    """Whether two keys share a hash. Sorting hashes takes only two thirds of the time of grouping keys."""
    row = connection.execute(
        sql.SQL("SELECT count(*) > count(DISTINCT hash_record_extended(ROW({}), 0)) FROM {}").format(
            identifiers(key), staging
        )
    ).fetchone()
    return bool(row and row[0])


def reject_duplicates(connection: Connection, shape: Shape, staging: sql.Identifier, load_id: int) -> None:
    """Write the losing rows to the ledger's rejects as JSON, without personal columns."""
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
    """The row's version, which sorts the same way in every database."""
    version = shape.table.version
    if version is None or (qualifier == "s" and version not in staged):
        return sql.SQL("NULL::text")
    return column(version, qualifier) + _collation(shape, version)


def item_of(shape: Shape, qualifier: str, staged: frozenset[str]) -> sql.Composable:
    """The row's line in its unit, from ``ordinal_by``; empty if the document does not name it."""
    by = shape.table.ordinal_by
    if by is None or (qualifier == "s" and by not in staged):
        return sql.SQL("''::text")
    return sql.SQL("coalesce({}::text, '')").format(column(by, qualifier))


def content_of(shape: Shape, qualifier: str, beside: Sequence[str] = ()) -> sql.Composable:
    """A row's content as text, without nulls, personal columns, system columns and the columns ``beside``."""
    left_out = [*shape.system, *shape.table.personal_columns, *beside]
    return sql.SQL('(jsonb_strip_nulls(to_jsonb({}.*) - {}::text[])::text COLLATE "C")').format(
        sql.Identifier(qualifier), sql.Literal(left_out)
    )


def _loses(shape: Shape, key: Sequence[str]) -> sql.Composable:
    """Whether a row loses to another row of the document."""
    if shape.has_ordinal:
        return sql.SQL("false")
    return sql.SQL(
        "row_number() OVER (PARTITION BY {} ORDER BY load_version DESC NULLS LAST, source_line DESC) > 1"
    ).format(identifiers(key))


def _ordinal(shape: Shape, key: Sequence[str]) -> sql.Composable:
    if not shape.has_ordinal:
        return sql.SQL("1")
    return sql.SQL(
        "(row_number() OVER (PARTITION BY {key}, loses "
        "ORDER BY load_item = '', load_item COLLATE \"C\", load_content, source_line))::integer"
    ).format(key=identifiers(key))


def _same(name: str) -> sql.Composable:
    if name == "marketplace_id":
        return sql.SQL("coalesce(s.marketplace_id, '') = coalesce(k.marketplace_id, '')")
    return sql.SQL("s.{0} = k.{0}").format(column(name))


def _collation(shape: Shape, name: str) -> sql.SQL:
    return sql.SQL(' COLLATE "C"' if shape.table.columns[name].type is ColumnType.TEXT else "")
