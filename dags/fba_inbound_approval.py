"""Asks about an FBA shipment again, because Amazon's numbers have changed since the approval.

`fba_inbound` starts these runs; there is no need to trigger one. Each has one question under *Required
Actions*. Once it is answered, the run of `fba_inbound` that asked continues.
"""

from __future__ import annotations

from airflow.sdk import DAG

from sellerops_airflow.dag_factory.dag_defaults import docs_page
from sellerops_airflow.dag_factory.inbound import MANY_RUNS, TAGS, inbound_defaults
from sellerops_airflow.operators.inbound_approval import ApproveOffersOperator
from sellerops_airflow.operators.inbound_questions import APPROVAL_DAG

with DAG(
    dag_id=APPROVAL_DAG,
    description="Asks about an FBA shipment again when its numbers have changed.",
    doc_md=docs_page(__doc__),
    schedule=None,
    max_active_runs=MANY_RUNS,
    # A paused DAG would ask nobody, and the shipment would wait.
    is_paused_upon_creation=False,
    tags=TAGS,
    **inbound_defaults(),
):
    ApproveOffersOperator(
        task_id="approve",
        inbound_run_id="{{ dag_run.conf.get('inbound_run_id', '') }}",
        asked_about="{{ dag_run.conf.get('asked_about', '') }}",
        reason="{{ dag_run.conf.get('reason', '') }}",
        after="{{ dag_run.conf.get('after', '') }}",
    )
