"""What keeps tasks from running while Airflow's own health check is green, and components that are silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from airflow.jobs.job import Job  # noqa: E402
from airflow.models.dag import DagModel  # noqa: E402
from airflow.models.dagrun import DagRun  # noqa: E402
from airflow.models.pool import Pool  # noqa: E402
from airflow.models.taskinstance import TaskInstance  # noqa: E402
from airflow.models.trigger import Trigger  # noqa: E402
from sqlalchemy import Connection, Table, create_engine, insert, update  # noqa: E402

from sellerops.doctor.finding import State  # noqa: E402
from sellerops.doctor.installation import Installation  # noqa: E402
from sellerops_airflow.doctor.stuck import find_stuck, is_hidden, runs_that_never_started  # noqa: E402
from sellerops_airflow.doctor.stuck_check import PATIENCE, examine_stuck, read_limits  # noqa: E402
from sellerops_runtime.__main__ import main  # noqa: E402

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TABLES: tuple[Any, ...] = (DagModel, DagRun, Job, Pool, TaskInstance, Trigger)
Add = Callable[..., None]


@pytest.fixture
def metadata() -> Iterator[Connection]:
    """The tables that are read, in SQLite, without constraints that would need all the others."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for model in TABLES:
            names = ", ".join(f'"{column.name}"' for column in model.__table__.columns)
            connection.exec_driver_sql(f'CREATE TABLE "{model.__table__.name}" ({names})')
        yield connection


@pytest.fixture
def add(metadata: Connection) -> Add:
    def row(model: Any, **values: Any) -> None:
        table: Table = model.__table__
        bare = Table(table.name, type(table.metadata)(), *(type(c)(c.name, c.type) for c in table.columns))
        metadata.execute(insert(bare).values(**values))

    row(Pool, pool="amazon_sp_northwind_na", slots=4)
    for number, job_type in enumerate(("SchedulerJob", "TriggererJob", "DagProcessorJob"), 1):
        # An earlier instance was killed: its row keeps the state that it had.
        row(Job, id=10 + number, job_type=job_type, state="running", latest_heartbeat=NOW - timedelta(days=1))
        row(Job, id=number, job_type=job_type, state="running", latest_heartbeat=NOW - timedelta(minutes=1))
    return row


def task(
    add: Add, state: str, minutes: int, pool: str = "amazon_sp_northwind_na", queue: str = "default"
) -> None:
    queued = NOW - timedelta(minutes=minutes)
    add(TaskInstance, dag_id="d", state=state, queued_dttm=queued, pool=pool, queue=queue)


def deferred(add: Add, task_id: str, trigger_id: int | None, minutes: int = 11) -> None:
    add(
        TaskInstance,
        dag_id="d",
        run_id="r",
        task_id=task_id,
        state="deferred",
        trigger_id=trigger_id,
        updated_at=NOW - timedelta(minutes=minutes),
    )


def silence(metadata: Connection, job_type: str) -> None:
    """Nothing has been heard of its instances for four minutes."""
    before = NOW - timedelta(minutes=4)
    metadata.execute(update(Job).where(Job.job_type == job_type).values(latest_heartbeat=before))


def headlines(metadata: Connection) -> list[str]:
    return [each.headline for each in find_stuck(metadata, now=NOW)]


def test_nothing_is_stuck_where_tasks_run_or_have_just_been_queued(metadata: Connection, add: Add) -> None:
    assert headlines(metadata) == []
    task(add, "queued", 9)
    assert headlines(metadata) == []
    task(add, "queued", 30)
    task(add, "running", 31)
    assert headlines(metadata) == []


def test_tasks_that_are_queued_while_none_runs_name_what_to_restart(metadata: Connection, add: Add) -> None:
    task(add, "queued", 11)
    task(add, "success", 20)
    (stuck,) = find_stuck(metadata, now=NOW)
    assert stuck.headline == "Tasks are queued and nothing runs"
    assert stuck.what.startswith("1 tasks of queue default have been queued for more than 10 minutes")
    assert "docker compose restart airflow-scheduler" in stuck.remedy


