"""Finds deferred tasks that nothing will continue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sellerops.notices.workers import Stuck

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def deferred_without_trigger(connection: Connection, patience: timedelta, now: datetime) -> Iterator[Stuck]:
    """Deferred tasks without a trigger, and triggers that no living triggerer has."""
    from airflow.jobs.job import Job
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import Trigger
    from sqlalchemy import select

    since = now - patience
    alive = select(Job.id).where(Job.job_type == "TriggererJob", Job.latest_heartbeat >= since)
    rows = connection.execute(
        select(TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id, Trigger.id.label("trigger"))
        .join(Trigger, Trigger.id == TaskInstance.trigger_id, isouter=True)
        .where(TaskInstance.state == "deferred", TaskInstance.updated_at < since)
        .where(Trigger.id.is_(None) | Trigger.triggerer_id.is_(None) | Trigger.triggerer_id.not_in(alive))
        .order_by(TaskInstance.updated_at)
    ).all()
    lost = [row for row in rows if row.trigger is None]
    minutes = int(patience.total_seconds() // 60)
    if lost:
        yield Stuck(
            "trigger|gone",
            "Deferred tasks wait for a trigger that is gone",
            f"{len(lost)} tasks have been deferred for more than {minutes} minutes and have no trigger, so "
            f"nothing continues them: {_name(lost)}.",
            "clear these tasks; each resumes where its slice was.",
        )
    if len(rows) > len(lost):
        waiting = [row for row in rows if row.trigger is not None]
        yield Stuck(
            "trigger|waiting",
            "No triggerer takes the triggers of deferred tasks",
            f"{len(waiting)} tasks have been deferred for more than {minutes} minutes and no living "
            f"triggerer has their triggers: {_name(waiting)}.",
            "start another triggerer or raise `[triggerer] capacity`; if it has room, restart it: "
            "`docker compose restart airflow-triggerer`.",
        )


def _name(rows: list[object]) -> str:
    """The first tasks by name."""
    named = [f"{row.dag_id} {row.run_id} {row.task_id}" for row in rows[:3]]  # type: ignore[attr-defined]
    return ", ".join(named) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")


__all__ = ["deferred_without_trigger"]
