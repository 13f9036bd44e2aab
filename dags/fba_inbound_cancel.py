"""Cancels the inbound plan of an FBA shipment, whatever state it is in.

Trigger it with the number of the inbound run (shown in notices, on the shipment's page, and by `sellerops
inbound list`). Only approvers of the account may trigger it. Parcels with Amazon's partnered carrier can be
cancelled free of charge for 24 hours after their confirmation, pallets for one hour; later the carrier
charges, and the run stops unless you accept that.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.dag_factory.inbound import MANY_RUNS, TAGS
from sellerops_airflow.operators.inbound_cancelling import CancelRunOperator
from sellerops_airflow.runs.inbound_form import cancel_form

with DAG(
    dag_id="fba_inbound_cancel",
    description="Cancels the inbound plan of an FBA shipment.",
    doc_md=docs_page(__doc__),
    schedule=None,
    max_active_runs=MANY_RUNS,
    tags=TAGS,
    **dag_defaults(retry_delay=timedelta(minutes=1)),
) as dag:
    CancelRunOperator(
        task_id="cancel",
        inbound_run_id="{{ params.inbound_run_id or '' }}",
        reason="{{ params.reason or '' }}",
        accepts_charges="{{ params.accept_charges }}",
    )

# Set last: every task created while the DAG has params gets a copy of them.
dag.params.update(cancel_form())
