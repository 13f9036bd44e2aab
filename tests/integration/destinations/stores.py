"""What the shared suite needs of a destination under test. A new destination adds a class here and a line to
STORES.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import psycopg
from google.api_core.exceptions import NotFound
from google.cloud.bigquery import Table as BigQueryTable
from integration.destinations.json_lines import Table
from psycopg.rows import dict_row
from support.examples import examples

from sellerops.destinations import ConnectionValues, Destination, open_destination
from sellerops.destinations.bigquery import BigQueryAddress


class Store(Protocol):
    """A destination and ways to look into it."""

    destination: Destination
    examples: int
    """How many made-up cases are worth their time."""
    at_once: int
    """How many loads at the same time, an even number."""

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of ``<source>.<table>``; empty when there is no such table."""
        ...

    def columns(self, table: str) -> dict[str, str]:
        """Column name to the destination's type name."""
        ...

    def loads(self) -> list[dict[str, Any]]: ...

    def rejects(self, load_id: int) -> list[dict[str, Any]]: ...

    def changes(self) -> list[tuple[str, str]]:
        """``(column, kind)`` of every schema change, oldest first."""
        ...

    def leftovers(self) -> Sequence[str]:
        """Staging that outlived its load."""
        ...


class PostgresStore:
    """Postgres through a connection string."""

    examples = examples(10)
    at_once = 8

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.destination = open_destination("postgres", conninfo)

    def rows(self, table: str) -> list[dict[str, Any]]:
        if not self.columns(table):
            return []
        return self.query(f"SELECT * FROM {table}")

    def columns(self, table: str) -> dict[str, str]:
        schema, _, name = table.partition(".")
        found = self.query(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (schema, name),
        )
        return {row["column_name"]: row["data_type"] for row in found}

    def loads(self) -> list[dict[str, Any]]:
        return self.query("SELECT * FROM sellerops.load ORDER BY id")

    def rejects(self, load_id: int) -> list[dict[str, Any]]:
        return self.query(
            "SELECT * FROM sellerops.rejected_row WHERE load_id = %s ORDER BY source_line", (load_id,)
        )

    def changes(self) -> list[tuple[str, str]]:
        found = self.query("SELECT column_name, kind FROM sellerops.schema_change ORDER BY id")
        return [(row["column_name"], row["kind"]) for row in found]

    def leftovers(self) -> list[str]:
        deadline = time.monotonic() + 120
        while True:
            # A backend clears its temporary tables a moment after its client is gone.
            found = self.query("SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'")
            if not found or time.monotonic() > deadline:
                return [row["relname"] for row in found]

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        with psycopg.connect(self.conninfo, row_factory=dict_row, autocommit=True) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


class BigQueryStore(PostgresStore):
    """BigQuery, with the ledger in Postgres. Columns have Postgres' type names, so that the suite can ask."""

    # Each of a load's statements takes the local server a tenth of a second.
    examples = 1
    at_once = 4

    _TYPES: ClassVar = {
        "STRING": "text",
        "INTEGER": "bigint",
        "NUMERIC": "numeric",
        "BIGNUMERIC": "numeric",
        "DATE": "date",
        "TIMESTAMP": "timestamp with time zone",
        "BOOLEAN": "boolean",
    }

    def __init__(self, conninfo: str, address: BigQueryAddress) -> None:
        self.conninfo = conninfo
        self.address = address
        self.client = address.client()
        self.destination = open_destination("bigquery", address, ledger=conninfo)

    def table(self, name: str) -> BigQueryTable | None:
        try:
            return self.client.get_table(f"{self.address.project}.{self.address.dataset_prefix}{name}")
        except NotFound:
            return None

    def rows(self, table: str) -> list[dict[str, Any]]:
        found = self.table(table)
        return [dict(row.items()) for row in self.client.list_rows(found)] if found else []

    def columns(self, table: str) -> dict[str, str]:
        found = self.table(table)
        return {each.name: self._TYPES[each.field_type] for each in found.schema} if found else {}

    def leftovers(self) -> list[str]:
        dataset = f"{self.address.project}.{self.address.dataset_prefix}sellerops_staging"
        intents = [str(row) for row in self.query("SELECT load_id FROM sellerops.load_intent")]
        try:
            return [each.table_id for each in self.client.list_tables(dataset)] + intents
        except NotFound:
            return intents


class JsonLinesStore(PostgresStore):
    """Files of JSON lines in ``folder``, with the ledger in Postgres."""

    _TYPES: ClassVar = {
        "text": "text",
        "integer": "bigint",
        "decimal": "numeric",
        "date": "date",
        "timestamp": "timestamp with time zone",
        "boolean": "boolean",
    }

    def __init__(self, conninfo: str, folder: Path) -> None:
        self.conninfo = conninfo
        self.folder = folder
        address = ConnectionValues(extra={"folder": str(folder)})
        self.destination = open_destination("json_lines", address, ledger=conninfo)

    def table(self, name: str) -> Table:
        return Table(self.folder / f"{name}.jsonl")

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.table(table).rows

    def columns(self, table: str) -> dict[str, str]:
        return {name: self._TYPES[kind] for name, kind in self.table(table).types.items()}

    def leftovers(self) -> list[str]:
        return [each.name for each in self.folder.iterdir() if each.suffix == ".new"]


STORES: dict[str, Callable[..., Store]] = {
    "postgres": PostgresStore,
    "bigquery": BigQueryStore,
    "json_lines": JsonLinesStore,
}
