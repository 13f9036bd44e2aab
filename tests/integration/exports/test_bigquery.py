"""The same export read from BigQuery (a local one, by the real client)."""

from __future__ import annotations

from typing import Any

import pytest
from integration.exports.conftest import SHEET
from support.sheets import Tab

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.bigquery import BigQueryAddress
from sellerops.destinations.bigquery.row_source import BigQueryRowSource
from sellerops.exports import ExportSpec
from sellerops.exports.export_run import run_export
from sellerops.ledger import Ledger
from sellerops_airflow.hooks.sheets import GoogleSheets


def spec(**changes: Any) -> ExportSpec:
    given: dict[str, Any] = {
        "name": "sales", "path": "sales.yaml", "description": "Sales.", "destination": "bigquery",
        "spreadsheet_id": SHEET, "range": "Data!A1", "table": "amazon_sp.sales",
    }  # fmt: skip
    return ExportSpec.model_validate(given | changes)


def test_a_table_and_a_query_of_bigquery_reach_the_sheet(
    bigquery: BigQueryAddress,
    ledger: Ledger,
    api: GoogleSheets,
    tab: Tab,
) -> None:
    client, dataset = bigquery.client(), f"{bigquery.dataset_prefix}amazon_sp"
    client.create_dataset(dataset)
    columns = "day DATE, sku STRING, units INT64, amount NUMERIC, at TIMESTAMP, load_id INT64"
    client.query(f"CREATE TABLE {dataset}.sales ({columns})").result()
    client.query(
        f"INSERT INTO {dataset}.sales VALUES "
        "('2026-11-19', '00123', 3, NUMERIC '10.10', TIMESTAMP '2026-11-19 08:00:00+00', 1), "
        "('2026-11-18', '=B2', 5, NULL, NULL, 1)"
    ).result()
    source = BigQueryRowSource(bigquery)

    run_export(ledger, spec(), source, api)
    assert tab.grid() == [
        ["day", "sku", "units", "amount", "at"],
        ["2026-11-18", "=B2", 5],
        ["2026-11-19", "00123", 3, 10.1, "2026-11-19T08:00:00Z"],
    ]
    appending = spec(
        table=None, query=f"SELECT sku, day, units FROM {dataset}.sales", mode="append", append_only=["day"],
        columns=["day", "units"],
    )  # fmt: skip
    assert run_export(ledger, appending, source, api).rows_known == 2

    for wanted, words in (
        (spec(table="amazon_sp.salse"), "cannot be read"),
        (spec(table=None, query="SELECT nothing FROM nowhere.at_all"), "cannot be read"),
        (spec(columns=["day", "buyer_name"]), "cannot be read"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            run_export(ledger, wanted, source, api)


def test_only_what_reads_is_run(
    bigquery: BigQueryAddress,
    ledger: Ledger,
    api: GoogleSheets,
    tab: Tab,
) -> None:
    dataset = f"{bigquery.dataset_prefix}amazon_sp"
    bigquery.client().create_dataset(dataset)
    made = f"CREATE TABLE {dataset}.made (a INT64)"
    with pytest.raises(ConfigurationError):
        run_export(ledger, spec(table=None, query=made), BigQueryRowSource(bigquery), api)
    assert list(bigquery.client().list_tables(dataset)) == []
    assert tab.cells == {}
