"""Collects what failed in a run for its notice: tasks from Airflow, causes from the ledger."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from sellerops.calendar.slices import days_label
from sellerops_airflow.runs.dag_specs import family_of_dag, source_of_dag
from sellerops_airflow.runs.task_outcomes import FAILURE_KEY
from sellerops_airflow.runs.urls import log_url, run_url

if TYPE_CHECKING:
    from sellerops.ledger import Ledger, SliceRow
    from sellerops.notices import Failure, RunOutcome

log = logging.getLogger(__name__)

TaskKey = tuple[str, int]

_NO_CAUSE = "the task's process was killed or lost before it could report a cause."
_NO_CAUSE_REMEDY = "Read the end of the log, then clear the task; it resumes where the slice stopped."
_OPEN_RUN = "Open the run and read the logs of its failed tasks."


def read_run_outcome(ledger: Ledger, context: Context, *, failed: bool = True) -> RunOutcome:
    """The outcome of a DAG callback's run, from its task states, its XComs and the ledger.

    :param failed: whether the callback reports a failed run.
    """
    dag_id, run_id = context["dag"].dag_id, context["run_id"]
    dag_run: Any = context.get("dag_run")
    attempt = getattr(dag_run, "clear_number", None) or 0
    states = _task_states(dag_id, run_id, [task.task_id for task in context["dag"].tasks])
    xcoms = RunXComs(context)
    return build_outcome(ledger, dag_id, run_id, attempt=attempt, states=states, xcoms=xcoms, failed=failed)


class RunXComs:
    """The run's XComs: failures of tasks without a slice, and the labels of planned slices."""

    def __init__(self, context: Context | None = None) -> None:
        self._ti: Any = context.get("ti") if context else None
        self.reason = str((context or {}).get("reason") or "the run failed")
        self._plans: dict[str, list[dict[str, Any]]] = {}

    def failure(self, task_id: str, map_index: int) -> dict[str, str]:
        """``error_type``, ``cause`` and ``remedy`` that the task pushed; empty when it pushed none."""
        found = self._pull(task_id, FAILURE_KEY, map_index)
        return found if isinstance(found, dict) else {}

    def label(self, task_id: str, map_index: int) -> str:
        """The planned label of a mapped task's slice, such as ``US 2026-11-20``; empty when unknown."""
        group = task_id.split(".")[0]
        if group not in self._plans:
            # In the canary's runs, pages are mapped instead of slices.
            plans = (self._pull(f"{group}.{name}", "return_value") for name in ("plan_slices", "list_pages"))
            self._plans[group] = next((found for found in plans if isinstance(found, list)), [])
        slices = self._plans[group]
        return str(slices[map_index]["label"]) if 0 <= map_index < len(slices) else ""

    def _pull(self, task_id: str, key: str, map_index: int = -1) -> Any:
        if self._ti is None:
            return None
        of_one = {"map_indexes": map_index} if map_index >= 0 else {}
        try:
            return self._ti.xcom_pull(task_ids=task_id, key=key, **of_one)
        except Exception as error:  # noqa: BLE001 - send the notice without these details
            log.warning("Cannot read XCom %s of %s: %s", key, task_id, error)
            return None


def build_outcome(
    ledger: Ledger,
    dag_id: str,
    run_id: str,
    *,
    attempt: int = 0,
    states: Mapping[TaskKey, str] | None = None,
    xcoms: RunXComs | None = None,
    failed: bool = True,
) -> RunOutcome:
    """The outcome from task states and the ledger; from the ledger alone when ``states`` is None.

    :param failed: the run failed; its notice then names at least the run, even without a failed task.
    """
    from sellerops.ledger import SliceState
    from sellerops.notices import RunOutcome

    report = dag_id.split("__")[-1]
    # Only the states needed: a long backfill's run has thousands of days that succeeded.
    ends_in = [SliceState.FAILED] if states is not None else [SliceState.FAILED, SliceState.LOADED]
    rows = ledger.slice_states(report=report, dag_id=dag_id, run_id=run_id, states=ends_in)
    failed_rows = [row for row in rows if row.state is SliceState.FAILED]
    # A slice has one state, but each destination that failed has its own error.
    ends = ledger.destination_days(dag_id=dag_id, run_id=run_id, state=SliceState.FAILED)
    failed_rows += [each.as_row() for each in ends]
    recorded = {
        (row.task_id or "", -1 if row.map_index is None else row.map_index): row for row in failed_rows
    }
    labels = _labels(failed_rows)
    xcoms = xcoms or RunXComs()
    if states is None:
        broken = sorted(recorded) if failed else []
        loads = {(row.account_id, row.map_index) for row in rows if row.state is SliceState.LOADED}
        loaded, skipped, planned = len(loads), 0, {account for account, _ in loads}
        accounts_loaded = planned
    else:
        broken = sorted(key for key, state in states.items() if state == "failed") if failed else []
        done = [task for (task, _), state in states.items() if state == "success"]
        slices = _slices_loading(states, "success")
        loaded, skipped = len(slices), len(_slices_loading(states, "skipped") - slices)
        accounts_loaded = {task.split(".")[0] for task in done if ".load_" in task}
        planned = {task.split(".")[0] for task in done if task.endswith(".plan_slices")}
    failures = tuple(
        _failure(dag_id, run_id, key, recorded.get(key), labels.get(key, ""), xcoms) for key in broken
    )
    if failed and not failures:
        failures = (_unknown(dag_id, run_id, xcoms),)
    return RunOutcome(
        report,
        dag_id,
        run_id,
        run_url(dag_id, run_id),
        failures,
        loaded,
        attempt,
        source=source_of_dag(dag_id),
        family=family_of_dag(dag_id),
        skipped=skipped,
        rows=_rows(ledger, dag_id, run_id),
        accounts=tuple(sorted(planned)),
        accounts_loaded=tuple(sorted(accounts_loaded)),
    )


