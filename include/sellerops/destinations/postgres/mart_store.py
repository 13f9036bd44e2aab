"""Marts in Postgres: rows, the queue of rebuilds and the ledger change in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.base.postgres import LOADING, READING, connect
from sellerops.base.reader_role import grant_table, lock_schema
from sellerops.destinations.error_rules import typed_errors
from sellerops.destinations.mart_store import MARTS, BuildCounts, Ledger, MartTable, Span
from sellerops.destinations.postgres_errors import POSTGRES_RULES
from sellerops.settings.specs.sql_types import SQL_TYPES

Connection = psycopg.Connection[Any]


class PostgresMartStore:
    """See ``MartStore``. ``conninfo``: of the role that owns the tables."""

    name = "postgres"
    dialect = "postgres"

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    def table_sql(self, table: str) -> str:
        schema, _, name = table.partition(".")
        return f'"{schema}"."{name}"'

    def columns(self, tables: Collection[str]) -> dict[str, frozenset[str]]:
        with self._connection("the catalogue") as connection:
            rows = connection.execute(
                "SELECT table_schema || '.' || table_name, array_agg(column_name::text) FROM "
                "information_schema.columns WHERE table_schema || '.' || table_name = ANY(%s) GROUP BY 1",
                (list(tables),),
            ).fetchall()
        return {name: frozenset(columns) for name, columns in rows}

    def ensure(self, table: MartTable) -> None:
        wanted = {name: SQL_TYPES[kind] for name, (kind, _) in table.columns.items()}
        existing = self.columns([table.full_name]).get(table.full_name)
        if existing is not None and existing >= set(wanted):
            return
        where = f"mart {table.name}"
        with (
            typed_errors(where, POSTGRES_RULES),
            self._connection(where) as connection,
            connection.transaction(),
        ):
            lock_schema(connection, MARTS)
            _make(connection, table, wanted)

    def rebuild(
        self,
        table: MartTable,
        parts: Callable[[Ledger], Iterable[tuple[Span, str]]],
        settle: Callable[[Ledger, Sequence[Span]], None],
    ) -> BuildCounts:
        where = f"mart {table.name}"
        with typed_errors(where, POSTGRES_RULES), self._connection(where) as connection:
            # Locked before the transaction takes its snapshot: it must see what the one before it wrote.
            key = f"sellerops.mart:{table.name}"
            connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (key,))
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                connection.execute("SET LOCAL work_mem = '128MB'")
                spans: list[Span] = []
                deleted = inserted = 0
                for span, select in parts(connection):
                    deleted += self._delete(connection, table, span)
                    inserted += self._insert(connection, table, select)
                    spans.append(span)
                settle(connection, spans)
        return BuildCounts(deleted, inserted)

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with (
            typed_errors("marts", POSTGRES_RULES),
            connect(self._conninfo, READING, autocommit=False) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            connection.read_only = True
            return cursor.execute(statement.encode()).fetchall()

    def replace(self, table: MartTable, span: Span, rows: Iterable[Mapping[str, Any]]) -> BuildCounts:
        where = f"mart {table.name}"
        names = list(table.columns)
        with (
            typed_errors(where, POSTGRES_RULES),
            self._connection(where) as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            deleted = self._delete(connection, table, span)
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(MARTS, table.name), sql.SQL(", ").join(map(sql.Identifier, names))
            )
            inserted = 0
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row([row[name] for name in names])
                    inserted += 1
        return BuildCounts(deleted, inserted)

    def copy_reference(self, table: str, ledger: Ledger) -> None:
        """Nothing to do: this is where they are."""

    def _connection(self, where: str) -> Any:
        connection = connect(self._conninfo, LOADING, autocommit=True, application_name=f"sellerops {where}")
        connection.execute("SET TIME ZONE 'UTC'")
        return connection

    def _delete(self, connection: Connection, table: MartTable, span: Span) -> int:
        conditions = [sql.SQL("account_id = {}").format(sql.Literal(span.account_id))]
        if table.has_marketplace and span.marketplace_id is not None:
            conditions.append(sql.SQL("marketplace_id = {}").format(sql.Literal(span.marketplace_id)))
        if table.day:
            for operator, bound in ((">=", span.first_day), ("<=", span.last_day)):
                if bound:
                    conditions.append(
                        sql.SQL("{} {} {}").format(
                            sql.Identifier(table.day), sql.SQL(operator), sql.Literal(bound)
                        )
                    )
        statement = sql.SQL("DELETE FROM {} WHERE {}").format(
            sql.Identifier(MARTS, table.name), sql.SQL(" AND ").join(conditions)
        )
        return connection.execute(statement).rowcount

    def _insert(self, connection: Connection, table: MartTable, select: str) -> int:
        names = ", ".join(f'"{name}"' for name in table.columns)
        statement = f"INSERT INTO {self.table_sql(table.full_name)} ({names})\n{select}"
        return connection.execute(statement.encode()).rowcount


def _make(connection: Connection, table: MartTable, wanted: Mapping[str, str]) -> None:
    """Create or widen the table. Its key counts nulls as equal, so that no row can be there twice."""
    name = sql.Identifier(MARTS, table.name)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(MARTS)))
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(each), sql.SQL(kind)) for each, kind in wanted.items()
    )
    connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(name, columns))
    for each, kind in wanted.items():
        connection.execute(
            sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}").format(
                name, sql.Identifier(each), sql.SQL(kind)
            )
        )
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    connection.execute(
        sql.SQL("CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} ({}) NULLS NOT DISTINCT").format(
            sql.Identifier(f"{table.name}_key"), name, key
        )
    )
    spans = [sql.Identifier(each) for each in _partition(table)]
    connection.execute(
        sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} ({})").format(
            sql.Identifier(f"{table.name}_span"), name, sql.SQL(", ").join(spans)
        )
    )
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(table.description)))
    for each, (_, text) in table.columns.items():
        connection.execute(
            sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(name, sql.Identifier(each), sql.Literal(text))
        )
    grant_table(connection, MARTS, table.name)


def _partition(table: MartTable) -> list[str]:
    return [
        "account_id",
        *(["marketplace_id"] if table.has_marketplace else []),
        *([table.day] if table.day else []),
    ]
