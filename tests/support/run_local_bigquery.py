"""Starts ``local-bigquery`` for tests, in its own environment; takes the same arguments.

Its tables are DuckDB's own, in memory and in one thread. With ``local-bigquery`` alone they are DuckLake's,
where each statement writes files and a catalogue; nothing of that shows in an answer.
``requirements-bigquery.txt`` pins both.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import duckdb
from local_bigquery import cli
from local_bigquery.catalog import datasets
from local_bigquery.engine import database

_Fetch = Callable[..., list[tuple[Any, ...]]]
_COLUMNS = """(
    SELECT '{}' AS database_name, '{}' AS schema_name, '{}' AS table_name, name AS column_name,
        NOT "notnull" AS is_nullable
    FROM pragma_table_info('{}'))"""
_FILE = re.compile(r"ATTACH '[^']*emulator\.duckdb'")


def main() -> None:
    sys.meta_path.insert(0, _NoPandas())
    duckdb.connect = _in_one_thread(duckdb.connect)
    database._attach = _attach
    database.projects = lambda: sorted(database._attached)
    database.fetch = _of_one_table(database.fetch)
    datasets.delete = _with_results(datasets.delete)
    # Each statement is a tree of thousands of objects, and what is imported stays.
    gc.freeze()
    gc.set_threshold(10_000)
    cli.main()


class _NoPandas:
    """Says at once that pandas is not installed: DuckDB asks for each value of each statement, and looking in
    every folder takes as long as a small statement.
    """

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


class _InMemory:
    """A connection whose list of jobs and resources is in no file either."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, statement: str, *values: Any) -> Any:
        return self._connection.execute(_FILE.sub("ATTACH ':memory:'", statement), *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _in_one_thread(connect: Callable[..., Any]) -> Callable[..., Any]:
    def connected(*arguments: Any, **options: Any) -> Any:
        connection = connect(*arguments, **options)
        connection.execute("SET threads = 1")
        return _InMemory(connection)

    return connected


def _attach(connection: Any, project: str) -> None:
    """The tables of one project."""
    connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {database.quote(project)}")
    database._attached.add(project)


def _of_one_table(fetch: _Fetch) -> _Fetch:
    """``fetch`` that lists the columns of the table that is asked about, not those of all tables."""

    def fetched(statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        if "FROM duckdb_columns()" not in statement or not values:
            return fetch(statement, values)
        names = [*values[:3], database.quote(*values[:3])]
        listed = _COLUMNS.format(*(name.replace("'", "''") for name in names))
        try:
            return fetch(statement.replace("duckdb_columns()", listed), values)
        except duckdb.CatalogException:
            return []  # there is no such table

    return fetched


def _with_results(delete: Callable[..., None]) -> Callable[..., None]:
    """Datasets are deleted at the end of a test; the results of all queries go too. DuckDB looks for a table
    in a list of all.
    """

    def deleted(*arguments: Any) -> None:
        delete(*arguments)
        database.execute("DROP SCHEMA emulator._results CASCADE; CREATE SCHEMA emulator._results")

    return deleted


if __name__ == "__main__":
    sys.exit(main())
