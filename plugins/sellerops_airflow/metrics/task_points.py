"""How many tasks wait or run, by state and queue, from Airflow's own database."""

from __future__ import annotations

from collections.abc import Iterator

from sellerops.read_models.metrics.metric import Metric, Point

TASKS = Metric(
    "sellerops.tasks", "{task}", "Tasks of unfinished runs that wait or run, by state and queue.",
    ("state", "queue"), sum,
)  # fmt: skip
_STATES = ("scheduled", "queued", "running", "deferred", "up_for_retry", "awaiting_input")


def read_task_points() -> Iterator[Point]:
    """One point for each state and queue that has tasks."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    counted = (
        select(TaskInstance.state, TaskInstance.queue, func.count())
        .where(TaskInstance.state.in_(_STATES))
        .group_by(TaskInstance.state, TaskInstance.queue)
    )
    with create_session() as session:
        rows = list(session.execute(counted))
    for state, queue, count in rows:
        yield Point(TASKS, float(count), {"state": str(state), "queue": str(queue)})


__all__ = ["TASKS", "read_task_points"]
