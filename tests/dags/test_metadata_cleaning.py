"""Airflow's own rows go by age, except those of runs and backfills that have not ended."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.models.backfill import Backfill
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.log import Log
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import inspect, select, text

from sellerops.base.errors import GiveUpError, SkipError
from sellerops_airflow.housekeeping import metadata_cleaning, upkeep

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEEP = timedelta(days=90)


@pytest.fixture
def metadata() -> Iterator[None]:
    """Airflow's metadata in the tests' own SQLite, without what other tests have left there."""
    with create_session() as session:
        if not inspect(session.get_bind()).has_table("dag_run"):
            initdb()
    _empty()
    yield
    _empty()


def _empty() -> None:
    with create_session() as session:
        for table in ("task_instance", "dag_run", "backfill", "dag", "dag_bundle", "trigger", "log"):
            session.execute(text(f"DELETE FROM {table}"))


def add_run(dag_id: str, days_ago: float, state: str = "success", task: str = "success") -> str:
    """A run and its only task, both begun so long ago; returns the run's id."""
    began, run_id = NOW - timedelta(days=days_ago), f"scheduled__{days_ago}"
    with create_session() as session:
        if session.get(DagModel, dag_id) is None:
            session.execute(text("INSERT OR IGNORE INTO dag_bundle (name, active) VALUES ('tests', 1)"))
            session.add(DagModel(dag_id=dag_id, bundle_name="tests", is_stale=False))
            session.flush()
        session.execute(
            text(
                "INSERT INTO dag_run (dag_id, run_id, state, run_type, run_after, start_date, queued_at, "
                "clear_number, bundle_version, conf, log_template_id) "
                "VALUES (:dag, :run, :state, 'scheduled', :at, :at, :at, 0, NULL, '{}', NULL)"
            ),
            {"dag": dag_id, "run": run_id, "state": state, "at": began},
        )
        _add_task(session, dag_id, run_id, task, began)
    return run_id


def _add_task(session: Any, dag_id: str, run_id: str, state: str, began: datetime) -> None:
    trigger_id = None
    if state == "deferred":
        trigger = Trigger(classpath="a.b.C", kwargs={}, created_date=began)
        session.add(trigger)
        session.flush()
        trigger_id = trigger.id
    columns = {
        "id": f"{abs(hash((dag_id, run_id))):032x}"[:32],
        "task_id": "wait",
        "dag_id": dag_id,
        "run_id": run_id,
        "map_index": -1,
        "state": state,
        "start_date": began,
        "try_number": 1,
        "max_tries": 0,
        "hostname": "",
        "unixname": "",
        "pool": "default_pool",
        "pool_slots": 1,
        "queue": "default",
        "priority_weight": 1,
        "operator": "x",
        "custom_operator_name": "",
        "executor_config": b"\x80\x04}\x94.",
        "trigger_id": trigger_id,
        "span_status": "not_started",
    }
    known = {each["name"] for each in inspect(session.get_bind()).get_columns("task_instance")}
    used = {name: value for name, value in columns.items() if name in known}
    names, values = ", ".join(used), ", ".join(f":{name}" for name in used)
    session.execute(text(f"INSERT INTO task_instance ({names}) VALUES ({values})"), used)


def runs() -> set[tuple[str, str]]:
    with create_session() as session:
        return {(row.dag_id, row.run_id) for row in session.execute(select(DagRun.dag_id, DagRun.run_id))}


def tables() -> set[str]:
    with create_session() as session:
        return set(inspect(session.get_bind()).get_table_names())


@pytest.mark.usefixtures("metadata")
def test_old_runs_go_and_what_is_in_progress_stays() -> None:
    before = tables()
    done = [add_run("done", days) for days in (200, 100, 10)]
    waiting = [add_run("waiting", 200), add_run("waiting", 120, "running", "deferred")]
    last = add_run("rare", 300)
    with create_session() as session:
        for event, days in (("old", 500), ("newer", 300)):
            session.add(entry := Log(event=event))
            entry.dttm = NOW - timedelta(days=days)
        session.add(Trigger(classpath="a.b.Watcher", kwargs={}, created_date=NOW - timedelta(days=300)))

    assert metadata_cleaning.clean(KEEP, timedelta(days=400), NOW) == ["waiting"]

    # The last run of each DAG stays too: the schedule goes on from it.
    assert runs() == {("done", done[2]), ("rare", last), *(("waiting", each) for each in waiting)}
    with create_session() as session:
        deferred = session.scalars(select(TaskInstance.state).where(TaskInstance.dag_id == "waiting")).all()
        assert sorted(map(str, deferred)) == ["deferred", "success"]
        assert session.query(Trigger).count() == 2
        assert session.scalars(select(Log.event)).all() == ["newer"]
    assert tables() == before, "nothing is archived in tables"


@pytest.mark.usefixtures("metadata")
def test_a_running_backfill_and_a_cleared_run_keep_their_rows() -> None:
    add_run("filled", 200)
    add_run("filled", 20)
    add_run("cleared", 200)
    # Cleared yesterday: the run began anew, and a task of then must not run again.
    with create_session() as session:
        session.execute(
            text(
                "UPDATE dag_run SET state = 'running', start_date = :at, queued_at = :at "
                "WHERE dag_id = 'cleared'"
            ),
            {"at": NOW - timedelta(days=1)},
        )
        session.add(
            Backfill(
                dag_id="filled",
                from_date=NOW - timedelta(days=300),
                to_date=NOW,
                dag_run_conf={},
                is_paused=False,
                reprocess_behavior="none",
                max_active_runs=1,
                created_at=NOW,
            )
        )
        session.flush()
        assert metadata_cleaning.busy_dags(session, NOW - KEEP) == ["cleared", "filled"]


def test_without_the_connection_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SELLEROPS_METADATA", raising=False)
    with pytest.raises(SkipError, match="sellerops_metadata"):
        upkeep.clean_metadata(90, 400)


def test_the_process_that_cleans_gets_the_real_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task's environment has a false one, so that it does not use the database."""
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")
    monkeypatch.setenv("AIRFLOW__CORE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")
    found = upkeep._metadata_environment(
        "host=db port=5433 dbname=airflow user=a password=p@ss sslmode=require"
    )
    assert found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == (
        "postgresql+psycopg://a:p%40ss@db:5433/airflow?sslmode=require"
    )
    assert "AIRFLOW__CORE__SQL_ALCHEMY_CONN" not in found


def test_a_cleaning_that_was_killed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SELLEROPS_METADATA", "postgres://nobody@127.0.0.1:1/airflow")
    killed = subprocess.CompletedProcess([], -9, stdout="", stderr="")
    monkeypatch.setattr(upkeep.subprocess, "run", lambda *_, **__: killed)
    with pytest.raises(GiveUpError, match="exit code -9"):
        upkeep.clean_metadata(90, 400)


def test_what_the_cleaning_says_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_SELLEROPS_METADATA", "postgres://nobody:secret@127.0.0.1:1/airflow?connect_timeout=1"
    )
    with pytest.raises(GiveUpError, match="clean-up failed") as failed:
        upkeep.clean_metadata(90, 400)
    assert "secret" not in str(failed.value)
