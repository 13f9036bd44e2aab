"""The notice that no worker takes tasks, though Airflow's health is green."""

from __future__ import annotations

from dataclasses import dataclass

from sellerops.notices.events import Event
from sellerops.notices.messages import run_fault_prefix
from sellerops.notices.notice import Notice, escape, slack_blocks

RESTART = (
    "restart the scheduler, whose LocalExecutor workers are stuck (one of them was killed): `docker compose "
    "restart airflow-scheduler`, or end `make demo` and start it again. With Celery, restart the workers and "
    "look at the broker. Nothing is lost: every task goes on where its slice stood."
)
_BUSY = (
    "nothing if this is a large backfill; else raise `[core] parallelism`, or look at the longest running "
    "tasks."
)
_NOT_STARTED = (
    "look whether the scheduler runs and whether the DAG is paused; then restart the scheduler if the run "
    "stays queued."
)
_HANGS = "read the task's log: the database or a channel does not answer. Clear the task when it does."


@dataclass(frozen=True)
class StuckRun:
    """How the run that should have ended stands.

    ``state``: `queued` (the run itself), `waiting` (its tasks wait for a worker) or `running` (they run).
    ``running``: tasks of ours that run at the moment.
    """

    dag_id: str
    run_id: str
    minutes: int
    state: str
    running: int


def worker_notice(wait: StuckRun, url: str) -> Notice:
    """Key and fault belong to the DAG: its next run that ends well ends it."""
    headline, following = _words(wait)
    sections = [
        f"A run of `{wait.dag_id}` has not ended {wait.minutes} minutes after it was created; it takes "
        f"seconds. {wait.running} other tasks are running.",
        f"Next: {escape(following)}",
    ]
    return Notice(
        key=f"workers|{wait.dag_id}|{wait.run_id}",
        event=Event.CRITICAL_FAILURE,
        text="\n".join([escape(headline), *sections, f"<{url}|Open the run>"]),
        blocks=slack_blocks(headline, sections, f"<{url}|Open the run>"),
        dag_id=wait.dag_id,
        run_id=wait.run_id,
        fault_key=f"{run_fault_prefix(wait.dag_id)}|workers",
    )


def _words(wait: StuckRun) -> tuple[str, str]:
    if wait.state == "queued":
        return "Airflow starts no runs", _NOT_STARTED
    if wait.state == "running":
        return "A task that takes seconds hangs", _HANGS
    if wait.running:
        return "No worker was free for a task", _BUSY
    return "Tasks are queued and nothing runs", RESTART
