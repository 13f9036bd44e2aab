"""A local Google Sheets, and the real hook of the Google provider that talks to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

import psycopg  # noqa: E402
from support.postgres import TEMPLATE, PostgresServer  # noqa: E402
from support.sheets import SheetsServer, Tab  # noqa: E402

from sellerops.ledger import Ledger  # noqa: E402
from sellerops_airflow.hooks.sheets import GoogleSheets  # noqa: E402

SHEET = "a-spreadsheet-of-the-tests-0001"


@pytest.fixture(scope="session")
def server() -> Iterator[SheetsServer]:
    with SheetsServer() as started:
        yield started
        assert started.differences == []


@pytest.fixture
def hook(server: SheetsServer, monkeypatch: pytest.MonkeyPatch) -> GoogleSheets:
    """The real ``GSheetsHook`` behind our door; it repeats nothing by itself, so that faults are seen."""
    extra = {"is_anonymous": True, "api_endpoint": server.url, "num_retries": 0}
    connection = json.dumps({"conn_type": "google_cloud_platform", "extra": extra})
    monkeypatch.setenv("AIRFLOW_CONN_SELLEROPS_SHEETS", connection)
    return GoogleSheets()


@pytest.fixture
def api(hook: GoogleSheets, server: SheetsServer) -> GoogleSheets:
    server.calls.clear()
    server.not_shared.clear()
    server.forget_faults()
    return hook


@pytest.fixture
def tab(server: SheetsServer) -> Tab:
    """An empty sheet ``Data`` of the spreadsheet ``SHEET``."""
    return server.add(SHEET)


@pytest.fixture(scope="session")
def kept_ledger(postgres_server: PostgresServer) -> Iterator[Ledger]:
    conninfo = postgres_server.create_database(TEMPLATE)
    opened = Ledger(conninfo)
    yield opened
    opened.close()
    postgres_server.drop_database(conninfo)


@pytest.fixture
def ledger(kept_ledger: Ledger) -> Ledger:
    """A ledger without exports, in one database for all tests here: making one takes longer than any."""
    with psycopg.connect(kept_ledger.database.conninfo) as connection:
        connection.execute("DELETE FROM sellerops.table_export; DROP SCHEMA IF EXISTS amazon_sp CASCADE")
    return kept_ledger


@pytest.fixture
def conninfo(ledger: Ledger) -> str:
    return ledger.database.conninfo


@pytest.fixture
def reader(postgres_server: PostgresServer, conninfo: str) -> str:
    return postgres_server.reader(conninfo)
