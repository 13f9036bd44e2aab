"""`python -m sellerops_airflow.housekeeping.metadata_cleaning`: deletes old rows of Airflow's metadata, by
Airflow's own function, in a process that may use the database. Tasks may not.

All rows of DAGs with a run or a backfill that has not ended are kept: `airflow db clean` goes by age alone,
and would delete a deferred task while its run waits for it. Triggers are left to Airflow, which deletes those
that no task waits for. Deleted rows are not archived in tables.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# The audit log is needed for longer than the history of runs.
_AUDIT = ("log",)
# Rows that belong to no DAG.
_OF_NO_DAG = (
    "asset_event",
    "callback",
    "celery_taskmeta",
    "celery_tasksetmeta",
    "connection_test_request",
    "import_error",
    "partitioned_asset_key_log",
    "revoked_token",
    "session",
)
# In an order in which no row refers to one that was deleted before.
_OF_DAGS = (
    "job",
    "xcom",
    "task_reschedule",
    "task_instance_history",
    "task_state_store",
    "dag_run",
    "deadline",
    "dag_version",
)
# Rows in one transaction.
BATCH = 5_000


def clean(keep: timedelta, keep_audit: timedelta, now: datetime | None = None) -> list[str]:
    """Delete rows older than ``keep`` (audit log: ``keep_audit``). Returns the busy DAGs it left out."""
    from airflow.utils.session import create_session

    moment = now or datetime.now(UTC)
    with create_session() as session:
        _drop_false_columns(session)
        busy = busy_dags(session, moment - keep)
    _clean(_OF_DAGS, moment - keep, busy)
    _clean(_OF_NO_DAG, moment - keep)
    _clean(_AUDIT, moment - keep_audit)
    return busy


def busy_dags(session: Session, before: datetime) -> list[str]:
    """DAGs whose rows from before ``before`` are still needed: they have an unfinished run that began then,
    or whose tasks did, or an unfinished backfill.
    """
    from airflow.models.backfill import Backfill
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.state import DagRunState
    from sqlalchemy import or_, select

    unfinished = DagRun.state.in_([DagRunState.RUNNING, DagRunState.QUEUED])
    old_run = select(DagRun.dag_id).where(
        unfinished, or_(DagRun.start_date < before, DagRun.queued_at < before)
    )
    # A cleared run starts again, but may have tasks that ended long ago and must not run again.
    old_task = (
        select(DagRun.dag_id)
        .join(TaskInstance, (TaskInstance.dag_id == DagRun.dag_id) & (TaskInstance.run_id == DagRun.run_id))
        .where(unfinished, TaskInstance.start_date < before)
    )
    backfill = select(Backfill.dag_id).where(Backfill.completed_at.is_(None))
    found = {dag_id for each in (old_run, old_task, backfill) for dag_id in session.scalars(each)}
    return sorted(found)


def _drop_false_columns(session: Session) -> None:
    """Have tables that have no `dag_id` column cleaned by age alone.

    Airflow 3.3.2 looks for that column in some of them (deadline, task_reschedule), and fails there when DAGs
    are left out.
    """
    from airflow.utils.db_cleanup import config_dict
    from sqlalchemy import inspect

    inspector = inspect(session.get_bind())
    for name, config in config_dict.items():
        if config.dag_id_column is not None and inspector.has_table(name):
            known = {each["name"] for each in inspector.get_columns(name)}
            if config.dag_id_column.name not in known:
                config.dag_id_column = None


def _clean(tables: Sequence[str], before: datetime, without: Sequence[str] = ()) -> None:
    """Airflow's clean-up of the tables that this version knows; raises RuntimeError if one fails."""
    from airflow.utils.db_cleanup import config_dict, run_cleanup

    options: dict[str, Any] = {
        "table_names": [name for name in tables if name in config_dict],
        "clean_before_timestamp": before,
        "exclude_dag_ids": list(without) or None,
        "skip_archive": True,
        "batch_size": BATCH,
        "confirm": False,
        "error_on_cleanup_failure": True,
    }
    known = inspect.signature(run_cleanup).parameters
    run_cleanup(**{name: value for name, value in options.items() if name in known})


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    kept = clean(timedelta(days=wanted["keep_days"]), timedelta(days=wanted["keep_audit_days"]))
    print(json.dumps(kept))

__all__ = ["busy_dags", "clean"]
