"""BigQuery: rows loaded into a dataset of this check, which is deleted again. Google Sheets: the account."""

from __future__ import annotations

import io
import json
import os
import uuid

import pytest
from real.connections import connection_of

pytestmark = pytest.mark.real
ROWS = [{"sku": "A", "units": 3}, {"sku": "B", "units": None}]


def test_bigquery_loads_and_answers() -> None:
    connection_of("sellerops_bigquery")
    from google.cloud.bigquery import LoadJobConfig, SchemaField

    from sellerops_airflow.hooks.bigquery import address

    found = address()
    client = found.client()
    name = f"{found.project}.{found.dataset_prefix}sellerops_test_{uuid.uuid4().hex[:8]}"
    dataset = client.create_dataset(name)
    try:
        schema = [SchemaField("sku", "STRING", "REQUIRED"), SchemaField("units", "INTEGER")]
        text = "\n".join(map(json.dumps, ROWS)).encode()
        config = LoadJobConfig(schema=schema, source_format="NEWLINE_DELIMITED_JSON")
        client.load_table_from_file(io.BytesIO(text), f"{name}.t", job_config=config).result(timeout=120)
        rows = client.query(f"SELECT sku, units FROM `{name}.t` ORDER BY sku").result(timeout=120)
        assert [dict(row) for row in rows] == ROWS
    finally:
        client.delete_dataset(dataset, delete_contents=True)


def test_google_sheets_accepts_the_account() -> None:
    connection_of("sellerops_sheets")
    from sellerops_airflow.hooks.sheets import GoogleSheets

    assert GoogleSheets().log_in()


def test_a_spreadsheet_can_be_written() -> None:
    connection_of("sellerops_sheets")
    spreadsheet = os.environ.get("SELLEROPS_TEST_SPREADSHEET")
    if not spreadsheet:
        pytest.skip("SELLEROPS_TEST_SPREADSHEET names no spreadsheet that may be written to")
    from sellerops_airflow.hooks.sheets import GoogleSheets

    sheets, word = GoogleSheets(), uuid.uuid4().hex
    sheets.write(spreadsheet, ["A1"], [[[word]]])
    assert sheets.read(spreadsheet, "A1:A1") == [[word]]
    sheets.clear(spreadsheet, ["A1:A1"])
