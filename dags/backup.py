"""Backs up the warehouse, the archive's new documents, the configuration and Airflow's metadata once a day.

The target is the variable `sellerops_backup_uri`: a folder on another disk or an address such as
`s3://bucket/prefix`. Without it the task is skipped. docs/backup.md says how you restore.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.housekeeping import upkeep
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

with DAG(
    dag_id="sellerops__backup",
    description="Backs up warehouse, archive, configuration and Airflow's metadata.",
    doc_md=__doc__,
    schedule="20 3 * * *",
    max_active_runs=1,
    tags={"sellerops", "maintenance"},
    params={
        "keep": Param(14, type="integer", minimum=1, description="How many backups to keep."),
    },
    **dag_defaults(retry_delay=timedelta(minutes=15)),
):

    @task
    def back_up(**context: Any) -> dict[str, Any]:
        """Take a backup, then remove all but the newest ones."""
        with task_outcome(context):
            return upkeep.back_up(get_runtime(), context["params"]["keep"])

    back_up()
