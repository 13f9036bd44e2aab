"""Marts in BigQuery: new rows are staged and tested beside the mart, then swapped in by a transaction."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.cloud import bigquery

from sellerops.base.postgres import LOADING, connect
from sellerops.base.sessions import session_lock
from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.bigquery.errors import MART_RULES
from sellerops.destinations.bigquery.jobs import Jobs
from sellerops.destinations.bigquery.mart_tables import MartTables
from sellerops.destinations.bigquery.reference_copy import copy_table
from sellerops.destinations.bigquery.shape import quoted
from sellerops.destinations.bigquery.tables import STAGING, Tables
from sellerops.destinations.error_rules import typed_errors
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

# How many of the rows that a failing test found are shown.
_SHOWN = 3


class BigQueryMartStore:
    """See ``MartStore``. ``ledger``: connection string of the database with the schema ``sellerops``."""

    name = "bigquery"
    dialect = "bigquery"

    def __init__(self, address: BigQueryAddress, *, ledger: str) -> None:
        self._address = address
        self._ledger = ledger
        self._partitions: dict[str, str] = {}

    def session(self, where: str) -> contextlib.nullcontext[None]:
        """Do nothing: each call is a separate request, so there is no connection to share."""
        return contextlib.nullcontext()

    def table_sql(self, table: str) -> str:
        return f"`{self._full_name(table)}`"

    def filters(self, table: str) -> str:
        column = self._partitions.get(table)
        return f"(t.{quoted(column)} >= '0001-01-01' OR t.{quoted(column)} IS NULL)" if column else ""

    def columns(self, tables: Collection[str]) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        with typed_errors("BigQuery", MART_RULES):
            for name in tables:
                table = self._tables.find(self._full_name(name))
                if table is None:
                    continue
                found[name] = frozenset(each.name for each in table.schema)
                if table.require_partition_filter and table.time_partitioning:
                    self._partitions[name] = table.time_partitioning.field
        return found

    def rows_in(self, tables: Collection[str]) -> int:
        return 0

    def prepare(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Do nothing: BigQuery has daily partitions and scans only the columns that a query needs."""

    def days_of_loads(self, table: str, column: str, loads: Sequence[int]) -> list[dict[str, Any]]:
        if not self.columns([table]):
            return []
        needed = self.filters(table)
        return self.rows(
            f"SELECT DISTINCT account_id, marketplace_id, CAST(t.{quoted(column)} AS DATE) AS day "
            f"FROM {self.table_sql(table)} AS t WHERE load_id IN ({', '.join(map(str, loads))})"
            + (f" AND {needed}" if needed else "")
        )

    def fits(self, table: MartTable) -> bool:
        with typed_errors(f"mart {table.name}", MART_RULES):
            return self._marts.fits(table)

    def drop(self, table: str) -> None:
        with typed_errors("BigQuery", MART_RULES):
            self._query("drop", f"DROP TABLE IF EXISTS {self.table_sql(table)}")

    def ensure(self, table: MartTable) -> None:
        with typed_errors(f"mart {table.name}", MART_RULES):
            self._marts.widen(table)

    def rebuild(
        self,
        table: MartTable,
        plan: Callable[[Ledger], BuildPlan],
        settle: Callable[[Ledger, Changes], None],
    ) -> BuildCounts:
        with self._locked(table) as connection:
            planned = plan(connection)
            if not self._marts.fits(table):
                # Until the rebuild ends, the mart has no rows: a BigQuery transaction cannot replace a table.
                self._marts.make(table)
            counts, changes = BuildCounts(), Changes()
            if planned.parts:
                counts, changes = self._rebuilt(table, planned)
            with connection.transaction():
                settle(connection, changes)
        return counts

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with typed_errors("marts", MART_RULES):
            return [dict(row.items()) for row in self._query("read", statement)]

    def replace(self, table: MartTable, span: Span, rows: Iterable[Mapping[str, Any]]) -> BuildCounts:
        cells = [{name: _json(row[name]) for name in table.columns} for row in rows]
        with self._locked(table), self._staging(table) as staging:
            if cells:
                config = bigquery.LoadJobConfig(
                    schema=self._marts.fields(table), write_disposition="WRITE_APPEND"
                )
                self._client.load_table_from_json(cells, staging, job_config=config).result()
            return self._swap(table, [span], staging, len(cells))

    def copy_reference(self, table: str, ledger: Ledger) -> None:
        with typed_errors(f"copy of {table}", MART_RULES):
            copy_table(self._client, self._tables, table, self._full_name(table), ledger)

    def _rebuilt(self, table: MartTable, plan: BuildPlan) -> tuple[BuildCounts, Changes]:
        names = ", ".join(map(quoted, table.columns))
        with self._staging(table) as staging:
            inserted = 0
            for _, select in plan.parts:
                self._query("select", f"INSERT INTO `{staging}` ({names})\n{select}")
            own = self.table_sql(table.full_name)
            tests = [
                CheckQuery(each.name, each.description, each.sql.replace(own, f"`{staging}`"))
                for each in (*_built_in(table, own), *plan.tests)
            ]
            for test in tests:
                found = list(self._query("test", f"SELECT * FROM (\n{test.sql}\n) AS found LIMIT {_SHOWN}"))
                if found:
                    raise test.failure(table.name, [dict(row.items()) for row in found])
            (row,) = self._query("count", f"SELECT COUNT(*) AS n FROM `{staging}`")
            inserted = int(row["n"])
            lookups = {name: self._days_of(table, plan.spans, staging, name) for name in table.lookup_days}
            return self._swap(table, plan.spans, staging, inserted), Changes(plan.spans, lookups)

    def _days_of(self, table: MartTable, spans: Sequence[Span], staging: str, column: str) -> list[Span]:
        """The days in ``column`` of the spans' current and future rows."""
        cells, where = (
            f"account_id, {quoted(column)} AS day",
            " OR ".join(f"({_condition(table, span)})" for span in spans),
        )
        rows = self._query(
            "days",
            f"SELECT DISTINCT account_id, day FROM (SELECT {cells} FROM {self.table_sql(table.full_name)} "
            f"WHERE {where} UNION ALL SELECT {cells} FROM `{staging}`) AS found WHERE day IS NOT NULL",
        )
        return [Span(row["account_id"], None, row["day"], row["day"]) for row in rows]

    def _swap(self, table: MartTable, spans: Sequence[Span], staging: str, inserted: int) -> BuildCounts:
        """Replace the rows of the spans with those of ``staging`` in one transaction."""
        own, names = self.table_sql(table.full_name), ", ".join(map(quoted, table.columns))
        where = " OR ".join(f"({_condition(table, span)})" for span in spans)
        (row,) = self._query("before", f"SELECT COUNT(*) AS n FROM {own} WHERE {where}")
        self._query(
            "write",
            "BEGIN TRANSACTION;\n"
            f"DELETE FROM {own} WHERE {where};\n"
            f"INSERT INTO {own} ({names}) SELECT {names} FROM `{staging}`;\n"
            "COMMIT TRANSACTION;",
        )
        return BuildCounts(int(row["n"]), inserted)

    @contextlib.contextmanager
    def _staging(self, table: MartTable) -> Iterator[str]:
        name = f"{self._tables.dataset(STAGING)}.mart_{table.name}_{uuid.uuid4().hex[:12]}"
        self._tables.make_staging(name, self._marts.fields(table))
        try:
            yield name
        finally:
            # It expires after a day; an error here must not hide one that matters.
            with contextlib.suppress(GoogleAPIError, OSError):
                self._tables.drop(name)

    @contextlib.contextmanager
    def _locked(self, table: MartTable) -> Iterator[Ledger]:
        """A connection to the ledger that holds the mart's lock."""
        with (
            typed_errors(f"mart {table.name}", MART_RULES),
            connect(self._ledger, LOADING, autocommit=True) as connection,
            session_lock(connection, f"sellerops.{self.name}:{MARTS}.{table.name}"),
        ):
            yield connection

    def _query(self, step: str, statement: str) -> Any:
        return self._jobs.query(f"sellerops_mart_{step}_{uuid.uuid4().hex}", statement, {})

    def _full_name(self, table: str) -> str:
        schema, _, name = table.partition(".")
        return f"{self._tables.dataset(schema)}.{name}"

    @cached_property
    def _client(self) -> bigquery.Client:
        return self._address.client()

    @cached_property
    def _tables(self) -> Tables:
        return Tables(self._client, self._address)

    @cached_property
    def _marts(self) -> MartTables:
        return MartTables(self._client, self._address, self._tables)

    @cached_property
    def _jobs(self) -> Jobs:
        return Jobs(self._client, self._address, {"managed_by": "sellerops", "layer": "marts"})


def _built_in(table: MartTable, own: str) -> Iterator[CheckQuery]:
    """Tests for rows that the table's constraints would refuse in Postgres."""
    key = ", ".join(map(quoted, table.key))
    yield CheckQuery(
        "grain",
        "two rows have the same grain",
        f"SELECT {key}, COUNT(*) AS n FROM {own} GROUP BY {key} HAVING COUNT(*) > 1",
    )
    needed = " OR ".join(f"{quoted(name)} IS NULL" for name in ("account_id", table.day) if name)
    yield CheckQuery(
        "partition", "a row without account or day belongs to no partition",
        f"SELECT {key} FROM {own} WHERE {needed}",
    )  # fmt: skip


def _condition(table: MartTable, span: Span) -> str:
    parts = [f"account_id = '{span.account_id}'"]
    if table.has_marketplace and span.marketplace_id is not None:
        parts.append(f"marketplace_id = '{span.marketplace_id}'")
    if table.day:
        bounds = ((">=", span.first_day), ("<=", span.last_day))
        parts += [f"{quoted(table.day)} {operator} '{bound}'" for operator, bound in bounds if bound]
    return " AND ".join(parts)


def _json(value: Any) -> Any:
    """A cell in the form that BigQuery's JSON loads accept."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
