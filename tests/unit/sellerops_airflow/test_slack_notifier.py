"""A failed run is one Slack message, in its severity's channel; an outage of Slack fails nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from support.fake_runtime import DAG_ID, SLICE, FakeRuntime

from sellerops.base.clock import Clock
from sellerops.base.errors import CredentialsError, ReportFatal
from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops_airflow.housekeeping import maintenance
from sellerops_airflow.notifiers.runs import ReportFailureNotifier
from sellerops_airflow.runs.run_outcomes import _task_key
from sellerops_airflow.runs.urls import log_url
from sellerops_airflow.runtime import use_runtime

RUN_ID = "scheduled__2026-11-21T12:00:00+00:00"
FETCH, LOAD, PLAN = (
    f"northwind_na.{name}" for name in ("slice.fetch_report", "slice.load_postgres", "plan_slices")
)


OK = {"ok": True, "channel": "C1", "ts": "1790000000.000100"}


class Slack:
    """A Slack that keeps what is posted, or answers as set up."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.status, self.answer = 200, OK
        said = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if said.status == 200:
                    given = json.loads(body)
                    shown = json.dumps(given["blocks"], ensure_ascii=False)
                    said.messages.append({**given, "blocks": shown, "token": self.headers["Authorization"]})
                payload = json.dumps(said.answer).encode()
                self.send_response(said.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    fake = Slack()
    connection = {"conn_type": "slack", "password": "xoxb-local", "extra": {"base_url": fake.url}}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(connection))
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


class Runtime(FakeRuntime):
    """With a real ledger."""

    def __init__(self, real: Ledger) -> None:
        super().__init__()
        self.real = real

    @property
    def ledger(self) -> Any:
        return self.real


@pytest.fixture
def runtime(ledger: Ledger) -> Iterator[Runtime]:
    with use_runtime(Runtime(ledger)) as ours:
        assert isinstance(ours, Runtime)
        yield ours


