"""Starts ``local-bigquery`` for tests, in its own environment; takes the same arguments.

A load costs the processor a third less than with ``local-bigquery`` alone, where DuckDB hands tiny queries to
threads, and each table is looked for in a list of all tables with their statistics. DuckLake makes that list
anew each time, and it grows with every test. Answers are the same; ``requirements-bigquery.txt`` pins both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import duckdb
from local_bigquery import cli
from local_bigquery.catalog import metadata
from local_bigquery.engine import database
from local_bigquery.jobs import store

# DuckLake's own tables of what exists, in place of DuckDB's functions that list the same of all databases.
_LISTS = {
    "duckdb_schemas()": """(
        SELECT $project AS database_name, schema_name FROM $lake.ducklake_schema
        WHERE end_snapshot IS NULL)""",
    "duckdb_tables()": """(
        SELECT $project AS database_name, schema_name, table_name,
            coalesce(record_count, 0) AS estimated_size
        FROM $lake.ducklake_schema s JOIN $lake.ducklake_table t USING (schema_id)
        LEFT JOIN $lake.ducklake_table_stats USING (table_id)
        WHERE s.end_snapshot IS NULL AND t.end_snapshot IS NULL)""",
    "duckdb_views()": """(
        SELECT $project AS database_name, schema_name, view_name, false AS internal
        FROM $lake.ducklake_schema s JOIN $lake.ducklake_view v USING (schema_id)
        WHERE s.end_snapshot IS NULL AND v.end_snapshot IS NULL)""",
    "duckdb_columns()": """(
        SELECT $project AS database_name, schema_name, table_name, column_name, nulls_allowed AS is_nullable
        FROM $lake.ducklake_schema s JOIN $lake.ducklake_table t USING (schema_id)
        JOIN $lake.ducklake_column c USING (table_id)
        WHERE s.end_snapshot IS NULL AND t.end_snapshot IS NULL AND c.end_snapshot IS NULL)""",
}
_Fetch = Callable[..., list[tuple[Any, ...]]]


def main() -> None:
    duckdb.connect = _in_one_thread(duckdb.connect)
    fetch = _from_the_lake(database.fetch)
    for module in (database, metadata, store):
        module.fetch = fetch
    cli.main()


def _in_one_thread(connect: Callable[..., Any]) -> Callable[..., Any]:
    def connected(*arguments: Any, **options: Any) -> Any:
        connection = connect(*arguments, **options)
        connection.execute("SET threads = 1")
        return connection

    return connected


def _from_the_lake(fetch: _Fetch) -> _Fetch:
    """``fetch`` whose questions about one project's tables are answered by the project's lake alone."""

    def fetched(statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        project = values[0] if values else None
        if project in database._attached and "duckdb_" in statement:
            lake = database.quote(f"__ducklake_metadata_{project}")
            for function, listed in _LISTS.items():
                answer = listed.replace("$lake", lake).replace("$project", f"'{project}'")
                statement = statement.replace(function, answer)
        return fetch(statement, values)

    return fetched


if __name__ == "__main__":
    sys.exit(main())
