"""Finds in Airflow's metadata what Airflow does not notice: silent components, and work that nobody does.

Airflow's own health check stays green while a killed LocalExecutor worker keeps the others from every task,
while no Celery worker takes a queue, and while a deferred task waits for a trigger that is gone. Each finding
names one cause: the consequences of a silent component are not reported separately.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sellerops.notices.workers import RESTART, Stuck, StuckRun, describe_run
from sellerops_airflow.doctor.components import newest_heartbeats
from sellerops_airflow.doctor.deferred import deferred_without_trigger
from sellerops_airflow.doctor.queues import executor_name, workers_by_queue

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# Its runs take seconds on any free worker and start every five minutes.
SHORT_DAG = "sellerops__notices"
NEVER_STARTED = timedelta(hours=6)
_COMPONENTS = {
    "SchedulerJob": ("scheduler", "no run starts and no task"),
    "TriggererJob": ("triggerer", "nothing that waits for Amazon or a person continues"),
    "DagProcessorJob": ("dag-processor", "changes of files have no effect, and runs send no notices"),
}
COMPONENTS = frozenset(name for name, _ in _COMPONENTS.values())
# What is not looked for once a cause has been found; both are prefixes of keys.
_HIDDEN = {
    "scheduler": ("queue|", "pool|", "short_run"),
    "triggerer": ("trigger|",),
    "queue|": ("short_run",),
    "pool|": ("short_run",),
}


@dataclass(frozen=True)
class Limits:
    """How long each condition may last. ``patience``: how long tasks may wait for a worker or triggerer."""

    patience: timedelta = timedelta(minutes=10)

    @property
    def silence(self) -> timedelta:
        """How long a heartbeat, or an answer of the API server, may be missing. A restart takes less."""
        return self.patience * 0.3

    @property
    def short_run(self) -> timedelta:
        return self.patience * 1.5


def find_stuck(
    connection: Connection, limits: Limits | None = None, now: datetime | None = None
) -> list[Stuck]:
    """What is stuck, causes only. ``now``: aware."""
    limits, moment = limits or Limits(), now or datetime.now(UTC)
    found = [*_silent_components(connection, limits.silence, moment)]
    if not is_hidden("queue|", found):
        found += find_waiting_tasks(connection, limits, moment)
    if not is_hidden("short_run", found):
        found += _stuck_run(connection, limits.short_run, moment)
    if not is_hidden("trigger|", found):
        found += deferred_without_trigger(connection, limits.patience, moment)
    return found


def is_hidden(key: str, found: Iterable[Stuck]) -> bool:
    """Whether ``key`` was not looked for because of what was found, so it is unknown whether it is stuck."""
    return any(
        each.key.startswith(cause) and key.startswith(hidden)
        for each in found
        for cause, hidden in _HIDDEN.items()
    )


def find_waiting_tasks(
    connection: Connection, limits: Limits | None = None, now: datetime | None = None
) -> list[Stuck]:
    """Tasks that wait for a worker or a pool that does not exist. The scheduler's health check calls this."""
    patience, moment = (limits or Limits()).patience, now or datetime.now(UTC)
    return [*_no_worker(connection, patience, moment), *_no_pool(connection)]


def runs_that_never_started(connection: Connection, now: datetime | None = None) -> list[Stuck]:
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
    hours = NEVER_STARTED.seconds // 3600
    return [
        Stuck(
            f"run|{row.dag_id}|{row.run_id}",
            "A run never starts",
            f"{row.dag_id}, run {row.run_id}: queued for more than {hours} hours.",
            "unpause the DAG."
            if row.is_paused
            else "delete the run and trigger its days manually; its backfill was cancelled.",
        )
        for row in rows
    ]


def _silent_components(connection: Connection, silence: timedelta, now: datetime) -> Iterator[Stuck]:
    """Kinds of component of which no instance has a recent heartbeat; one live instance is enough."""
    heartbeats = newest_heartbeats(connection)
    for job_type, (name, effect) in _COMPONENTS.items():
        beat = heartbeats.get(job_type)
        if beat is not None and now - beat > silence:
            yield Stuck(
                name,
                f"The {name} is silent",
                f"No {name} has sent a heartbeat since {beat:%Y-%m-%d %H:%M} UTC: {effect}.",
                f"restart it: `docker compose restart airflow-{name}`, or end `make demo` and start it "
                "again. If it stops again, its log says why. Nothing is lost: tasks resume where they were.",
                begun=beat,
            )