def use_celery(monkeypatch: pytest.MonkeyPatch, **taken: list[str]) -> None:
    """Celery workers that take these queues."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setattr("sellerops_airflow.doctor.stuck.workers_by_queue", lambda: taken)


@pytest.mark.parametrize("taken", [{}, {"default": ["a"]}, {"default": ["a"], "marts": ["b"]}], ids=str)
def test_a_queue_without_a_worker_is_named_while_others_work(
    metadata: Connection, add: Add, monkeypatch: pytest.MonkeyPatch, taken: dict[str, list[str]]
) -> None:
    use_celery(monkeypatch, **taken)
    task(add, "running", 20)
    task(add, "queued", 20)
    task(add, "queued", 11, queue="marts")
    (stuck,) = find_stuck(metadata, now=NOW)
    assert (stuck.key, stuck.headline) == ("queue|marts", "No worker takes queue marts")


def test_a_worker_of_the_queue_that_is_busy_with_another_is_no_fault(
    metadata: Connection, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_celery(monkeypatch, default=["a", "b"], marts=["a", "b"])
    task(add, "running", 20)
    task(add, "queued", 11, queue="marts")
    assert headlines(metadata) == []


def test_queues_of_local_executor_have_no_workers_to_start(metadata: Connection, add: Add) -> None:
    task(add, "running", 20)
    task(add, "queued", 11, queue="marts")
    (stuck,) = find_stuck(metadata, now=NOW)
    assert stuck.headline == "Tasks of queue marts are queued and none of them runs"
    assert "docker compose restart airflow-scheduler" in stuck.remedy


def test_what_a_cause_hides_is_not_known_to_be_fine(metadata: Connection, add: Add) -> None:
    hidden = ("queue|marts", "pool|x", "short_run", "trigger|gone")
    assert not any(is_hidden(key, find_stuck(metadata, now=NOW)) for key in hidden)
    task(add, "queued", 11)
    waiting = find_stuck(metadata, now=NOW)
    assert [key for key in hidden if is_hidden(key, waiting)] == ["short_run"]
    silence(metadata, "SchedulerJob")
    silence(metadata, "TriggererJob")
    assert all(is_hidden(key, find_stuck(metadata, now=NOW)) for key in hidden)
    assert not is_hidden("dag-processor", find_stuck(metadata, now=NOW))


def test_a_pool_that_does_not_exist_is_named_with_the_command(metadata: Connection, add: Add) -> None:
    task(add, "scheduled", 1, pool="amazon_sp_southwind_na")
    task(add, "scheduled", 1)
    (stuck,) = find_stuck(metadata, now=NOW)
    assert "airflow pools set amazon_sp_southwind_na 4" in stuck.remedy


@pytest.mark.parametrize(
    ("job_type", "name"),
    [("SchedulerJob", "scheduler"), ("TriggererJob", "triggerer"), ("DagProcessorJob", "dag-processor")],
)
def test_a_silent_component_is_the_only_cause_that_is_named(
    metadata: Connection, add: Add, job_type: str, name: str
) -> None:
    silence(metadata, job_type)
    if name == "scheduler":
        task(add, "queued", 30)
    if name == "triggerer":
        add(Trigger, id=5, triggerer_id=2)
        deferred(add, "waits", 5)
    (stuck,) = find_stuck(metadata, now=NOW)
    assert stuck.headline == f"The {name} is silent"
    assert "since 2026-11-21 08:56 UTC" in stuck.what
    assert f"docker compose restart airflow-{name}" in stuck.remedy


def test_deferred_tasks_that_nobody_continues_are_named(metadata: Connection, add: Add) -> None:
    for trigger_id, triggerer_id in ((5, 2), (6, None), (7, 12)):
        add(Trigger, id=trigger_id, triggerer_id=triggerer_id)
    deferred(add, "works", 5)
    deferred(add, "just_deferred", None, minutes=9)
    assert headlines(metadata) == []
    deferred(add, "never_taken", 6)
    deferred(add, "of_a_dead_triggerer", 7)
    deferred(add, "gone", 99)
    gone, waiting = find_stuck(metadata, now=NOW)
    assert gone.headline == "Deferred tasks wait for a trigger that is gone"
    assert "d r gone" in gone.what
    assert waiting.headline == "No triggerer takes the triggers of deferred tasks"
    assert "2 tasks" in waiting.what and "never_taken" in waiting.what and "of_a_dead" in waiting.what


@pytest.mark.parametrize(
    ("run", "state", "others", "says"),
    [
        ("running", "scheduled", 3, "No worker was free for a task"),
        ("running", "scheduled", 0, "Tasks are queued and nothing runs"),
        ("running", "running", 0, "A task that should take seconds hangs"),
        ("queued", None, 0, "Airflow starts no runs"),
    ],
)
def test_a_short_run_that_does_not_end_is_diagnosed_by_what_runs_beside_it(
    metadata: Connection, add: Add, run: str, state: str | None, others: int, says: str
) -> None:
    dag_id, run_id = "sellerops__notices", "scheduled__1"
    add(DagModel, dag_id=dag_id, is_paused=False)
    add(DagRun, dag_id=dag_id, run_id=run_id, state=run, queued_at=NOW - timedelta(minutes=14))
    if state:
        add(TaskInstance, dag_id=dag_id, run_id=run_id, task_id="send", state=state, pool="default_pool")
    add(Pool, pool="default_pool", slots=128)
    for _ in range(others):
        task(add, "running", 1)
    assert headlines(metadata) == []
    metadata.execute(update(DagRun).values(queued_at=NOW - timedelta(minutes=16)))
    (stuck,) = find_stuck(metadata, now=NOW)
    assert stuck.headline == says
    assert "has not finished 16 minutes after it was created" in stuck.what


def test_runs_that_never_start_blame_no_component(metadata: Connection, add: Add) -> None:
    def run(dag_id: str, run_id: str, state: str, hours: int) -> None:
        add(DagRun, dag_id=dag_id, run_id=run_id, state=state, queued_at=NOW - timedelta(hours=hours))

    for dag_id, is_paused in (("paused", True), ("cancelled", False), ("busy", False)):
        add(DagModel, dag_id=dag_id, is_paused=is_paused)
    run("paused", "backfill__1", "queued", 7)
    run("cancelled", "backfill__2", "queued", 7)
    run("cancelled", "backfill__3", "queued", 5)
    run("busy", "backfill__4", "queued", 9)
    run("busy", "backfill__5", "running", 9)
    paused, cancelled = runs_that_never_started(metadata, NOW)
    assert paused.what.startswith("paused, run backfill__1") and "unpause the DAG" in paused.remedy
    assert cancelled.what.startswith("cancelled, run backfill__2") and "delete the run" in cancelled.remedy
    assert headlines(metadata) == []


def test_the_doctor_says_the_same(metadata: Connection, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow.settings.get_engine", lambda: metadata.engine)
    installation = Installation(str, str, str)
    metadata.execute(update(Job).values(latest_heartbeat=datetime.now(UTC)))
    (fine,) = examine_stuck(installation)
    assert fine.state is State.OK
    add(TaskInstance, dag_id="d", state="queued", queued_dttm=NOW - timedelta(days=9), queue="default")
    add(DagModel, dag_id="paused", is_paused=True)
    add(DagRun, dag_id="paused", run_id="r", state="queued", queued_at=NOW - timedelta(days=9))
    stuck, warned = examine_stuck(installation)
    assert (stuck.state, warned.state) == (State.FAILED, State.WARNING)
    assert stuck.remedy.startswith("Restart the scheduler") and warned.remedy == "Unpause the DAG."


@pytest.mark.parametrize(("value", "seconds"), [("", 600), ("120", 120), ("1", 10), ("ten", 600)])
def test_patience_is_a_variable(monkeypatch: pytest.MonkeyPatch, value: str, seconds: int) -> None:
    monkeypatch.setenv(PATIENCE, value)
    assert read_limits().patience == timedelta(seconds=seconds)


def test_unreadable_metadata_is_reported_with_where_to_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = create_engine(f"sqlite:///{tmp_path}/other.db")
    monkeypatch.setattr("airflow.settings.get_engine", lambda: elsewhere)
    assert main(["health"]) == 1
    printed = capsys.readouterr().err
    assert "cannot read Airflow's metadata" in printed
    assert "where the scheduler runs" in printed