class Airflow:
    """Task states of the run and XComs, as the dag-processor gives them to a callback."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.states: dict[str, str] = {}
        self.xcoms: dict[tuple[str, str], Any] = {(PLAN, "return_value"): [SLICE.to_dict()] * 3}
        self.clear_number = 0
        monkeypatch.setattr(
            "airflow.sdk.execution_time.task_runner.RuntimeTaskInstance.get_task_states",
            staticmethod(lambda dag_id, run_ids: {run_ids[0]: self.states}),
        )

    def context(self) -> Any:
        with DAG(DAG_ID, schedule=None) as dag:
            for task_id in (PLAN, FETCH, LOAD):
                EmptyOperator(task_id=task_id)
        return {
            "dag": dag,
            "run_id": RUN_ID,
            "dag_run": SimpleNamespace(clear_number=self.clear_number),
            "ti": SimpleNamespace(xcom_pull=lambda task_ids, key: self.xcoms.get((task_ids, key))),
        }


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    return Airflow(monkeypatch)


def fail(runtime: Runtime, error: Exception, day: str = "2026-11-20", map_index: int = 0) -> None:
    run = RunRef(DAG_ID, RUN_ID, FETCH, map_index, 1, "sales_and_traffic")
    slice_ = replace(SLICE, first_day=day, last_day=day)
    runtime.real.set_slice_state(slice_, SliceState.FAILED, run=run, error=error)


def test_a_partial_failure(runtime: Runtime, channel: Slack, airflow: Airflow) -> None:
    fail(runtime, ReportFatal("Amazon aborted it.", where="report 50"))
    airflow.states = {
        PLAN: "success",
        f"{FETCH}_0": "failed",
        f"{FETCH}_1": "success",
        f"{LOAD}_0": "upstream_failed",
        f"{LOAD}_1": "success",
    }
    ReportFailureNotifier()(airflow.context())
    (message,) = channel.messages
    assert message["channel"] == "#seller-reports"
    assert message["token"] == "Bearer xoxb-local"
    assert "1 task failed, 1 loaded" in message["text"]
    for words in ("northwind_na", "US 2026-11-20", "Amazon aborted it.", "Next: "):
        assert words in message["blocks"]
    link = log_url(DAG_ID, RUN_ID, FETCH, 0)
    assert link in message["blocks"]
    assert link == (
        "http://airflow.example:8080/dags/report__amazon_sp__sales_and_traffic/runs/"
        "scheduled__2026-11-21T12%3A00%3A00%2B00%3A00/tasks/northwind_na.slice.fetch_report/mapped/0"
    )


def test_nothing_loaded_is_critical(runtime: Runtime, channel: Slack, airflow: Airflow) -> None:
    fail(runtime, ReportFatal("Amazon aborted it."))
    airflow.states = {f"{FETCH}_0": "failed", f"{LOAD}_0": "upstream_failed"}
    ReportFailureNotifier()(airflow.context())
    assert channel.messages[0]["channel"] == "#seller-reports-critical"


def test_refused_credentials_are_critical_whatever_else_was_loaded(
    runtime: Runtime, channel: Slack, airflow: Airflow
) -> None:
    fail(runtime, CredentialsError("Amazon refuses.", where="connection amazon_sp_northwind_na"))
    airflow.states = {f"{FETCH}_0": "failed", f"{LOAD}_1": "success"}
    ReportFailureNotifier()(airflow.context())
    assert channel.messages[0]["channel"] == "#seller-reports-critical"


def test_a_failed_plan_shows_its_cause(runtime: Runtime, channel: Slack, airflow: Airflow) -> None:
    airflow.states = {PLAN: "failed", FETCH: "upstream_failed", LOAD: "upstream_failed"}
    airflow.xcoms[(PLAN, "failure")] = {
        "error_type": "ConfigurationError",
        "cause": "'x' is no day.",
        "remedy": "Write it as 2026-11-20.",
    }
    ReportFailureNotifier()(airflow.context())
    (message,) = channel.messages
    assert message["channel"] == "#seller-reports-critical"
    assert "ConfigurationError: 'x' is no day." in message["blocks"]
    assert "plan_slices" in message["blocks"]


def test_a_killed_task_that_left_no_word_is_named_all_the_same(
    runtime: Runtime, channel: Slack, airflow: Airflow
) -> None:
    airflow.states = {f"{LOAD}_2": "failed", f"{LOAD}_1": "success"}
    ReportFailureNotifier()(airflow.context())
    (message,) = channel.messages
    assert "US 2026-11-20" in message["blocks"]
    assert "killed or lost before it could report a cause" in message["blocks"]
    assert log_url(DAG_ID, RUN_ID, LOAD, 2) in message["blocks"]


def test_a_failure_is_sent_once_and_a_new_one_after_clearing_again(
    runtime: Runtime, channel: Slack, airflow: Airflow
) -> None:
    fail(runtime, ReportFatal("Amazon aborted it."))
    airflow.states = {f"{FETCH}_0": "failed"}
    for _ in range(3):
        ReportFailureNotifier()(airflow.context())
    assert len(channel.messages) == 1
    airflow.clear_number = 1
    ReportFailureNotifier()(airflow.context())
    assert len(channel.messages) == 2
    assert channel.messages[1]["thread_ts"] == OK["ts"], "it answers in the thread of its run"
    assert "thread_ts" not in channel.messages[0]


@pytest.mark.parametrize(
    ("status", "answer"), [(200, {"ok": False, "error": "channel_not_found"}), (500, {})]
)
def test_when_slack_fails_nothing_is_raised_and_the_notice_can_be_sent_later(
    runtime: Runtime, channel: Slack, airflow: Airflow, status: int, answer: dict[str, Any]
) -> None:
    fail(runtime, ReportFatal("Amazon aborted it."))
    airflow.states = {f"{FETCH}_0": "failed"}
    channel.status, channel.answer = status, answer
    ReportFailureNotifier()(airflow.context())
    channel.status, channel.answer = 200, OK
    channel.messages.clear()
    ReportFailureNotifier()(airflow.context())
    assert channel.messages == [], "its next try is not yet due"
    runtime.real.set_clock(Clock(datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=2), 0.0))
    assert maintenance.send_waiting_notices(runtime.real) == 1
    assert len(channel.messages) == 1


def test_without_airflows_states_the_ledger_alone_decides(
    runtime: Runtime, channel: Slack, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> Any:
        raise RuntimeError("no supervisor here")

    monkeypatch.setattr(
        "airflow.sdk.execution_time.task_runner.RuntimeTaskInstance.get_task_states", staticmethod(away)
    )
    fail(runtime, ReportFatal("Amazon aborted it."))
    ReportFailureNotifier()(airflow.context())
    assert "US 2026-11-20" in channel.messages[0]["blocks"]


def test_a_failure_nobody_knows_more_of_still_makes_a_notice(
    runtime: Runtime, channel: Slack, airflow: Airflow
) -> None:
    ReportFailureNotifier()({**airflow.context(), "reason": "all_tasks_deadlocked"})
    (message,) = channel.messages
    assert "all_tasks_deadlocked" in message["blocks"]
    assert "/runs/" in message["blocks"]


def test_failures_of_other_runs_are_not_sent(runtime: Runtime, channel: Slack, airflow: Airflow) -> None:
    other = RunRef(DAG_ID, "another run", FETCH, 0, 1, "sales_and_traffic")
    runtime.real.set_slice_state(SLICE, SliceState.FAILED, run=other, error=ReportFatal("of another run"))
    airflow.states = {f"{FETCH}_1": "failed"}
    ReportFailureNotifier()(airflow.context())
    assert "of another run" not in channel.messages[0]["blocks"]


def test_the_text_of_an_error_is_no_template(runtime: Runtime, channel: Slack, airflow: Airflow) -> None:
    fail(runtime, ReportFatal("{{ conn.slack_default.password }} {% broken"))
    airflow.states = {f"{FETCH}_0": "failed"}
    ReportFailureNotifier()(airflow.context())
    assert "{{ conn.slack_default.password }} {% broken" in channel.messages[0]["blocks"]


def test_an_event_without_a_channel_stays_quiet(
    runtime: Runtime, channel: Slack, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellerops import notices

    quiet = notices.Routes(channels={}, rules=())
    monkeypatch.setattr(notices, "load_routes", lambda: quiet)
    fail(runtime, ReportFatal("Amazon aborted it."))
    airflow.states = {f"{FETCH}_0": "failed"}
    ReportFailureNotifier()(airflow.context())
    assert channel.messages == []
    assert maintenance.send_waiting_notices(runtime.real) == 0


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (PLAN, (PLAN, -1)),
        (f"{FETCH}_12", (FETCH, 12)),
        ("task_2", ("task_2", -1)),
    ],
)
def test_airflows_names_of_task_instances(name: str, key: tuple[str, int]) -> None:
    assert _task_key(name, {PLAN, FETCH, LOAD, "task_2", "task"}) == key
