"""Finds what Airflow's health check does not: tasks without a worker or pool, and runs that never start.

Reads Airflow's metadata, so run it where the scheduler runs: `docker compose exec airflow-scheduler ...`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sellerops.notices.workers import RESTART

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

QUEUED_TOO_LONG = timedelta(minutes=10)
NEVER_STARTED = timedelta(hours=6)


def problems(connection: Connection, now: datetime | None = None) -> list[str]:
    """Problems that keep tasks from running, one line each with its remedy. ``now``: aware."""
    moment = now or datetime.now(UTC)
    return [*_no_worker(connection, moment), *_no_pool(connection, moment)]


def warnings(connection: Connection, now: datetime | None = None) -> list[str]:
    """Runs that have been queued for hours while their DAG has no running one. No component causes these."""
    from airflow.models.dag import DagModel
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    moment = now or datetime.now(UTC)
    running = select(DagRun.dag_id).where(DagRun.state == "running")
    rows = connection.execute(
        select(DagRun.dag_id, DagRun.run_id, DagModel.is_paused)
        .join(DagModel, DagModel.dag_id == DagRun.dag_id)
        .where(DagRun.state == "queued", DagRun.queued_at < moment - NEVER_STARTED)
        .where(DagRun.dag_id.not_in(running))
        .order_by(DagRun.queued_at)
    )
    return [
        f"{row.dag_id}, run {row.run_id}: queued for more than {NEVER_STARTED.seconds // 3600} hours. Next: "
        + (
            "unpause the DAG."
            if row.is_paused
            else "delete the run and trigger its days manually; its backfill was cancelled."
        )
        for row in rows
    ]


def _no_worker(connection: Connection, now: datetime) -> Iterator[str]:
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import func, select

    def count(*conditions: object) -> int:
        counted = select(func.count()).select_from(TaskInstance)
        return int(connection.scalar(counted.where(*conditions)) or 0)

    since = now - QUEUED_TOO_LONG
    waiting = count(TaskInstance.state == "queued", TaskInstance.queued_dttm < since)
    if waiting and not count(TaskInstance.state == "running"):
        minutes = QUEUED_TOO_LONG.seconds // 60
        yield (
            f"{waiting} tasks have been queued for more than {minutes} minutes and none is running. "
            f"Next: {RESTART}"
        )


def _no_pool(connection: Connection, now: datetime) -> Iterator[str]:
    from airflow.models.pool import Pool
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import func, select

    rows = connection.execute(
        select(TaskInstance.pool, func.count().label("tasks"))
        .where(TaskInstance.state == "scheduled", TaskInstance.pool.not_in(select(Pool.pool)))
        .group_by(TaskInstance.pool)
    )
    for row in rows:
        yield (
            f"{row.tasks} tasks wait for the pool {row.pool}, which does not exist. Next: "
            f'`airflow pools set {row.pool} 4 "one account at one source"`.'
        )
