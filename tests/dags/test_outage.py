"""An outage of the ledger: one notice without the ledger, and one recovery with what failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Variable
from support.fake_runtime import DAG_ID, SLICE, FakeRuntime
from support.postgres import PostgresServer
from support.sandbox import SandboxServer

from sellerops.base.errors import LedgerUnavailable
from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops_airflow.housekeeping import maintenance
from sellerops_airflow.notifiers import runs
from sellerops_airflow.notifiers.outage import VARIABLE
from sellerops_airflow.notifiers.runs import ReportFailureNotifier, ReportSuccessNotifier
from sellerops_airflow.runs.run_outcomes import RunXComs, build_outcome
from sellerops_airflow.runs.task_outcomes import FAILURE_KEY, slice_outcome
from sellerops_airflow.runtime import use_runtime

FETCH = "northwind_na.slice.fetch_report"


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Airflow's variables, as its own processes share them."""
    kept: dict[str, str] = {}
    monkeypatch.setattr(Variable, "get", lambda key, default=None: kept.get(key, default))
    monkeypatch.setattr(Variable, "set", lambda key, value, **_: kept.update({key: value}))
    monkeypatch.setattr(Variable, "delete", lambda key: kept.pop(key, None))
    return kept


@pytest.fixture
def away(
    ledger: Ledger, sandbox: SandboxServer, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ledger]:
    """A ledger that answers, with Slack at the local Amazon's; the tests take it away."""
    slack = {"conn_type": "slack", "password": "xoxb-x", "extra": {"base_url": f"{sandbox.url}/api/"}}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(slack))
    monkeypatch.setattr(runs, "_PATIENCE_S", 0.1)
    monkeypatch.setattr(ledger.database, "retry_seconds", 1.5)
    monkeypatch.setattr(ledger.database._availability, "_patience", 1.5)

    class Runtime(FakeRuntime):
        @property
        def ledger(self) -> Any:
            return ledger

    with use_runtime(Runtime()):
        yield ledger


def ends(notifier: Any, run_id: str) -> None:
    with DAG(DAG_ID, schedule=None) as dag:
        EmptyOperator(task_id=FETCH)
    ti = SimpleNamespace(xcom_pull=lambda **_: None)
    notifier({"dag": dag, "run_id": run_id, "dag_run": SimpleNamespace(clear_number=0), "ti": ti})


def test_an_outage_is_one_notice_and_one_recovery(
    away: Ledger, postgres_server: PostgresServer, sandbox: SandboxServer, variables: dict[str, str]
) -> None:
    """However many runs fail in many processes; the recovery replies in its thread and names the runs."""
    for run_id in ("one", "two"):
        run = RunRef(DAG_ID, run_id, FETCH, 0, 1, "sales_and_traffic")
        away.set_slice_state(SLICE, SliceState.REQUESTED, run=run)
    postgres_server.stop()
    try:
        with ThreadPoolExecutor(3) as processes:
            list(processes.map(lambda run_id: ends(ReportFailureNotifier(), run_id), ["one", "two", "one"]))
        ends(ReportSuccessNotifier(), "three")
        (notice,) = sandbox.slack_messages()
        assert notice["text"].startswith("The ledger cannot be reached")
        assert "start Postgres" in notice["text"]
        assert VARIABLE in variables
    finally:
        postgres_server.start()
    assert away.database.is_reachable()
    maintenance.send_waiting_notices(away)
    maintenance.send_waiting_notices(away)
    _, recovery = sandbox.slack_messages()
    assert recovery["thread_ts"] == notice["ts"]
    assert "2 runs failed meanwhile" in recovery["text"]
    assert f"/dags/{DAG_ID}/runs/one" in recovery["text"]
    assert variables == {}


def test_slices_that_could_not_be_marked_are_marked_afterwards(
    away: Ledger, postgres_server: PostgresServer, sandbox: SandboxServer
) -> None:
    """And their run sends no notice of its own."""
    run = RunRef(DAG_ID, "one", FETCH, 0, 1, "sales_and_traffic")
    away.set_slice_state(SLICE, SliceState.REQUESTED, run=run)
    postgres_server.stop()
    try:
        ends(ReportFailureNotifier(), "one")
    finally:
        postgres_server.start()
    assert away.database.is_reachable()
    maintenance.send_waiting_notices(away)
    (row,) = away.slice_states()
    assert (row.state, row.error_type) == (SliceState.FAILED, "LedgerUnavailable")
    assert "Clear the task" in str(row.remedy)
    assert maintenance.send_missed_notices(away, wait_hours=0) == 0
    assert len(sandbox.slack_messages()) == 2


def test_the_next_callback_retries_a_channel_that_refused_the_outage_notice(
    away: Ledger, postgres_server: PostgresServer, sandbox: SandboxServer
) -> None:
    sandbox.faults("http_503", operation="chat.postMessage", times=1)
    postgres_server.stop()
    try:
        ends(ReportFailureNotifier(), "one")
        assert sandbox.slack_messages() == []
        ends(ReportFailureNotifier(), "two")
        assert len(sandbox.slack_messages()) == 1
    finally:
        postgres_server.start()
    assert away.database.is_reachable()


def test_without_an_outage_nothing_is_sent(away: Ledger, sandbox: SandboxServer) -> None:
    maintenance.send_waiting_notices(away)
    assert sandbox.slack_messages() == []


def test_a_failure_that_the_ledger_cannot_record_is_passed_by_xcom(
    away: Ledger, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as a task that ended without a word."""
    pushed: dict[str, Any] = {}
    ti = SimpleNamespace(
        try_number=3,
        max_tries=2,
        task_id=FETCH,
        map_index=0,
        run_id="one",
        dag_id=DAG_ID,
        xcom_push=lambda key, value: pushed.update({key: value}),
        xcom_pull=lambda task_ids, key, map_indexes=None: pushed.get(key) if map_indexes == 0 else None,
    )
    run = RunRef(DAG_ID, "one", FETCH, 0, 3, "sales_and_traffic")
    postgres_server.stop()
    try:
        with (
            pytest.raises(LedgerUnavailable),
            slice_outcome(away, {"ti": ti, "run_id": "one"}, run, SLICE),  # type: ignore[typeddict-item]
        ):
            away.get_request(1)
    finally:
        postgres_server.start()
    assert away.database.is_reachable()
    assert pushed[FAILURE_KEY]["error_type"] == "LedgerUnavailable"
    xcoms = RunXComs({"ti": ti})  # type: ignore[typeddict-item]
    outcome = build_outcome(away, DAG_ID, "one", states={(FETCH, 0): "failed"}, xcoms=xcoms)
    (failure,) = outcome.failures
    assert failure.error_type == "LedgerUnavailable"
    assert "did not answer" in failure.cause
