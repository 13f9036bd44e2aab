"""Copies rows into a temporary table while the next rows are read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pyarrow as pa
from psycopg import sql

from sellerops.base.postgres import BoundedConnection
from sellerops.destinations.postgres.copy_text import copy_columns, copy_options, copy_text
from sellerops.destinations.prefetch import Prefetch
from sellerops.formats.rows import Rows, TextRows


class Staging:
    """The staging table of one load: a typed temporary table in its connection's session."""

    identifier = sql.Identifier("pg_temp", "staged")

    def __init__(self, connection: BoundedConnection[Any]) -> None:
        self._connection = connection
        self.columns: dict[str, pa.DataType] = {}

    def create(self, schema: pa.Schema) -> None:
        """Create the table with the columns of ``schema``."""
        definitions = [
            sql.SQL("{} {}").format(sql.Identifier(each.name), _sql_type(each.type)) for each in schema
        ]
        self._connection.execute(
            sql.SQL("CREATE TEMP TABLE {} ({}){}").format(
                self.identifier,
                sql.SQL(", ").join(definitions),
                # A pooler passes the session on to the next client, together with the table.
                sql.SQL(" ON COMMIT DROP" if self._connection.is_pooled else ""),
            )
        )
        self.columns = {each.name: each.type for each in schema}

    def fill(self, chunks: Iterable[Rows]) -> int:
        """Copy all rows; returns how many the server accepted. Errors of ``chunks`` propagate unchanged."""
        copied = 0
        with Prefetch(chunks) as batches:
            for columns, run in groupby(batches, key=_target):
                copied += self._copy(columns, run)
        return copied

    def _copy(self, target: tuple[bytes, tuple[str, ...]], run: Iterable[Rows]) -> int:
        end, columns = target
        statement = sql.SQL("COPY {} ({}) FROM STDIN ({})").format(
            self.identifier, sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(copy_options())
        )
        rows = iter(run)
        first = next(rows)
        self._widen(first)
        with self._connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                copy.write(copy_text(first, end))
                for each in rows:
                    copy.write(copy_text(each, end))
            return cursor.rowcount

    def _widen(self, rows: Rows) -> None:
        """Add columns that appeared while reading."""
        if isinstance(rows, TextRows):
            return
        for each in rows.schema:
            if each.name not in self.columns:
                self._connection.execute(
                    sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(
                        self.identifier, sql.Identifier(each.name), _sql_type(each.type)
                    )
                )
                self.columns[each.name] = each.type


def _target(rows: Rows) -> tuple[bytes, tuple[str, ...]]:
    """What two chunks must have in common to share a COPY: line end and columns."""
    return (rows.end if isinstance(rows, TextRows) else b"\n"), copy_columns(rows)


def _sql_type(kind: pa.DataType) -> sql.SQL:
    if pa.types.is_decimal(kind):
        return sql.SQL("numeric")
    if pa.types.is_timestamp(kind):
        return sql.SQL("timestamptz")
    names = {pa.string(): "text", pa.int64(): "bigint", pa.date32(): "date", pa.bool_(): "boolean"}
    return sql.SQL(names[kind])
