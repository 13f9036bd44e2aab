"""When no worker takes tasks, the triggerer sends one notice and one recovery."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.definitions.callback import AsyncCallback
from support.channels import Channels

from sellerops.ledger import Ledger
from sellerops.ledger.notices import open_faults
from sellerops.notices import RunOutcome
from sellerops_airflow.housekeeping import worker_watch
from sellerops_airflow.notifiers.runs import send_run_recoveries
from sellerops_airflow.runtime import Runtime, use_runtime

DAG_ID, RUN_ID = "sellerops__notices", "scheduled__1"


@pytest.fixture
def airflow(ledger: Ledger, conninfo: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """What Airflow answers: the state of the run, of its tasks, and how many tasks run."""
    answers: dict[str, object] = {"run": "running", "tasks": {"queued"}, "running": 0}

    def count_runs(dag_id: str, *states: str, run_ids: list[str] | None = None) -> int:
        return int(answers["run"] in states)

    monkeypatch.setattr(worker_watch, "count_runs", count_runs)
    monkeypatch.setattr(worker_watch, "task_states", lambda *_: answers["tasks"])
    monkeypatch.setattr(
        worker_watch, "count_tasks", lambda dag_id, _: answers["running"] if "all_orders" in dag_id else 0
    )
    with use_runtime(Runtime(lambda: conninfo, str, str)):
        yield answers


def callback() -> str:
    context = {"dag_run": {"dag_id": DAG_ID, "dag_run_id": RUN_ID}, "deadline": {}}
    return asyncio.run(worker_watch.notify_stuck_run(context=context))


def test_the_dag_that_runs_every_few_minutes_has_the_deadline(bag: DagBag) -> None:
    (alert,) = bag.dags[DAG_ID].deadline
    assert alert.interval == timedelta(minutes=15)
    assert isinstance(alert.callback, AsyncCallback)  # the triggerer's: workers there are none
    assert alert.callback.path == "sellerops_airflow.housekeeping.worker_watch.notify_stuck_run"


def test_it_names_what_to_restart_and_sends_a_recovery(
    airflow: dict[str, object], ledger: Ledger, sent: Channels
) -> None:
    assert callback() == "Tasks are queued and nothing runs"
    assert callback() == "Tasks are queued and nothing runs"
    (text,) = sent.texts
    assert text.startswith("Tasks are queued and nothing runs")
    assert "docker compose restart airflow-scheduler" in text
    fine = RunOutcome("notices", DAG_ID, "scheduled__2", "http://airflow", (), 0, 0)
    send_run_recoveries(ledger, fine)
    assert len(sent.texts) == 2
    assert "Resolved: Tasks are queued and nothing runs" in sent.texts[1]
    assert ledger.database.run(lambda c: open_faults(c)) == []


@pytest.mark.parametrize(
    ("run", "tasks", "running", "says"),
    [
        ("running", {"queued"}, 3, "No worker was free for a task"),
        ("running", {"scheduled"}, 0, "Tasks are queued and nothing runs"),
        ("running", {"running"}, 0, "A task that should take seconds hangs"),
        ("queued", set(), 0, "Airflow starts no runs"),
    ],
)
def test_what_it_says_fits_what_airflow_shows(
    airflow: dict[str, object], sent: Channels, run: str, tasks: set[str], running: int, says: str
) -> None:
    airflow.update(run=run, tasks=tasks, running=running)
    assert callback() == says
    assert sent.texts[0].startswith(says)


def test_a_run_that_failed_in_the_meantime_sends_nothing(airflow: dict[str, object], sent: Channels) -> None:
    """Airflow keeps the deadline of a run that failed; its own notice was sent."""
    airflow["run"] = "failed"
    assert "has ended" in callback()
    assert sent.texts == []
