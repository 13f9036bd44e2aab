"""The notice that tasks do not run although Airflow's health is green."""

from __future__ import annotations

from dataclasses import dataclass

from sellerops.notices.events import Event
from sellerops.notices.messages import run_fault_prefix
from sellerops.notices.notice import Notice, escape

RESTART = (
    "restart the scheduler, whose LocalExecutor workers are stuck (one of them was killed): `docker compose "
    "restart airflow-scheduler`, or end `make demo` and start it again. With Celery, restart the workers and "
    "check the broker. Nothing is lost: every task resumes where its slice was."
)
_BUSY = (
    "nothing if this is a large backfill; otherwise raise `[core] parallelism`, or check the longest running "
    "tasks."
)
_NOT_STARTED = (
    "check that the scheduler runs and that the DAG is not paused; restart the scheduler if the run stays "
    "queued."
)
_HANGS = "read the task's log: the database or a channel does not respond. Clear the task once it does."


@dataclass(frozen=True)
class StuckRun:
    """A run that should have finished long ago.

    ``minutes``: its age. ``state``: `queued` (the run itself), `waiting` (its tasks wait for a worker) or
    `running` (they run). ``running``: other tasks of this project that run at the moment.
    """

    dag_id: str
    run_id: str
    minutes: int
    state: str
    running: int


def worker_notice(run: StuckRun, url: str) -> Notice:
    """The fault belongs to the DAG: its next successful run is the recovery."""
    headline, remedy = _diagnose(run)
    sections = [
        f"A run of `{run.dag_id}`, which takes seconds, has not finished {run.minutes} minutes after it was "
        f"created. {run.running} other tasks are running.",
        f"Next: {escape(remedy)}",
    ]
    return Notice.build(
        f"workers|{run.dag_id}|{run.run_id}",
        Event.CRITICAL_FAILURE,
        headline,
        sections,
        footer=f"<{url}|Open the run>",
        dag_id=run.dag_id,
        run_id=run.run_id,
        fault_key=f"{run_fault_prefix(run.dag_id)}|workers",
    )


def _diagnose(run: StuckRun) -> tuple[str, str]:
    if run.state == "queued":
        return "Airflow starts no runs", _NOT_STARTED
    if run.state == "running":
        return "A task that should take seconds hangs", _HANGS
    if run.running:
        return "No worker was free for a task", _BUSY
    return "Tasks are queued and nothing runs", RESTART
