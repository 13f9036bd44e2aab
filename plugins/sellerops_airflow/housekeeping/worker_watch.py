"""Detects that tasks are queued while nothing runs, from the triggerer, which then still works.

When one idle worker of LocalExecutor is killed, it takes the lock of the queue with it, and no other worker
gets a task (Airflow 3.3.2); scheduler, triggerer and health stay green. `sellerops__notices` runs every five
minutes and takes seconds, so a run that has not finished long after it was created reveals this. When the
run's deadline is missed, the triggerer calls ``notify_stuck_run``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from sellerops_airflow.runs.airflow_runs import count_runs, count_tasks, task_states
from sellerops_airflow.runtime import get_runtime

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=15)
_WAITING = frozenset({"None", "scheduled", "queued", "up_for_retry"})


def worker_deadline() -> list[DeadlineAlert]:
    """The deadline of a DAG whose runs take seconds on any free worker."""
    return [
        DeadlineAlert(
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=LONGEST_WAIT,
            callback=AsyncCallback(notify_stuck_run),
            name=f"ended {LONGEST_WAIT.seconds // 60} minutes after it was created",
        )
    ]


async def notify_stuck_run(context: Mapping[str, Any] | None = None) -> str:
    """Airflow's callback of a missed deadline: send a notice if the run is stuck. Returns what it found."""
    dag_run = (context or {}).get("dag_run") or {}
    result = await asyncio.to_thread(
        send_stuck_run_notice, str(dag_run["dag_id"]), str(dag_run["dag_run_id"])
    )
    log.info("%s", result)
    return result


def send_stuck_run_notice(dag_id: str, run_id: str) -> str:
    """Blocks, so it runs in a thread: asks Airflow, reads files and the ledger. Returns what it found."""
    from sellerops.notices.workers import StuckRun, worker_notice
    from sellerops.settings.specs import load_specs
    from sellerops_airflow.notifiers import send_notice
    from sellerops_airflow.runs.urls import run_url

    if count_runs(dag_id, "queued", run_ids=[run_id]):
        state = "queued"
    elif not count_runs(dag_id, "running", run_ids=[run_id]):
        return f"{run_id} of {dag_id} has ended"  # Airflow keeps the deadline of a failed run
    else:
        states = task_states(dag_id, run_id)
        state = "waiting" if _WAITING.intersection(states) else "running"
    running = sum(count_tasks(spec.dag_id, "running") for spec in load_specs()[0])
    stuck = StuckRun(dag_id, run_id, int(LONGEST_WAIT.total_seconds() // 60), state, running)
    notice = worker_notice(stuck, run_url(dag_id, run_id))
    send_notice(get_runtime().ledger, notice)
    return notice.headline


__all__ = ["LONGEST_WAIT", "notify_stuck_run", "send_stuck_run_notice", "worker_deadline"]
