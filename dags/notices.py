"""Messages that a channel did not take, sent again every few minutes; a look at the configuration's files.

A notice is sent at once by whoever has something to tell. What Slack, ClickUp, Telegram or the mail server
does not take waits in `sellerops.delivery`; `sellerops notices pending` shows it.

An invalid file of `include/config` is told once, and once more when it is valid again; meanwhile its last
valid version stays in use.

A run of this DAG that has not ended after a quarter of an hour shows that no worker takes tasks; that is told
from the triggerer, which needs none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.housekeeping import configuration, maintenance
from sellerops_airflow.housekeeping.worker_watch import worker_deadline
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

with DAG(
    dag_id="sellerops__notices",
    description="Sends again what a channel did not take; tells of invalid configuration.",
    doc_md=docs_page(__doc__),
    schedule="*/5 * * * *",
    max_active_runs=1,
    # A message that waits must not wait for somebody to find this switch too.
    is_paused_upon_creation=False,
    tags={"sellerops", "maintenance"},
    deadline=worker_deadline(),
    **dag_defaults(retry_delay=timedelta(minutes=1)),
):

    @task
    def send_waiting_notices(**context: Any) -> int:
        """Send what waits and is due."""
        with task_outcome(context):
            return maintenance.send_waiting_notices(get_runtime().ledger)

    @task
    def check_configuration(**context: Any) -> int:
        """Tell of files that are invalid, and of those that are valid again; how many are invalid."""
        with task_outcome(context):
            return configuration.check_configuration(get_runtime().ledger)

    send_waiting_notices()
    check_configuration()
