"""Finds queued runs that never start: their DAG is paused, or their backfill was cancelled.

Airflow (3.3.2) reports neither. A backfill's runs beyond its ``max_active_runs`` also stay queued for a long
time, so only DAGs without a running run count.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sellerops.base.errors import GiveUpError
from sellerops_airflow.runs.airflow_runs import count_runs, runs_with_logical_date

if TYPE_CHECKING:
    from airflow.sdk.api.datamodels._generated import DagRun

log = logging.getLogger(__name__)

_MOST_NAMED = 5


@dataclass(frozen=True)
class QueuedRuns:
    """The queued runs of a DAG without a running one. ``run_ids``: the latest with a logical date."""

    dag_id: str
    is_paused: bool
    number: int
    run_ids: tuple[str, ...]

    def __str__(self) -> str:
        names = ", ".join(self.run_ids) or "manual"
        more = ", ..." if 0 < len(self.run_ids) < self.number else ""
        return f"{self.dag_id}: {self.number} ({names}{more}){', paused' if self.is_paused else ''}"


def check_queued_runs(
    dag_ids: Iterable[str], is_paused: Callable[[str], bool], now: datetime, hours: int
) -> None:
    """Raise GiveUpError naming the DAGs whose runs have been queued for ``hours`` while none is running."""
    found = [each for dag_id in dag_ids if (each := _queued(dag_id, is_paused, now, hours))]
    # Check again: a run that was about to start may have started meanwhile.
    stuck = [each for each in found if not count_runs(each.dag_id, "running")]
    if not stuck:
        return
    listed = "; ".join(map(str, stuck[:20])) + (f"; and {len(stuck) - 20} more" if len(stuck) > 20 else "")
    raise GiveUpError(
        f"queued runs of {len(stuck)} DAGs do not start: {listed}.",
        where="Airflow",
        remedy="Unpause paused DAGs to start their runs. A run of an unpaused DAG belongs to a cancelled "
        "backfill and never starts: delete the run and trigger its days manually.",
    )


def _queued(dag_id: str, is_paused: Callable[[str], bool], now: datetime, hours: int) -> QueuedRuns | None:
    number = count_runs(dag_id, "queued")
    if not number or count_runs(dag_id, "running"):
        return None
    dated = list(runs_with_logical_date(dag_id, "queued", _MOST_NAMED))
    if len(dated) == number and not any(_is_old(run, now, hours) for run in dated):
        return None
    return QueuedRuns(dag_id, is_paused(dag_id), number, tuple(run.run_id for run in dated))


def _is_old(run: DagRun, now: datetime, hours: int) -> bool:
    """Whether the run was due ``hours`` ago. Backfill runs are dated in the past, so they are always old."""
    return run.run_after <= now - timedelta(hours=hours)


__all__ = ["QueuedRuns", "check_queued_runs"]
