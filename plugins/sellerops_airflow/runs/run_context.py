"""What a task knows of its own run, as plain values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

if TYPE_CHECKING:
    from sellerops.base.clock import Clock
    from sellerops.ledger import RunRef
    from sellerops.rate_limits import Priority


def run_ref(context: Context, report: str) -> RunRef:
    """Who writes into the ledger: this task instance."""
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
    """The end of the run's data interval; for a run without one (by hand) the moment it was asked for.

    Beside a local Amazon's clock that moment is this clock's present: Airflow's own times are real.
    """
    dag_run: Any = context["dag_run"]
    if dag_run.data_interval_end is not None:
        return _utc(dag_run.data_interval_end)
    return clock.now() if clock.is_virtual else _utc(dag_run.run_after)


def priority_of(context: Context) -> Priority:
    """Schedules and people go before backfills, and before runs whose form says so (gaps that are filled)."""
    from sellerops.rate_limits import Priority

    dag_run: Any = context["dag_run"]
    wanted = (getattr(dag_run, "conf", None) or {}).get("priority")
    is_backfill = dag_run.run_type == "backfill" or wanted == Priority.BACKFILL
    return Priority.BACKFILL if is_backfill else Priority.SCHEDULE


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
