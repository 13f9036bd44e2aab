"""Changes the quantities of a confirmed FBA shipment.

Trigger it with the number of the inbound run, the shipment and the new quantities. An approver of the
account then sees Amazon's preview with its costs under *Required Actions*. Nothing changes before the
approval; an expired preview changes nothing. Amazon does not accept changes once boxes have left.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.dag_factory.inbound import MANY_RUNS, TAGS
from sellerops_airflow.operators.inbound_content import (
    ApproveContentUpdateOperator,
    ConfirmContentUpdateOperator,
    OfferContentUpdateOperator,
)
from sellerops_airflow.runs.inbound_form import content_form

with DAG(
    dag_id="fba_inbound_content_update",
    description="Changes the quantities of a confirmed FBA shipment.",
    doc_md=docs_page(__doc__),
    schedule=None,
    max_active_runs=MANY_RUNS,
    tags=TAGS,
    **dag_defaults(retry_delay=timedelta(minutes=1)),
) as dag:
    offered = OfferContentUpdateOperator(
        task_id="preview",
        inbound_run_id="{{ params.inbound_run_id or '' }}",
        shipment="{{ params.shipment or '' }}",
        quantities="{{ (params.quantities or '') | tojson }}",
    )
    approved = ApproveContentUpdateOperator(task_id="approve", preview=offered.output)
    ConfirmContentUpdateOperator(task_id="confirm", preview=approved.output)

# Set last: every task created while the DAG has params gets a copy of them.
dag.params.update(content_form())
