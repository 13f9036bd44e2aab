"""Copies reference tables to BigQuery: the whole table, when its content has changed."""

from __future__ import annotations

from typing import Any

from google.cloud import bigquery
from psycopg import sql
from psycopg.rows import dict_row, tuple_row

from sellerops.destinations.bigquery.shape import WIDE
from sellerops.destinations.bigquery.tables import Tables
from sellerops.destinations.mart_store import Ledger

_LABEL = "content"
_TYPES = {
    "text": "STRING",
    "bigint": "INT64",
    "integer": "INT64",
    "smallint": "INT64",
    "numeric": WIDE,
    "date": "DATE",
    "timestamp with time zone": "TIMESTAMP",
    "boolean": "BOOL",
}


def copy_table(client: bigquery.Client, tables: Tables, table: str, copy: str, ledger: Ledger) -> None:
    """Replace ``copy`` with the rows of ``table`` in the ledger's database, in one atomic job.

    A label of the copy holds the digest of its content. Columns whose types marts do not read are copied as
    text.
    """
    schema, _, name = table.partition(".")
    identifier = sql.Identifier(schema, name)
    fields = _fields(ledger, schema, name)
    if not fields:
        return
    digest = _digest(ledger, identifier)
    there = tables.find(copy)
    if there is not None and there.labels.get(_LABEL) == digest:
        return
    rows = _rows(ledger, identifier, fields)
    tables.make_dataset(schema)
    if there is None or [each.name for each in there.schema] != [each.name for each in fields]:
        tables.drop(copy)
        client.create_table(bigquery.Table(copy, schema=fields), exists_ok=True)
    config = bigquery.LoadJobConfig(schema=fields, write_disposition="WRITE_TRUNCATE")
    client.load_table_from_json(rows, copy, job_config=config).result()
    made = client.get_table(copy)
    made.labels = {**made.labels, "managed_by": "sellerops", _LABEL: digest}
    client.update_table(made, ["labels"])


def _fields(ledger: Ledger, schema: str, name: str) -> list[bigquery.SchemaField]:
    with ledger.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (schema, name),
        ).fetchall()
    return [bigquery.SchemaField(column, _TYPES.get(kind, "STRING")) for column, kind in rows]


def _digest(ledger: Ledger, table: sql.Identifier) -> str:
    with ledger.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(
            sql.SQL(
                "SELECT md5(coalesce(string_agg(one, '' ORDER BY one), '')) "
                "FROM (SELECT md5(t::text) AS one FROM {} AS t) AS m"
            ).format(table)
        ).fetchone()
    assert row is not None
    return str(row[0])


def _rows(ledger: Ledger, table: sql.Identifier, fields: list[bigquery.SchemaField]) -> list[dict[str, Any]]:
    cells = sql.SQL(", ").join(
        sql.SQL("{name}::text AS {name}").format(name=sql.Identifier(each.name))
        if each.field_type not in ("INT64", "BOOL")
        else sql.Identifier(each.name)
        for each in fields
    )
    with ledger.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql.SQL("SELECT {} FROM {}").format(cells, table)).fetchall()
