"""Listens to Amazon's notifications of finished reports and queries, so that waits end at once.

Its single task stays deferred while the triggerer reads the SQS queue of the connection
`sellerops_notifications` into the ledger. Without that connection the triggerer only checks for it once a
minute. `sellerops notifications setup` subscribes at Amazon; `... status` shows whether messages arrive.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.operators.notifications import ListenToNotificationsOperator

with DAG(
    dag_id="sellerops__notifications",
    description="Listens to Amazon's notifications of finished reports, so that waits end at once.",
    doc_md=docs_page(__doc__),
    # The run never ends unless it fails; the next hour then starts another.
    schedule="20 * * * *",
    max_active_runs=1,
    tags={"sellerops", "notifications"},
    **dag_defaults(retry_delay=timedelta(minutes=1)),
):
    ListenToNotificationsOperator(task_id="listen")