def _no_worker(connection: Connection, patience: timedelta, now: datetime) -> Iterator[Stuck]:
    """Queues with waiting tasks and no running one, whose workers are not busy with another queue."""
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import case, func, select

    late = case((TaskInstance.queued_dttm < now - patience, 1), else_=0)
    rows = connection.execute(
        select(
            TaskInstance.queue,
            func.sum(case((TaskInstance.state == "queued", late), else_=0)).label("waiting"),
            func.sum(case((TaskInstance.state == "running", 1), else_=0)).label("running"),
        )
        .where(TaskInstance.state.in_(("queued", "running")))
        .group_by(TaskInstance.queue)
    ).all()
    running = {str(row.queue) for row in rows if row.running}
    stuck = {str(row.queue): int(row.waiting) for row in rows if row.waiting and not row.running}
    if stuck and running and executor_name() == "CeleryExecutor":
        taken = workers_by_queue()
        busy = {worker for queue in running for worker in taken.get(queue, ())}
        stuck = {queue: tasks for queue, tasks in stuck.items() if not busy & set(taken.get(queue, ()))}
    minutes = int(patience.total_seconds() // 60)
    for queue, tasks in stuck.items():
        headline, remedy = _why_no_worker(queue, running)
        yield Stuck(
            f"queue|{queue}",
            headline,
            f"{tasks} tasks of queue {queue} have been queued for more than {minutes} minutes "
            + ("and none of them runs, while others run." if running else "and none is running."),
            remedy,
        )


def _why_no_worker(queue: str, running: Collection[str]) -> tuple[str, str]:
    """A headline and a remedy. LocalExecutor's workers take the tasks of all queues."""
    if not running:
        return "Tasks are queued and nothing runs", RESTART
    if executor_name() == "LocalExecutor":
        return f"Tasks of queue {queue} are queued and none of them runs", RESTART
    return (
        f"No worker takes queue {queue}",
        "start a worker of that queue, or restart it: its log says what it is doing.",
    )


def _no_pool(connection: Connection) -> Iterator[Stuck]:
    from airflow.models.pool import Pool
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import func, select

    rows = connection.execute(
        select(TaskInstance.pool, func.count().label("tasks"))
        .where(TaskInstance.state == "scheduled", TaskInstance.pool.not_in(select(Pool.pool)))
        .group_by(TaskInstance.pool)
    )
    for row in rows:
        yield Stuck(
            f"pool|{row.pool}",
            f"The pool {row.pool} does not exist",
            f"{row.tasks} tasks wait for the pool {row.pool}, which does not exist.",
            f'`airflow pools set {row.pool} 4 "one account at one source"`.',
        )


def _stuck_run(connection: Connection, short_run: timedelta, now: datetime) -> Iterator[Stuck]:
    """The oldest unfinished run of the DAG whose runs take seconds, if it is old."""
    from airflow.models.dag import DagModel
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import func, select

    row = connection.execute(
        select(DagRun.run_id, DagRun.state, DagRun.queued_at)
        .join(DagModel, DagModel.dag_id == DagRun.dag_id)
        .where(DagRun.dag_id == SHORT_DAG, DagRun.state.in_(("queued", "running")))
        .where(DagRun.queued_at < now - short_run, DagModel.is_paused.is_(False))
        .order_by(DagRun.queued_at)
        .limit(1)
    ).first()
    if row is None:
        return
    states = select(TaskInstance.state).where(
        TaskInstance.dag_id == SHORT_DAG, TaskInstance.run_id == row.run_id
    )
    is_waiting = bool({None, "scheduled", "queued", "up_for_retry"} & set(connection.scalars(states)))
    others = select(func.count()).where(TaskInstance.state == "running", TaskInstance.dag_id != SHORT_DAG)
    state = "queued" if row.state == "queued" else "waiting" if is_waiting else "running"
    minutes = int((now - row.queued_at).total_seconds() // 60)
    yield describe_run(
        StuckRun(SHORT_DAG, str(row.run_id), minutes, state, int(connection.scalar(others) or 0))
    )


__all__ = [
    "COMPONENTS",
    "Limits",
    "find_stuck",
    "find_waiting_tasks",
    "is_hidden",
    "runs_that_never_started",
]
