"""Housekeeping of the ledger once a day, and a check for stale slices and refused credentials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, conf, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.housekeeping import maintenance, upkeep
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

with DAG(
    dag_id="sellerops__maintenance",
    description="Housekeeping of the ledger; finds stale slices and refused credentials.",
    doc_md=__doc__,
    schedule="40 4 * * *",
    max_active_runs=1,
    tags={"sellerops", "maintenance"},
    params={
        "keep_calls_days": Param(
            30, type="integer", minimum=1, description="How many days to keep the log of calls to Amazon."
        ),
        "keep_rows_days": Param(
            400,
            type="integer",
            minimum=90,
            description="How many days to keep superseded requests, rejected rows, notices.",
        ),
        "keep_changes_days": Param(
            1100,
            type="integer",
            minimum=400,
            description="How many days to keep the history of changed cells.",
        ),
        "keep_evidence_days": Param(
            30,
            type="integer",
            minimum=1,
            description="How many days to keep screenshots, pages and traces of failed browser jobs.",
        ),
        "keep_runs_days": Param(
            90,
            type="integer",
            minimum=30,
            description="How many days to keep Airflow's runs, task instances and XComs.",
        ),
        "keep_audit_days": Param(
            400, type="integer", minimum=30, description="How many days to keep Airflow's audit log."
        ),
        "keep_logs_days": Param(
            30, type="integer", minimum=1, description="How many days to keep log files of this host."
        ),
        "most_logs_gb": Param(
            20, type="number", minimum=0.1, description="How large log files may become; the oldest go first."
        ),
        "stale_hours": Param(
            36, type="integer", minimum=1, description="Hours after which an unfinished slice is reported."
        ),
    },
    **dag_defaults(retry_delay=timedelta(minutes=5)),
):

    @task
    def roll_call_log(**context: Any) -> list[str]:
        """Create tomorrow's partition of the call log and drop old ones."""
        with task_outcome(context):
            return maintenance.roll_api_calls(get_runtime().ledger, context["params"]["keep_calls_days"])

    @task
    def refresh_reference_tables(**context: Any) -> None:
        """Update marketplaces, reports and starter views in the database from the configuration."""
        with task_outcome(context):
            maintenance.refresh_reference_tables(get_runtime().ledger)

    @task
    def refresh_exchange_rates(**context: Any) -> int:
        """Read the European Central Bank's newest exchange rates."""
        with task_outcome(context):
            return maintenance.refresh_exchange_rates(get_runtime().ledger)

    @task
    def purge_old_rows(**context: Any) -> dict[str, int]:
        """Delete old ledger rows that nothing needs."""
        with task_outcome(context):
            params = context["params"]
            return maintenance.purge(
                get_runtime().ledger, params["keep_rows_days"], params["keep_changes_days"]
            )

    @task
    def purge_personal_data(**context: Any) -> dict[str, int]:
        """Delete rows and archived documents of personal data past their retention."""
        with task_outcome(context):
            runtime = get_runtime()
            return maintenance.purge_personal_data(runtime.ledger, runtime.archive)

    @task
    def delete_old_evidence(**context: Any) -> int:
        """Delete the evidence of failed browser jobs that is past its retention."""
        with task_outcome(context):
            return maintenance.delete_old_evidence(get_runtime(), context["params"]["keep_evidence_days"])

    @task
    def clean_airflow(**context: Any) -> list[str]:
        """Delete old rows of Airflow's metadata; skipped without the connection sellerops_metadata."""
        with task_outcome(context):
            params = context["params"]
            return upkeep.clean_metadata(params["keep_runs_days"], params["keep_audit_days"])

    @task
    def delete_old_logs(**context: Any) -> dict[str, int]:
        """Delete old log files on the host that runs this task."""
        with task_outcome(context):
            params = context["params"]
            folder = conf.get("logging", "base_log_folder")
            return upkeep.delete_logs(folder, params["keep_logs_days"], params["most_logs_gb"])

    @task
    def measure_sizes(**context: Any) -> list[str]:
        """Measure what grows, and report what is full or soon will be."""
        with task_outcome(context):
            return upkeep.measure_sizes(get_runtime(), conf.get("logging", "base_log_folder"))

    @task
    def measure_settling(**context: Any) -> int:
        """Measure how long figures keep changing, for the hub's page Data health."""
        with task_outcome(context):
            return maintenance.measure_settling(get_runtime().ledger)

    @task
    def check_secrets(**context: Any) -> list[str]:
        """Report client secrets that expire soon."""
        with task_outcome(context):
            return upkeep.check_secrets(get_runtime().ledger)

    @task
    def check_credentials(**context: Any) -> None:
        """Request a token for each account, to find refused ones before the reports need them."""
        with task_outcome(context):
            maintenance.check_credentials()

    @task
    def check_stale_slices(**context: Any) -> None:
        """Fail if slices never finished."""
        with task_outcome(context):
            maintenance.check_stale_slices(get_runtime().ledger, context["params"]["stale_hours"])

    @task
    def send_missed_notices(**context: Any) -> int:
        """Send notices of failures whose own process died before it could send them."""
        with task_outcome(context):
            return maintenance.send_missed_notices(get_runtime().ledger)

    for step in (
        roll_call_log,
        refresh_reference_tables,
        refresh_exchange_rates,
        purge_old_rows,
        purge_personal_data,
        delete_old_evidence,
        clean_airflow,
        delete_old_logs,
        measure_sizes,
        measure_settling,
        check_secrets,
        check_credentials,
        check_stale_slices,
        send_missed_notices,
    ):
        step()
