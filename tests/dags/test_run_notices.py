"""A run that fails, fails again and recovers, as people see it: a thread in Slack, ClickUp comments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from support.fake_runtime import DAG_ID, SLICE, FakeRuntime
from support.loads import record_load
from support.sandbox import SandboxServer

from sellerops.base.clock import Clock
from sellerops.base.errors import LoginRefused, ReportFatal, SellerOpsError
from sellerops.ledger import Ledger, LoadRecord, RequestKey, RunRef, SliceState
from sellerops.ledger.notices import open_faults
from sellerops_airflow.housekeeping import maintenance
from sellerops_airflow.notifiers.runs import ReportFailureNotifier, ReportSuccessNotifier
from sellerops_airflow.runtime import use_runtime

PLAN, FETCH, LOAD = (
    f"northwind_na.{name}" for name in ("plan_slices", "slice.fetch_report", "slice.load_postgres")
)
START = datetime(2026, 11, 21, 9, tzinfo=UTC)
TROUBLE = {PLAN: "success", f"{FETCH}_0": "failed", f"{LOAD}_0": "upstream_failed", f"{LOAD}_1": "success"}
WELL = {PLAN: "success", f"{FETCH}_0": "success", f"{LOAD}_0": "success", f"{LOAD}_1": "success"}


class Story:
    """Runs of one report, as callbacks see them, over the sandbox's sinks."""

    def __init__(self, ledger: Ledger, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ledger, self.sandbox = ledger, sandbox
        self.states: dict[str, str] = {}
        self.label = SLICE.label
        monkeypatch.setattr(
            "airflow.sdk.execution_time.task_runner.RuntimeTaskInstance.get_task_states",
            staticmethod(lambda dag_id, run_ids: {run_ids[0]: self.states}),
        )
        self.at(0)

    def at(self, hours: float) -> None:
        self.ledger.set_clock(Clock(datetime.now(UTC), START + timedelta(hours=hours), 0.0))

    def fails(
        self,
        run_id: str,
        states: dict[str, str] = TROUBLE,
        cleared: int = 0,
        report: int = 50,
        error: SellerOpsError | None = None,
        name: str = "sales_and_traffic",
    ) -> None:
        dag_id = f"report__amazon_sp__{name}"
        run = RunRef(dag_id, run_id, FETCH, 0, 1, name)
        error = error or ReportFatal("Amazon aborted it.", where=f"report {report}")
        slice_ = replace(SLICE, report=name)
        self.ledger.set_slice_state(slice_, SliceState.FAILED, run=run, error=error)
        self._ends(ReportFailureNotifier(), run_id, states, cleared, dag_id)

    def succeeds(self, run_id: str, states: dict[str, str] = WELL, cleared: int = 0) -> None:
        start, end = (datetime.fromisoformat(each) for each in (SLICE.window_start, SLICE.window_end))
        key = RequestKey("amazon_sp", "T", SLICE.account_id, SLICE.marketplace_ids, start, end)
        run = RunRef(DAG_ID, run_id, LOAD, 0, 1, "sales_and_traffic")
        request = self.ledger.find_or_open_request(key, fresh_after=None, run=run)
        for _ in ("once", "cleared"):
            for table, stored in (("sales_daily", 1200), ("sales_daily_totals", 34)):
                self._load(request.id, table, stored)
        self.ledger.set_slice_state(SLICE, SliceState.LOADED, run=run, request_id=request.id)
        self._ends(ReportSuccessNotifier(), run_id, states, cleared)

    def _load(self, request_id: int, table: str, stored: int) -> None:
        record_load(self.ledger,
            LoadRecord(
                report="sales_and_traffic", account_id="northwind_na", marketplace_id="", table=table,
                destination="postgres", rows_in_file=stored, stored=stored, rejected=0, inserted=stored,
                updated=0, unchanged=0, superseded=0, replaced=0, seconds=0.1, started_at=START,
                request_id=request_id,
            )
        )  # fmt: skip

    def _ends(
        self, notifier: Any, run_id: str, states: dict[str, str], cleared: int, dag_id: str = DAG_ID
    ) -> None:
        with DAG(dag_id, schedule=None) as dag:
            for task_id in (PLAN, FETCH, LOAD):
                EmptyOperator(task_id=task_id)
        self.states = states
        notifier(
            {
                "dag": dag,
                "run_id": run_id,
                "dag_run": SimpleNamespace(clear_number=cleared),
                "ti": SimpleNamespace(xcom_pull=self._plan),
            }
        )

    def _plan(self, task_ids: str, key: str) -> list[dict[str, Any]]:
        return [replace(SLICE, label=self.label).to_dict()] * 2

    @property
    def slack(self) -> list[dict[str, Any]]:
        return self.sandbox.slack_messages()

    @property
    def comments(self) -> list[str]:
        return [each["comment_text"] for each in self.sandbox.control("GET", "/clickup")["messages"]]


@pytest.fixture
def story(ledger: Ledger, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    base = {"conn_type": "slack", "password": "xoxb-x", "extra": {"base_url": f"{sandbox.url}/api/"}}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(base))
    tasks = {"conn_type": "generic", "password": "pk_x", "host": f"{sandbox.url}/clickup"}
    monkeypatch.setenv("AIRFLOW_CONN_SELLEROPS_CLICKUP", json.dumps(tasks))

    class Runtime(FakeRuntime):
        @property
        def ledger(self) -> Any:
            return ledger

    with use_runtime(Runtime()):
        yield Story(ledger, sandbox, monkeypatch)


def test_a_notice_calls_the_slice_as_the_grid_does(story: Story) -> None:
    """Of a listing or a snapshot the ledger's rows have a day alone; the plan has the label of the UI."""
    story.label = "NA until 2026-11-20"
    story.fails("one")
    assert "*northwind_na* NA until 2026-11-20" in story.slack[0]["text"]


def test_a_failure_its_retry_and_its_recovery_are_one_thread(story: Story) -> None:
    story.fails("one")
    story.fails("one", cleared=1)
    story.succeeds("one", cleared=2)
    failure, retry, recovery = story.slack
    assert {each["channel"] for each in story.slack} == {"#seller-reports"}
    assert "sales_and_traffic partly failed: 1 task failed, 1 loaded" in failure["text"]
    assert f"/dags/{DAG_ID}/runs/one/tasks/{FETCH}/mapped/0|Log>" in failure["text"]
    assert "thread_ts" not in failure
    assert retry["thread_ts"] == recovery["thread_ts"] == failure["ts"]
    assert (retry["reply_broadcast"], recovery["reply_broadcast"]) == (False, True)
    assert recovery["text"].startswith(
        "sales_and_traffic works again\nResolved: sales_and_traffic northwind_na"
    )
    assert "2 loaded, 1,234 rows in postgres" in recovery["text"]
    assert [text.split("\n")[0] for text in story.comments] == [
        "sales_and_traffic partly failed: 1 task failed, 1 loaded",
        "sales_and_traffic partly failed: 1 task failed, 1 loaded",
        "sales_and_traffic works again",
    ]
    assert story.ledger.database.run(open_faults) == []


def test_success_is_one_comment_and_nothing_in_slack(story: Story) -> None:
    for _ in ("once", "called again"):
        story.succeeds("one")
    assert story.slack == []
    (comment,) = story.comments
    assert comment.startswith("sales_and_traffic done: 2 loaded, 1,234 rows in postgres\nRun: http")


def test_a_critical_failure_goes_to_the_alerts(story: Story) -> None:
    story.fails("one", {f"{FETCH}_0": "failed"})
    (message,) = story.slack
    assert message["channel"] == "#seller-reports-critical"
    assert len(story.comments) == 1


def test_the_same_fault_in_later_runs_is_one_notice_and_one_recovery(story: Story) -> None:
    for number in range(5):
        story.at(number * 4)
        story.fails(f"run {number}", report=50 + number)
    assert (len(story.slack), len(story.comments)) == (1, 1)
    (fault,) = story.ledger.database.run(open_faults)
    assert fault.times == 5
    story.at(25)
    story.succeeds("run 5", {PLAN: "success", f"{LOAD}_0": "skipped"})
    assert len(story.slack) == 1, "a run that had nothing to do says nothing about it"
    story.succeeds("run 6")
    failure, recovery = story.slack
    assert recovery["thread_ts"] == failure["ts"]
    assert "seen 5 times since 2026-11-21 09:00 UTC" in recovery["text"]
    assert sum("works again" in text for text in story.comments) == 1
    story.succeeds("run 7")
    assert len(story.slack) == 2


def test_the_recovery_lists_what_still_fails(story: Story) -> None:
    story.fails("one")
    other = replace(SLICE, first_day="2026-11-18", last_day="2026-11-18")
    story.ledger.set_slice_state(
        other, SliceState.FAILED, run=RunRef(DAG_ID, "zero", FETCH, 0, 1, "x"), error=ReportFatal("x")
    )
    story.succeeds("two")
    assert "Still failed: northwind_na 2026-11-18; clear them" in story.slack[-1]["text"]


def test_another_fault_in_the_run_does_not_hide_that_one_is_over(story: Story) -> None:
    story.fails("one")
    run = RunRef(DAG_ID, "two", LOAD, 1, 1, "sales_and_traffic")
    day = replace(SLICE, first_day="2026-11-18", last_day="2026-11-18")
    story.ledger.set_slice_state(day, SliceState.FAILED, run=run, error=ReportFatal("Another cause."))
    states = {PLAN: "success", f"{LOAD}_0": "success", f"{LOAD}_1": "failed"}
    story._ends(ReportFailureNotifier(), "two", states, 0)
    first, second, recovery = story.slack
    assert "Another cause." in second["text"]
    assert "thread_ts" not in second, "another run, another thread"
    assert recovery["thread_ts"] == first["ts"]
    (left,) = story.ledger.database.run(open_faults)
    assert "Another cause." in left.headline


@pytest.mark.parametrize("fault", ["drop", "http_503_html", "slack_rate_limited"])
def test_a_channel_that_was_down_gets_its_messages_in_order(story: Story, fault: str) -> None:
    story.sandbox.faults(fault, operation="chat.postMessage")
    story.fails("one")
    story.succeeds("one", cleared=1)
    assert story.slack == []
    assert len(story.comments) == 2, "the other channel gets them at once"
    story.sandbox.clear_faults()
    story.at(1)
    assert maintenance.send_waiting_notices(story.ledger) == 2
    failure, recovery = story.slack
    assert "partly failed" in failure["text"]
    assert recovery["thread_ts"] == failure["ts"]
    assert maintenance.send_waiting_notices(story.ledger) == 0


def test_without_any_connection_nothing_is_an_error(
    story: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("SLACK_DEFAULT", "SELLEROPS_CLICKUP"):
        monkeypatch.delenv(f"AIRFLOW_CONN_{name}")
    monkeypatch.setattr("sellerops_airflow.notifiers.channels._warned", set())
    story.fails("one")
    story.succeeds("one", cleared=1)
    warned = [each.getMessage() for each in caplog.records if "is skipped" in each.getMessage()]
    assert len(warned) == 2
    assert not [each for each in caplog.records if each.levelname == "ERROR"]
    assert maintenance.send_waiting_notices(story.ledger) == 0


def test_a_wrong_secret_is_one_notice_that_lists_the_reports_and_one_recovery(story: Story) -> None:
    refused = LoginRefused(
        "Login with Amazon answered invalid_client: the client id or secret is wrong.",
        where="connection amazon_sp_northwind_na",
        remedy="Renew the Airflow connection amazon_sp_northwind_na, then clear the task.",
    )
    failed = {PLAN: "success", f"{FETCH}_0": "failed", f"{LOAD}_0": "upstream_failed"}
    for name in ("sales_and_traffic", "all_orders", "settlements"):
        story.fails(f"run of {name}", failed, error=refused, name=name)
    (message,) = story.slack
    assert message["channel"] == "#seller-reports-critical"
    assert message["text"].startswith("northwind_na cannot log in")
    for words in (
        "sales_and_traffic",
        "all_orders",
        "settlements",
        "invalid_client",
        "amazon_sp_northwind_na",
    ):
        assert words in message["text"]
    (fault,) = story.ledger.database.run(open_faults)
    assert fault.times == 3
    story.succeeds("with nothing to do", {PLAN: "success", f"{FETCH}_0": "skipped", f"{LOAD}_0": "skipped"})
    assert len(story.slack) == 1, "a run that loaded nothing did not log in"
    story.succeeds("after the renewal")
    _, recovery = story.slack
    assert recovery["text"].startswith("northwind_na logs in again")
    assert recovery["thread_ts"] == message["ts"]
    assert story.ledger.database.run(open_faults) == []


def test_a_plan_without_slices_recovers_no_fault(story: Story) -> None:
    """A run for another account, or of days that are all skipped, says nothing of the account that failed."""
    story.states = {PLAN: "failed"}
    story._ends(ReportFailureNotifier(), "one", {PLAN: "failed"}, 0)
    assert len(story.slack) == 1
    for run_id, states in {
        "two": {PLAN: "success"},
        "three": {PLAN: "success", f"{LOAD}_0": "skipped"},
    }.items():
        story._ends(ReportSuccessNotifier(), run_id, states, 0)
    assert len(story.slack) == 1
    story.succeeds("four")
    assert story.slack[-1]["text"].startswith("sales_and_traffic works again")
