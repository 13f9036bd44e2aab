"""Problems that Airflow does not notice itself, and the notice about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape

# Prefix of the fault keys of all watchdogs.
FAULTS = "watchdog|"
RESTART = (
    "restart the scheduler, whose LocalExecutor workers are stuck (one of them was killed): `docker compose "
    "restart airflow-scheduler`, or end `make demo` and start it again. With Celery, restart the workers and "
    "check the broker. Nothing is lost: every task resumes where its slice was."
)
_BUSY = (
    "nothing if this is a large backfill; otherwise raise `[core] parallelism`, or check the longest running "
    "tasks."
)
_NOT_STARTED = "check that the DAG is not paused; restart the scheduler if the run stays queued."
_HANGS = "read the task's log: the database or a channel does not respond. Clear the task once it does."


@dataclass(frozen=True)
class Stuck:
    """Something that makes no progress.

    ``key``: the same each time it is seen. ``what``: sentences with place and number. ``remedy``: what you do
    next, with commands in backticks. ``begun``: when it began (aware), if every process that sees it knows
    the same moment.
    """

    key: str
    headline: str
    what: str
    remedy: str
    begun: datetime | None = None

    @property
    def fault_key(self) -> str:
        return f"{FAULTS}{self.key}"


@dataclass(frozen=True)
class StuckRun:
    """A run that should have finished long ago.

    ``minutes``: its age. ``state``: `queued` (the run itself), `waiting` (its tasks wait for a worker) or
    `running` (its tasks run). ``running``: how many other tasks are running.
    """

    dag_id: str
    run_id: str
    minutes: int
    state: str
    running: int


def describe_run(run: StuckRun) -> Stuck:
    """Why the run is stuck, judged by its state and the other running tasks."""
    headline, remedy = _diagnose(run)
    what = (
        f"Run {run.run_id} of {run.dag_id}, which takes seconds, has not finished {run.minutes} minutes "
        f"after it was created. {run.running} other tasks are running."
    )
    return Stuck("short_run", headline, what, remedy)


def stuck_notice(stuck: Stuck, since: datetime, now: datetime) -> Notice:
    """The notice of something that has been stuck since ``since``; both times are aware.

    However often it is recorded, there is one notice per hour; the outbox sends the first and a daily
    reminder. If the moment it began is known (``stuck.begun``), the key is the same for every process that
    sees it: a process that looked before it ended and writes after another has closed the fault does not open
    it again.
    """
    return Notice.build(
        f"{stuck.fault_key}|{(stuck.begun or since).isoformat()}|{now:%Y-%m-%dT%H}",
        Event.CRITICAL_FAILURE,
        stuck.headline,
        [escape(stuck.what), f"Next: {escape(stuck.remedy)}"],
        fault_key=stuck.fault_key,
    )


def _diagnose(run: StuckRun) -> tuple[str, str]:
    if run.state == "queued":
        return "Airflow starts no runs", _NOT_STARTED
    if run.state == "running":
        return "A task that should take seconds hangs", _HANGS
    if run.running:
        return "No worker was free for a task", _BUSY
    return "Tasks are queued and nothing runs", RESTART
