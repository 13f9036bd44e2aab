"""Rows into an unlogged table of their own, by Arrow's binary COPY, while the next ones are still being read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import psycopg
import pyarrow as pa
from psycopg import sql

from sellerops.destinations.ahead import Ahead
from sellerops.errors import RetryableError

SCHEMA = "sellerops_staging"
Connection = psycopg.Connection[Any]


class Staging:
    """The staging table of one load. It lives as long as ``connection`` holds its lock; see ``clear_orphans``."""

    def __init__(self, connection: Connection, conninfo: str, load_id: int) -> None:
        self._connection = connection
        self._conninfo = conninfo
        self.name = f"load_{load_id}"
        self.columns: dict[str, pa.DataType] = {}

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(SCHEMA, self.name)

    def create(self, schema: pa.Schema) -> None:
        """Make the table with the columns of ``schema``."""
        _ensure_schema(self._connection)
        self._connection.execute(
            "SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"{SCHEMA}.{self.name}",)
        )
        definitions = [
            sql.SQL("{} {}").format(sql.Identifier(each.name), _sql_type(each.type)) for each in schema
        ]
        self._connection.execute(
            sql.SQL("CREATE UNLOGGED TABLE {} ({}) WITH (autovacuum_enabled = false)").format(
                self.identifier, sql.SQL(", ").join(definitions)
            )
        )
        self.columns = {each.name: each.type for each in schema}

    def fill(self, batches: Iterable[pa.RecordBatch], *, where: str) -> int:
        """Copy all batches; returns how many rows the table then holds. Errors of ``batches`` pass unchanged."""
        with Ahead(batches) as ahead:
            try:
                with (
                    adbc_driver_postgresql.dbapi.connect(self._conninfo) as connection,
                    connection.cursor() as cursor,
                ):
                    for schema, run in groupby(ahead, key=lambda batch: batch.schema):
                        self._widen(schema)
                        reader = pa.RecordBatchReader.from_batches(schema, run)
                        cursor.adbc_ingest(self.name, reader, mode="append", db_schema_name=SCHEMA)
                    connection.commit()
            except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
                if ahead.error is not None:
                    raise ahead.error from None
                raise RetryableError(
                    f"the rows did not reach Postgres: {_first_line(error)}.", where=where
                ) from error
        counted = self._connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(self.identifier)
        ).fetchone()
        assert counted is not None
        return int(counted[0])

    def drop(self) -> None:
        """Remove the table and give back its lock."""
        self._connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(self.identifier))
        self._connection.execute(
            "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (f"{SCHEMA}.{self.name}",)
        )

    def _widen(self, schema: pa.Schema) -> None:
        for each in schema:
            if each.name not in self.columns:
                self._connection.execute(
                    sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(
                        self.identifier, sql.Identifier(each.name), _sql_type(each.type)
                    )
                )
                self.columns[each.name] = each.type


def clear_orphans(connection: Connection) -> list[str]:
    """Drop staging tables whose load died; their lock is free. Returns their names."""
    names = [
        name
        for (name,) in connection.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
            "WHERE nspname = %s AND relkind = 'r' AND relname LIKE 'load\\_%%' ORDER BY relname",
            (SCHEMA,),
        )
    ]
    return [name for name in names if _drop_if_free(connection, name)]


def _drop_if_free(connection: Connection, name: str) -> bool:
    key = f"{SCHEMA}.{name}"
    with connection.transaction():
        free = connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (key,)
        ).fetchone()
        if free is None or not free[0]:
            return False
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(SCHEMA, name)))
    return True


def _ensure_schema(connection: Connection) -> None:
    if connection.execute("SELECT to_regnamespace(%s)", (SCHEMA,)).fetchone() != (None,):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('sellerops.ddl', 0))")
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))


def _sql_type(kind: pa.DataType) -> sql.SQL:
    if pa.types.is_decimal(kind):
        return sql.SQL("numeric")
    if pa.types.is_timestamp(kind):
        return sql.SQL("timestamptz")
    names = {pa.string(): "text", pa.int64(): "bigint", pa.date32(): "date", pa.bool_(): "boolean"}
    return sql.SQL(names[kind])


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
