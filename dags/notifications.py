"""Listens for Amazon's notifications that a report or query has finished, so that waits end at once.

Its single task stays deferred while the triggerer reads the SQS queue of connection `sellerops_notifications`
into the ledger. Without that connection the triggerer looks for it once a minute and does nothing else. Run
`sellerops notifications setup` to subscribe to Amazon's notifications, `... status` to see whether they
arrive.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.operators.notifications import ListenToNotificationsOperator

with DAG(
    dag_id="sellerops__notifications",
    description="Listens for Amazon's notifications, so that waits end at once.",
    doc_md=docs_page(__doc__),
    # A run ends only by failing; the next one then starts within the hour.
    schedule="20 * * * *",
    max_active_runs=1,
    tags={"sellerops", "notifications"},
    **dag_defaults(retry_delay=timedelta(minutes=1)),
):
    ListenToNotificationsOperator(task_id="listen")
