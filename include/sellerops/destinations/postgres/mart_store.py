"""Marts in Postgres: the rows, the queue of rebuilds and the ledger change in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.base.postgres import LOADING, READING, BoundedConnection, connect
from sellerops.base.sessions import session_lock
from sellerops.destinations.error_rules import ErrorRule, typed_errors
from sellerops.destinations.mart_store import (
    MARTS,
    BuildCounts,
    BuildPlan,
    Changes,
    CheckQuery,
    Ledger,
    MartTable,
    Span,
)
from sellerops.destinations.postgres import mart_tables
from sellerops.destinations.postgres.mart_changes import replace_changed, within
from sellerops.destinations.postgres.mart_errors import DROP_RULES, MART_RULES

Connection = psycopg.Connection[Any]
# CTEs have no statistics, so Postgres expects one row from them and then loops over thousands (15 million
# comparisons, 7 s instead of 0.1 s). With an index it merges on the day alone, and compares all rows of a day
# with each other (3.3 million comparisons, 3 s of 3.8). Marts join by equality, for which hashing is never
# much slower; the same is true of sums (grouping by sorted texts takes twice as long). The planner's penalty
# for the methods switched off would trigger just-in-time compilation.
_PLANNING = (
    "SET LOCAL work_mem = '128MB'; SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; "
    "SET LOCAL jit = off; SET LOCAL enable_sort = off"
)
# Partitions are small and other marts are rebuilt at the same time: a parallel plan takes a fifth more
# processor time, most of it to start its workers. A table that is rebuilt whole is large.
_NOT_PARALLEL = "SET LOCAL max_parallel_workers_per_gather = 0"
# How many of the rows that a failing test found are shown.
_SHOWN = 3


class PostgresMartStore:
    """See ``MartStore``. ``conninfo`` logs in as the role that owns the tables."""

    name = "postgres"
    dialect = "postgres"

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._shared = threading.local()

    @contextmanager
    def session(self, where: str) -> Iterator[None]:
        with self._open(where) as connection:
            self._shared.connection = connection
            try:
                yield
            finally:
                self._shared.connection = None

    def table_sql(self, table: str) -> str:
        schema, _, name = table.partition(".")
        return f'"{schema}"."{name}"'

    def filters(self, table: str) -> str:
        return ""

    def columns(self, tables: Collection[str]) -> dict[str, frozenset[str]]:
        with self._open("the catalogue") as connection:
            rows = connection.execute(
                "SELECT n.nspname || '.' || c.relname, array_agg(a.attname::text) "
                "FROM unnest(%s::text[], %s::text[]) AS wanted (schema, name) "
                "JOIN pg_namespace AS n ON n.nspname = wanted.schema "
                "JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name "
                "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
                "GROUP BY 1",
                ([each.partition(".")[0] for each in tables], [each.partition(".")[2] for each in tables]),
            ).fetchall()
        return {name: frozenset(columns) for name, columns in rows}

    def rows_in(self, tables: Collection[str]) -> int:
        """The number of rows as of the tables' last ANALYZE."""
        with self._open("the catalogue") as connection:
            found = connection.execute(
                "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM unnest(%s::text[]) AS name "
                "JOIN pg_class AS c ON c.oid = to_regclass(name)",
                (list(tables),),
            ).fetchone()
        return int(found[0]) if found else 0

    def prepare(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Create BRIN indexes on columns of large tables; they cost loads next to nothing.

        They work because a table is loaded day by day, so the rows of a day lie together.
        """
        with self._open("the indexes of inputs") as connection:
            for name, column, operators in mart_tables.without_range_index(connection, wanted):
                connection.execute(
                    sql.SQL(
                        "CREATE INDEX CONCURRENTLY ON {} USING brin ({} {}) WITH (autosummarize = on)"
                    ).format(sql.Identifier(*name.split(".")), sql.Identifier(column), sql.SQL(operators))
                )

    def days_of_loads(self, table: str, column: str, loads: Sequence[int]) -> list[dict[str, Any]]:
        if not self.columns([table]):
            return []
        return self.rows(
            f'SELECT DISTINCT account_id, marketplace_id, CAST("{column}" AS date) AS day '
            f"FROM {self.table_sql(table)} WHERE load_id IN ({', '.join(map(str, loads))})"
        )

    def fits(self, table: MartTable) -> bool:
        with self._open(f"mart {table.name}") as connection:
            return mart_tables.fits(connection, table)

    def drop(self, table: str) -> None:
        with self._open(table, DROP_RULES) as connection:
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(*table.split("."))))

    def ensure(self, table: MartTable) -> None:
        with self._open(f"mart {table.name}") as connection, connection.transaction():
            if not mart_tables.fits(connection, table):
                mart_tables.widen(connection, table)

    def rebuild(
        self,
        table: MartTable,
        plan: Callable[[Ledger], BuildPlan],
        settle: Callable[[Ledger, Changes], None],
    ) -> BuildCounts:
        with (
            self._open(f"mart {table.name}") as connection,
            # Locked before the transaction takes its snapshot, which must include the last rebuild.
            session_lock(connection, f"sellerops.mart:{table.name}"),
            connection.transaction(),
        ):
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute(_PLANNING)
            planned = plan(connection)
            if planned.whole:
                counts, changed = self._anew(connection, table, planned), _all_of(table, planned.spans)
            else:
                connection.execute(_NOT_PARALLEL)
                counts, changed = replace_changed(connection, table, planned.parts)
            _test(connection, table, planned.tests)
            settle(connection, changed)
        return counts

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with (
            typed_errors("marts", MART_RULES),
            connect(self._conninfo, READING, autocommit=False) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            connection.read_only = True
            return cursor.execute(statement.encode()).fetchall()

    def replace(self, table: MartTable, span: Span, rows: Iterable[Mapping[str, Any]]) -> BuildCounts:
        names = list(table.columns)
        with (
            self._open(f"mart {table.name}") as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            deleted = _delete(connection, table, span)
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
        """Do nothing: the reference tables are in this database."""

    def _anew(self, connection: Connection, table: MartTable, plan: BuildPlan) -> BuildCounts:
        """Fill a new table and replace the old one with it; the old one can be read meanwhile."""
        mart_tables.make(connection, table, mart_tables.NEW)
        inserted = sum(self._insert(connection, table, select) for _, select in plan.parts)
        mart_tables.finish(connection, table, mart_tables.NEW)
        return BuildCounts(0, inserted)

    def _insert(self, connection: Connection, table: MartTable, select: str) -> int:
        """Insert the rows sorted by partition, so that a day is read from few pages; returns how many."""
        names = ", ".join(f'"{name}"' for name in table.columns)
        places = {name: str(number) for number, name in enumerate(table.columns, start=1)}
        order = ", ".join(places[name] for name in ("marketplace_id", table.day) if name in places)
        statement = f"INSERT INTO {self.table_sql(table.full_name + mart_tables.NEW)} ({names})\n{select}"
        if table.day:
            statement += f"\nORDER BY {order}"
        return connection.execute(statement.encode()).rowcount

    @contextmanager
    def _open(self, where: str, rules: Sequence[ErrorRule] = MART_RULES) -> Iterator[BoundedConnection[Any]]:
        shared: BoundedConnection[Any] | None = getattr(self._shared, "connection", None)
        with (
            typed_errors(where, rules),
            nullcontext(shared)
            if shared
            else connect(
                self._conninfo, LOADING, autocommit=True, application_name=f"sellerops {where}"
            ) as connection,
        ):
            yield connection


def _all_of(table: MartTable, spans: Sequence[Span]) -> Changes:
    accounts = [Span(each) for each in {span.account_id for span in spans}]
    return Changes(spans, dict.fromkeys(table.lookup_days, accounts))


def _delete(connection: Connection, table: MartTable, span: Span) -> int:
    statement = sql.SQL("DELETE FROM {} AS t WHERE {}").format(
        sql.Identifier(MARTS, table.name), within(table, span, "t")
    )
    return connection.execute(statement).rowcount


def _test(connection: Connection, table: MartTable, tests: Sequence[CheckQuery]) -> None:
    """Raise CheckFailed, which rolls back, for the first test that finds rows."""
    with connection.cursor(row_factory=dict_row) as cursor:
        for test in tests:
            # Materialized because with a limit, a scan of the whole table looks cheaper than the index.
            rows = cursor.execute(
                f"WITH found AS MATERIALIZED (\n{test.sql}\n) SELECT * FROM found LIMIT {_SHOWN}".encode()
            ).fetchall()
            if rows:
                raise test.failure(table.name, rows)
