"""One DAG per check, triggered by its tables; differences send one notice and fail nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowSkipException
from support.channels import Channels
from support.fake_runtime import task_context
from support.postgres import PostgresServer

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops.reconciliation.checks import load_check, load_checks
from sellerops.reconciliation.results import CheckResult, Verdict, store_results
from sellerops.settings.specs import load_spec
from sellerops_airflow.dag_factory import reports as report_factory
from sellerops_airflow.housekeeping import maintenance
from sellerops_airflow.operators import checks
from sellerops_airflow.operators.checks import CompareFiguresOperator, NotifyDifferencesOperator

CHECK = "settlements_to_the_cent"
OFF = CheckResult(
    CHECK, Verdict.OFF, "northwind_na", "", date(2026, 11, 13), "123", Decimal("10.01"), Decimal("10.00"),
    Decimal("0.01"), Decimal(0), {"lines": 7},
)  # fmt: skip


@pytest.fixture
def runtime(ledger: Ledger, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    runtime = SimpleNamespace(ledger=ledger, reader_conninfo=postgres_server.reader(ledger.database.conninfo))
    monkeypatch.setattr(checks, "get_runtime", lambda: runtime)
    return ledger


def run(operator: type[Any]) -> Any:
    return operator(task_id="x", check=CHECK).execute(task_context(dag_id=f"check__{CHECK}", task_id="x"))


def keep(ledger: Ledger, *found: CheckResult) -> None:
    with ledger.connection() as connection:
        store_results(connection, list(found))


def test_each_check_is_woken_by_the_assets_that_loads_tell(bag: DagBag) -> None:
    told = {
        asset.uri
        for name in (
            "settlements", "all_orders", "sales_and_traffic", "inventory_ledger_summary", "economics",
            "storage_fees", "reimbursements", "sp_campaigns", "sb_campaigns", "sd_campaigns",
        )
        for asset in report_factory._assets(load_spec(name), "postgres")
    }  # fmt: skip
    checked = [check for check in load_checks() if f"check__{check.name}" in bag.dags]
    # Those of web pages have no DAG: nobody has switched a page on.
    others = {check.name for check in load_checks()} - {check.name for check in checked}
    assert len(checked) == 12 and len(others) > 20
    assert all(any("seller_portal." in each for each in load_check(name).inputs) for name in others)
    for check in checked:
        dag = bag.dags[f"check__{check.name}"]
        assert set(dag.task_ids) == {"compare", "notify"}
        woken = {asset.uri for asset in dag.timetable.asset_condition.objects}
        assert len(woken) == len(check.inputs)
        assert woken <= told
        assert check.inputs[0] in dag.doc_md


def test_nothing_to_tell(runtime: Ledger, sent: Channels) -> None:
    assert run(CompareFiguresOperator) == {"ok": 0, "off": 0, "not_yet": 1, "too_young": 0}
    keep(runtime, replace(OFF, verdict=Verdict.OK))
    with pytest.raises(AirflowSkipException, match="agree"):
        run(NotifyDifferencesOperator)
    assert sent.messages == []


def test_a_difference_is_notified_once(runtime: Ledger, sent: Channels) -> None:
    keep(runtime, OFF)
    sent.down = {"slack"}
    assert run(NotifyDifferencesOperator) == 1, "a channel that is down fails no task"
    assert run(NotifyDifferencesOperator) == 1
    assert sent.messages == []
    sent.down = set()
    runtime.set_clock(Clock(datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=2), 0.0))
    assert maintenance.send_waiting_notices(runtime) == 1
    (message,) = sent.messages
    assert message.target == "#seller-reports-critical"
    for words in ("northwind_na 2026-11-13", "123", "10.01 against 10.00 money", "+0.01", "Seller Central"):
        assert words in message.text
    keep(runtime, OFF, replace(OFF, subject="124"))
    assert run(NotifyDifferencesOperator) == 2
    assert len(sent.messages) == 2
    assert "124" in sent.texts[1]
    assert "123" not in sent.texts[1]
