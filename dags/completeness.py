"""Finds missing days once a day, and fills them.

Compares the days that scheduled runs should have loaded with the ledger. Missing, late and failed days that
Amazon still serves get a run of their report for exactly these days, with less quota priority than scheduled
runs; days that Amazon no longer serves are marked expired. If schedules have not run, or runs stay queued, a
task fails and names them. `sellerops completeness` and `gaps` show the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.housekeeping import completeness, deadlines
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

DAG_ID = "sellerops__completeness"

with DAG(
    dag_id=DAG_ID,
    description="Finds missing days and starts runs for them; reports schedules without runs.",
    doc_md=docs_page(__doc__),
    schedule=completeness.daily_schedule(DAG_ID, between="05:00-06:00"),
    max_active_runs=1,
    tags={"sellerops", "maintenance"},
    params={
        "most_runs": Param(
            20, type="integer", minimum=0, description="Runs started for gaps within 24 hours, at most."
        ),
        "tries": Param(
            3, type="integer", minimum=1, description="Most runs for one gap, with 1, 2, 4, ... days between."
        ),
        "horizon_days": Param(730, type="integer", minimum=2, description="How far back to look, in days."),
        "silent_hours": Param(
            6,
            type="integer",
            minimum=1,
            description="Hours after which an overdue schedule or a queued run is reported.",
        ),
    },
    **dag_defaults(retry_delay=timedelta(minutes=5)),
):

    @task
    def find_gaps(**context: Any) -> list[dict[str, Any]]:
        """Return the runs to start for gaps, with their days."""
        with task_outcome(context):
            chosen = context["params"]
            return completeness.plan_gap_fills(
                get_runtime().ledger,
                completeness.pause_lookup(context),
                most=chosen["most_runs"],
                tries=chosen["tries"],
                horizon_days=chosen["horizon_days"],
            )

    @task
    def check_silence(**context: Any) -> None:
        """Fail if a schedule should have run and did not."""
        with task_outcome(context):
            completeness.check_silence(
                get_runtime().ledger,
                completeness.pause_lookup(context),
                context["params"]["silent_hours"],
            )

    @task
    def check_queued(**context: Any) -> None:
        """Fail if runs stay queued."""
        with task_outcome(context):
            completeness.check_queued(completeness.pause_lookup(context), context["params"]["silent_hours"])

    @task
    def check_expiring(**context: Any) -> int:
        """Warn once about missing and failed days that Amazon stops serving within a week."""
        with task_outcome(context):
            return deadlines.check_expiring(
                get_runtime().ledger, completeness.pause_lookup(context), context["params"]["horizon_days"]
            )

    @task
    def send_deprecation_notices(**context: Any) -> int:
        """Send one notice 90, 30 and 7 days before Amazon removes a report type or API, and on the day."""
        with task_outcome(context):
            return completeness.send_deprecation_notices(get_runtime().ledger)

    TriggerDagRunOperator.partial(
        task_id="fill_gap",
        logical_date=None,
        skip_when_already_exists=True,
        openlineage_inject_parent_info=False,
        map_index_template="{{ task.trigger_run_id }}",
    ).expand_kwargs(find_gaps())
    check_silence()
    check_queued()
    check_expiring()
    send_deprecation_notices()
