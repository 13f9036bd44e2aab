"""Checks promised times against the ledger.

A report whose spec has `due` promises its days by that time. A scheduled run has an Airflow deadline for it;
this DAG finds what no deadline can: a paused DAG, a scheduler that was down, a run that succeeded without the
day. It also sends a recovery when a late day has been loaded.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.housekeeping import deadlines
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

with DAG(
    dag_id="sellerops__deadlines",
    description="Finds late reports from the ledger alone, and sends their recoveries.",
    doc_md=__doc__,
    schedule="*/15 * * * *",
    max_active_runs=1,
    tags={"sellerops", "maintenance"},
    **dag_defaults(retry_delay=timedelta(minutes=1)),
):

    @task
    def check_promises(**context: Any) -> int:
        """Send notices of late days, and recoveries. Returns how many warnings stay open."""
        with task_outcome(context):
            return deadlines.check_promises(get_runtime().ledger)

    check_promises()
