"""Listens to Amazon's notifications that reports and queries have ended, so that waits end at once.

One task waits in the triggerer for ever; behind it the triggerer reads the SQS queue of the connection
`sellerops_notifications` into the ledger. Without that connection it looks for it once a minute and does
nothing else. `python -m sellerops notifications setup` has Amazon send; `... status` tells whether it works.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from sellerops_airflow.notifiers.runs import ReportFailureNotifier, ReportSuccessNotifier
from sellerops_airflow.operators.notifications import ListenToNotificationsOperator
from sellerops_airflow.retry_policy import RetryByRemedy

with DAG(
    dag_id="sellerops__notifications",
    description="Listens to Amazon's notifications, so that waits end at once.",
    doc_md=__doc__,
    # The run never ends unless it fails; the next hour then starts another.
    schedule="20 * * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags={"sellerops", "notifications"},
    default_args={
        "owner": "sellerops",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": RetryByRemedy(),
    },
    on_failure_callback=[ReportFailureNotifier()],
    on_success_callback=[ReportSuccessNotifier()],
):
    ListenToNotificationsOperator(task_id="listen")