def _slices_loading(states: Mapping[TaskKey, str], wanted: str) -> set[TaskKey]:
    """Slices (account, map index) with a load task in state ``wanted``."""
    return {
        (task.split(".")[0], index)
        for (task, index), state in states.items()
        if state == wanted and index >= 0 and ".load_" in task
    }


def _rows(ledger: Ledger, dag_id: str, run_id: str) -> dict[str, int]:
    """Number of rows that this run loaded, by destination."""
    from sellerops.ledger.findings import rows_of_run

    return ledger.database.run(lambda c: rows_of_run(c, dag_id, run_id))


def _failure(
    dag_id: str, run_id: str, key: TaskKey, row: SliceRow | None, label: str, xcoms: RunXComs
) -> Failure:
    from sellerops.notices import Failure

    task_id, map_index = key
    # Only in report DAGs are task groups accounts.
    is_of_account = dag_id.startswith("report__") and "." in task_id
    account_id, _, step = task_id.partition(".") if is_of_account else ("", "", task_id)
    pushed = xcoms.failure(task_id, map_index) if row is None else {}
    if map_index >= 0:
        # Prefer the planned label, which the UI shows too; the ledger's rows hold only days.
        label = xcoms.label(task_id, map_index) or label or f"slice {map_index}"
    return Failure(
        account_id=account_id,
        label=label,
        step=step.removeprefix("slice."),
        error_type=(row.error_type if row else pushed.get("error_type")) or "",
        cause=(row.error if row else pushed.get("cause")) or _NO_CAUSE,
        remedy=(row.remedy if row else pushed.get("remedy")) or _NO_CAUSE_REMEDY,
        log_url=log_url(dag_id, run_id, task_id, map_index),
    )


def _unknown(dag_id: str, run_id: str, xcoms: RunXComs) -> Failure:
    """The failure of a run without a known failed task, so that its notice names at least the run."""
    from sellerops.notices import Failure

    return Failure("", "", "run", "", f"Airflow reports: {xcoms.reason}.", _OPEN_RUN, run_url(dag_id, run_id))


def _labels(rows: list[SliceRow]) -> dict[TaskKey, str]:
    """Marketplace or region and days of each failed task, such as ``NA 2026-11-19..2026-11-20``."""
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.marketplaces import marketplace_by_id

    regions = {name: account.region for name, account in load_accounts().items()}
    grouped: dict[TaskKey, list[SliceRow]] = {}
    for row in rows:
        grouped.setdefault((row.task_id or "", -1 if row.map_index is None else row.map_index), []).append(
            row
        )
    labels = {}
    for key, group in grouped.items():
        first, days = group[0], sorted({row.day for row in group})
        where = (
            marketplace_by_id(first.marketplace_id).code
            if first.marketplace_id
            else regions.get(first.account_id, first.account_id)
        )
        labels[key] = f"{where} {days_label(days[0], days[-1])}"
    return labels


def _task_states(dag_id: str, run_id: str, task_ids: list[str]) -> dict[TaskKey, str] | None:
    """The states of the run's tasks; None when Airflow does not answer."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    try:
        states = RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id]).get(run_id, {})
    except Exception as error:  # noqa: BLE001 - fall back to the ledger
        log.warning("Cannot read the task states of %s from Airflow: %s", run_id, error)
        return None
    return {_task_key(name, set(task_ids)): str(state) for name, state in states.items()}


def _task_key(name: str, task_ids: set[str]) -> TaskKey:
    """Airflow writes a mapped instance as ``<task id>_<map index>``."""
    match = re.fullmatch(r"(.+)_(\d+)", name)
    if name not in task_ids and match and match[1] in task_ids:
        return match[1], int(match[2])
    return name, -1
