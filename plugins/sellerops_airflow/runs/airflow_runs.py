"""Queries and starts runs from within a task, through Airflow's supervisor as its own operators do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import RetryableError

if TYPE_CHECKING:
    from airflow.sdk.api.datamodels._generated import DagRun

_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def start_run(dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> bool:
    """Start a run without a logical date. Returns False when a run with that id already exists.

    Raises RetryableError when Airflow refuses to start it.
    """
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun

    answer = _ask(TriggerDagRun(dag_id=dag_id, run_id=run_id, conf=conf, note=note, reset_dag_run=False))
    if isinstance(answer, ErrorResponse):
        if answer.error == ErrorType.DAGRUN_ALREADY_EXISTS:
            return False
        raise RetryableError(f"Airflow did not start the run {run_id}: {answer.detail}.", where=dag_id)
    return True


def is_running(dag_id: str | None, run_id: str | None) -> bool:
    """Whether the run exists and is running.

    A queued run does not count: if it has planned its slices, it was cleared since, and if its backfill was
    cancelled, it never starts again.
    """
    return bool(dag_id and run_id) and count_runs(str(dag_id), "running", run_ids=[str(run_id)]) > 0


def count_runs(dag_id: str, *states: str, run_ids: list[str] | None = None) -> int:
    """Number of a DAG's runs in any of these states."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    return RuntimeTaskInstance.get_dr_count(dag_id=dag_id, states=list(states), run_ids=run_ids)


def count_tasks(dag_id: str, *states: str) -> int:
    """Number of a DAG's task instances in any of these states."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    return RuntimeTaskInstance.get_ti_count(dag_id=dag_id, states=list(states))


def task_states(dag_id: str, run_id: str) -> set[str]:
    """The states of a run's tasks; the text ``None`` for a task that is not scheduled yet."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    found = RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id])
    return {str(state) for state in found.get(run_id, {}).values()}


def runs_with_logical_date(dag_id: str, state: str, most: int) -> Iterator[DagRun]:
    """Up to ``most`` runs in ``state`` with a logical date, latest first. Tasks cannot list other runs."""
    from airflow.sdk.execution_time.comms import GetPreviousDagRun, PreviousDagRunResult

    before = _LATEST
    for _ in range(most):
        answer = _ask(GetPreviousDagRun(dag_id=dag_id, logical_date=before, state=state))
        run = answer.dag_run if isinstance(answer, PreviousDagRunResult) else None
        if run is None or run.logical_date is None:
            return
        yield run
        before = run.logical_date


def _ask(message: Any) -> Any:
    from airflow.sdk.execution_time import task_runner

    return task_runner.SUPERVISOR_COMMS.send(message)
