"""Retries messages that a channel did not accept, every five minutes, checks the configuration files, and
announces deadlines of FBA shipments before they pass.

Tasks and callbacks send their notices at once. Messages that Slack, ClickUp, Telegram or the mail server does
not accept wait in `sellerops.delivery`; `sellerops notices pending` shows them.

You get one notice about an invalid file of `include/config`, and a recovery when it is valid again; meanwhile
its last valid version stays in use.

Free cancellation of a partnered carrier ends an hour (LTL, FTL) or a day after its confirmation, so a daily
check would be too late: `config/inbound.yaml` sets how long in advance you get a notice.

If a run of this DAG has not finished after a quarter of an hour, something keeps tasks from running: the
watchdog in api-server and triggerer, which needs neither scheduler nor worker, sends a notice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.housekeeping import configuration, inbound, maintenance
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

with DAG(
    dag_id="sellerops__notices",
    description="Retries messages that a channel did not accept; checks configuration and FBA deadlines.",
    doc_md=docs_page(__doc__),
    schedule="*/5 * * * *",
    max_active_runs=1,
    # Waiting messages must not depend on somebody unpausing this DAG.
    is_paused_upon_creation=False,
    tags={"sellerops", "maintenance"},
    **dag_defaults(retry_delay=timedelta(minutes=1)),
):

    @task
    def send_waiting_notices(**context: Any) -> int:
        """Send waiting messages that are due. Returns how many arrived."""
        with task_outcome(context):
            return maintenance.send_waiting_notices(get_runtime().ledger)

    @task
    def check_configuration(**context: Any) -> int:
        """Send notices of invalid files, and recoveries. Returns how many are invalid."""
        with task_outcome(context):
            return configuration.check_configuration(get_runtime().ledger)

    @task
    def announce_inbound_deadlines(**context: Any) -> int:
        """Send notices of deadlines of FBA shipments that end soon. Returns how many do."""
        with task_outcome(context):
            return inbound.announce_deadlines(get_runtime().ledger)

    send_waiting_notices()
    check_configuration()
    announce_inbound_deadlines()
