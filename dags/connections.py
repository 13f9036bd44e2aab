"""Tests Airflow connections, as the *Test* button in the Airflow UI does, and records the results.

The seller hub's page Connections starts these runs and shows the results. Nothing is collected or sent; for a
connection to Amazon, the test requests an access token from Login with Amazon.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.housekeeping import connections
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

with DAG(
    dag_id="sellerops__connections",
    description="Tests Airflow connections and notes the answers for the seller hub.",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=4,
    # Whoever starts a test is waiting for its result.
    is_paused_upon_creation=False,
    tags={"sellerops", "maintenance"},
    params={
        "connections": Param(
            [],
            type="array",
            items={"type": "string"},
            title="Connections",
            description="Ids of connections; none: all that the configuration uses.",
        ),
    },
    **dag_defaults(retry_delay=timedelta(minutes=1)),
):

    @task
    def test_connections(**context: Any) -> dict[str, str]:
        """Test the connections. Returns the state of each: ok, failed or absent."""
        with task_outcome(context):
            asked = context["params"]["connections"]
            return connections.run_tests(get_runtime().ledger, asked, context["run_id"])

    test_connections()
