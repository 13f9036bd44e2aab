"""`health` finds what keeps tasks from running while Airflow's own health check is green."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from airflow.models.dag import DagModel  # noqa: E402
from airflow.models.dagrun import DagRun  # noqa: E402
from airflow.models.pool import Pool  # noqa: E402
from airflow.models.taskinstance import TaskInstance  # noqa: E402
from sqlalchemy import Connection, Table, create_engine, insert  # noqa: E402

from sellerops_runtime.__main__ import main  # noqa: E402
from sellerops_runtime.health import problems, warnings  # noqa: E402

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TABLES: tuple[Any, ...] = (DagModel, DagRun, Pool, TaskInstance)
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
    return row


def task(add: Add, state: str, minutes: int, pool: str = "amazon_sp_northwind_na") -> None:
    add(TaskInstance, state=state, queued_dttm=NOW - timedelta(minutes=minutes), pool=pool)


def test_nothing_is_wrong_where_tasks_run_or_have_just_been_queued(metadata: Connection, add: Add) -> None:
    assert problems(metadata, NOW) == []
    task(add, "queued", 9)
    assert problems(metadata, NOW) == []
    task(add, "queued", 30)
    task(add, "running", 31)
    assert problems(metadata, NOW) == []


def test_tasks_that_are_queued_while_none_runs_name_what_to_restart(metadata: Connection, add: Add) -> None:
    task(add, "queued", 11)
    task(add, "success", 20)
    task(add, "deferred", 20)
    (line,) = problems(metadata, NOW)
    assert line.startswith("1 tasks have been queued for more than 10 minutes and none is running")
    assert "docker compose restart airflow-scheduler" in line


def test_a_pool_that_does_not_exist_is_named_with_the_command(metadata: Connection, add: Add) -> None:
    task(add, "scheduled", 1, pool="amazon_sp_southwind_na")
    task(add, "scheduled", 1)
    (line,) = problems(metadata, NOW)
    assert "airflow pools set amazon_sp_southwind_na 4" in line


def test_runs_that_never_start_are_warned_of_and_blame_no_component(metadata: Connection, add: Add) -> None:
    def run(dag_id: str, run_id: str, state: str, hours: int) -> None:
        add(DagRun, dag_id=dag_id, run_id=run_id, state=state, queued_at=NOW - timedelta(hours=hours))

    for dag_id, is_paused in (("paused", True), ("cancelled", False), ("busy", False)):
        add(DagModel, dag_id=dag_id, is_paused=is_paused)
    run("paused", "backfill__1", "queued", 7)
    run("cancelled", "backfill__2", "queued", 7)
    run("cancelled", "backfill__3", "queued", 5)
    run("busy", "backfill__4", "queued", 9)
    run("busy", "backfill__5", "running", 9)
    lines = warnings(metadata, NOW)
    assert [line.split(":")[0] for line in lines] == ["paused, run backfill__1", "cancelled, run backfill__2"]
    assert "unpause the DAG" in lines[0]
    assert "delete the run" in lines[1]
    assert problems(metadata, NOW) == []


def test_unreadable_metadata_is_reported_with_where_to_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = create_engine(f"sqlite:///{tmp_path}/other.db")
    monkeypatch.setattr("airflow.settings.get_engine", lambda: elsewhere)
    assert main(["health"]) == 1
    printed = capsys.readouterr().err
    assert "cannot read Airflow's metadata" in printed
    assert "where the scheduler runs" in printed
