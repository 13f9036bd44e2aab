"""Business alerts: one DAG woken by the marts they read; people hear of each alert once, and of its end."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from support.channels import Channels
from support.fake_runtime import task_context
from support.hand_made_rows import add_rows, make_marts
from support.postgres import PostgresServer

from sellerops.alerts.specs import load_alert, load_alerts
from sellerops.base.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.settings.config_files import config_dir
from sellerops_airflow.dag_factory import alerts as alerts_dag
from sellerops_airflow.operators import alerts
from sellerops_airflow.operators.alerts import EvaluateAlertsOperator
from sellerops_airflow.runs.assets import mart_asset

ROW = {
    "account_id": "northwind_na", "marketplace_id": "ATVPDKIKX0DER", "sku": "NW-1", "kind": "lost",
    "reference": "FBA1", "open": 3, "value": 30, "currency": "USD",
}  # fmt: skip


@pytest.fixture
def ledger_with_marts(
    ledger: Ledger, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Ledger:
    conninfo = ledger.database.conninfo
    make_marts(conninfo, ["owed"])
    runtime = SimpleNamespace(ledger=ledger, reader_conninfo=postgres_server.reader(conninfo))
    monkeypatch.setattr(alerts, "get_runtime", lambda: runtime)
    return ledger


def _days(ledger: Ledger, first: int, last: int) -> dict[str, Any]:
    today = ledger.clock().now().date()
    return {
        "day": today - timedelta(days=50),
        "claim_from": today + timedelta(days=first),
        "claim_until": today + timedelta(days=last),
    }


def _run() -> Any:
    return EvaluateAlertsOperator(task_id="evaluate").execute(
        task_context(dag_id="marts__alerts", task_id="evaluate")
    )


def test_it_is_woken_by_the_marts_that_alerts_read(bag: DagBag) -> None:
    dag = bag.dags["marts__alerts"]
    assert dag.task_ids == ["evaluate"]
    woken = {asset.uri for asset in dag.timetable.asset_condition.objects}
    assert woken == {mart_asset(name).uri for alert in load_alerts() for name in alert.marts_read}
    for alert in load_alerts():
        assert alert.description in dag.doc_md


def test_an_alert_is_sent_once_and_so_is_its_end(ledger_with_marts: Ledger, sent: Channels) -> None:
    conninfo = ledger_with_marts.database.conninfo
    add_rows(conninfo, "sellerops_marts.owed", [{**ROW, **_days(ledger_with_marts, -40, 5)}])
    assert _run() == {"opened": 1, "ended": 0, "open": 1}
    (message,) = sent.messages
    assert message.target == "#seller-reports-critical"
    for words in (
        "Claim expires",
        "US NW-1 lost FBA1",
        "3 units lost",
        "30.00 USD",
        "Open a case",
        "alerts acknowledge",
    ):
        assert words in message.text, words
    assert _run() == {"opened": 0, "ended": 0, "open": 1}
    assert len(sent.messages) == 1

    add_rows(
        conninfo, "sellerops_marts.owed", [{**ROW, "reference": "FBA2", **_days(ledger_with_marts, -40, 5)}]
    )
    assert _run()["opened"] == 1
    assert "FBA2" in sent.texts[1] and "FBA1" not in sent.texts[1]

    with ledger_with_marts.connection() as connection:
        connection.execute("DELETE FROM sellerops_marts.owed WHERE reference = 'FBA1'")
    assert _run() == {"opened": 0, "ended": 1, "open": 1}
    assert len(sent.messages) == 3
    assert "Alert ended" in sent.texts[2] and "FBA1" in sent.texts[2]
    _run()
    assert len(sent.messages) == 3


def test_an_alert_that_fails_does_not_keep_the_others_from_being_sent(
    ledger_with_marts: Ledger, sent: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = load_alert("owed_expiring")
    broken = good.model_copy(update={"name": "broken", "sql": "SELECT 1 FROM nowhere", "thresholds": {}})
    monkeypatch.setattr("sellerops.alerts.running.load_alerts", lambda: [broken, good])
    add_rows(
        ledger_with_marts.database.conninfo,
        "sellerops_marts.owed",
        [{**ROW, **_days(ledger_with_marts, -40, 5)}],
    )
    with pytest.raises(ConfigurationError, match="Postgres rejects its SQL"):
        _run()
    assert len([each for each in sent.texts if "Claim expires" in each]) == 1


def test_invalid_files_are_an_import_error_that_names_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts_dag.raise_for_invalid_business_data()
    config = tmp_path / "config"
    shutil.copytree(config_dir(), config)
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(config))
    (config / "alerts" / "broken.sql").write_text("-- title: x\nSELECT 1\n")
    (config / "alerts.yaml").write_text("alerts: {order_sooner: {}}\n")
    (config / "fee_rules.csv").write_text("marketplaces,rule\nUS,x\n")
    with pytest.raises(ConfigurationError) as caught:
        alerts_dag.raise_for_invalid_business_data()
    for words in ("broken.sql", "unknown alert 'order_sooner'. Did you mean 'order_soon'?", "fee_rules.csv"):
        assert words in str(caught.value), words
