"""Follows confirmed FBA shipments once a day until Amazon has closed them.

One task per account reads status, delivery and received units. Afterwards, units that have not arrived
several days after the delivery are reported, and complete runs are closed. `following` in
`config/inbound.yaml` sets the time and the days. A manual run does the same immediately.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.dag_factory.inbound import TAGS, accounts_that_ship, following_schedule
from sellerops_airflow.housekeeping import inbound
from sellerops_airflow.operators.inbound_following import FollowShipmentsOperator
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

DAG_ID = "fba_inbound_follow"

with DAG(
    dag_id=DAG_ID,
    description="Follows confirmed FBA shipments until they are closed.",
    doc_md=docs_page(__doc__),
    schedule=following_schedule(DAG_ID),
    max_active_runs=1,
    tags=TAGS,
    **dag_defaults(retry_delay=timedelta(minutes=5)),
):

    @task(trigger_rule="all_done")
    def report_differences(**context: Any) -> str:
        """Report units that did not arrive, and close complete runs. Returns one line."""
        with task_outcome(context):
            return inbound.report_differences(get_runtime().ledger)

    followed = [
        FollowShipmentsOperator(task_id=f"follow_{account_id}", account_id=account_id)
        for account_id in accounts_that_ship()
    ]
    followed >> report_differences()
    # Fails if any of them failed. The report runs last either way, and its success alone would make the run
    # succeed.
    followed >> EmptyOperator(task_id="all_followed", trigger_rule="none_failed")
