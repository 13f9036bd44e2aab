"""Sends one message a day: what each account collected in the last 24 hours, and what is open.

`config/notices.yaml` sets the time (`summary`) and the channels (the rule of that event). A manual run
reports the 24 hours until now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.housekeeping import summary
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

DAG_ID = "sellerops__daily_summary"

with DAG(
    dag_id=DAG_ID,
    description="Sends a daily summary of what was collected and what is open.",
    doc_md=__doc__,
    schedule=summary.summary_schedule(DAG_ID),
    max_active_runs=1,
    tags={"sellerops", "maintenance"},
    **dag_defaults(retry_delay=timedelta(minutes=5)),
):

    @task
    def send_summary(**context: Any) -> str:
        """Send the summary. Returns its first line."""
        with task_outcome(context):
            return summary.send_summary(get_runtime().ledger, context)

    send_summary()
