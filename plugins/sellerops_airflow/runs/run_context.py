"""Values that a task reads from its run's context."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

if TYPE_CHECKING:
    from sellerops.base.clock import Clock
    from sellerops.ledger import RunRef
    from sellerops.rate_limits import Priority


def run_ref(context: Context, report: str) -> RunRef:
    """This task instance, as the author of ledger entries."""
    from sellerops.ledger import RunRef

    ti: Any = context["ti"]
    return RunRef(
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        task_id=ti.task_id,
        map_index=ti.map_index if ti.map_index is not None else -1,
        try_number=ti.try_number,
        report=report,
    )


def run_at(context: Context, clock: Clock) -> datetime:
    """The end of the run's data interval (UTC) or, for a manual run, the time it was requested.

    With a virtual clock (local Amazon), a manual run uses that clock's present, because Airflow's times are
    real.
    """
    dag_run: Any = context["dag_run"]
    if dag_run.data_interval_end is not None:
        return _utc(dag_run.data_interval_end)
    return clock.now() if clock.is_virtual else _utc(dag_run.run_after)


def priority_of(context: Context) -> Priority:
    """BACKFILL for backfills and for runs whose form asks for it (such as gap fills); SCHEDULE for others."""
    from sellerops.rate_limits import Priority

    dag_run: Any = context["dag_run"]
    wanted = (getattr(dag_run, "conf", None) or {}).get("priority")
    is_backfill = dag_run.run_type == "backfill" or wanted == Priority.BACKFILL
    return Priority.BACKFILL if is_backfill else Priority.SCHEDULE


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
