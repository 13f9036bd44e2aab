"""Tables that marts read, copied from Postgres to the local BigQuery as they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery
from psycopg import sql

from sellerops.destinations.bigquery import BigQueryAddress
from sellerops.destinations.bigquery.tables import Tables
from sellerops.settings.specs import ColumnType

# Nine decimals suffice for what is collected, and leave the local BigQuery room to multiply.
_ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.DECIMAL: pa.decimal128(38, 9),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.BOOLEAN: pa.bool_(),
}
Columns = Mapping[str, ColumnType]


def copy_tables(
    conninfo: str, address: BigQueryAddress, tables: Iterable[tuple[str, Columns]], account_id: str
) -> None:
    """Copy ``<schema>.<table>`` with these columns, as far as they exist: the rows of one account."""
    client = address.client()
    places = Tables(client, address)
    with psycopg.connect(conninfo) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        for name, columns in tables:
            schema, _, table = name.partition(".")
            rows = _rows(connection, schema, table, columns, account_id)
            if rows is not None:
                places.make_dataset(schema)
                _load(client, f"{places.dataset(schema)}.{table}", rows)


def _rows(
    connection: psycopg.Connection, schema: str, table: str, columns: Columns, account_id: str
) -> pa.Table | None:
    there = {
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
            (schema, table),
        )
    }
    kinds = {name: kind for name, kind in columns.items() if name in there}
    if not kinds:
        return None
    where = sql.SQL(" WHERE account_id IN ('', {})").format(sql.Literal(account_id))
    statement = sql.SQL("SELECT {} FROM {}{}").format(
        sql.SQL(", ").join(
            sql.SQL("round({}, 9)" if kind is ColumnType.DECIMAL else "{}").format(sql.Identifier(name))
            for name, kind in kinds.items()
        ),
        sql.Identifier(schema, table),
        where if "account_id" in there else sql.SQL(""),
    )
    cells: list[Any] = list(zip(*connection.execute(statement).fetchall(), strict=True))
    arrays = [
        pa.array(cells[number] if cells else [], type=_ARROW[kind])
        for number, kind in enumerate(kinds.values())
    ]
    return pa.table(arrays, names=list(kinds))


def _load(client: bigquery.Client, name: str, rows: pa.Table) -> None:
    config = bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.PARQUET)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        pq.write_table(rows, path)
        with path.open("rb") as file:
            client.load_table_from_file(file, name, job_config=config).result()
