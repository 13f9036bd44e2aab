"""Ships stock to FBA: creates a plan, compares Amazon's offers, asks a person, confirms, and gets the labels.

Trigger it with the form, or through the REST API with the same keys. `validate` reports all problems at once,
before anything is created at Amazon. `approve` waits under *Required Actions* for one of the approvers in
`config/inbound.yaml`; nothing is confirmed or charged before that. Rejected plans are cancelled.

Every task may be cleared at any time: it finds out from Amazon what has already been done, and continues from
there. While a task waits for Amazon, it holds no worker.

To get the labels, open any task of the run and its tab *Details*, and choose *Labels and shipment*.
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from sellerops_airflow.dag_factory.dag_defaults import docs_page
from sellerops_airflow.dag_factory.inbound import MANY_RUNS, TAGS, form_of_configuration, inbound_defaults
from sellerops_airflow.operators.inbound import (
    CancelPlanOperator,
    FetchDocumentsOperator,
    InboundStepOperator,
)
from sellerops_airflow.operators.inbound_approval import ApproveOffersOperator
from sellerops_airflow.operators.inbound_confirming import ConfirmStepOperator
from sellerops_airflow.operators.inbound_request import ValidateRequestOperator
from sellerops_airflow.operators.inbound_tracking import AskTrackingOperator

with DAG(
    dag_id="fba_inbound",
    description="Ships stock to FBA, from a packing list to labels.",
    doc_md=docs_page(__doc__),
    schedule=None,
    max_active_runs=MANY_RUNS,
    tags=TAGS,
    **inbound_defaults(),
) as dag:
    confirmed = ConfirmStepOperator(task_id="confirm_transportation")
    chain(
        ValidateRequestOperator(task_id="validate"),
        InboundStepOperator(task_id="set_prep_details"),
        InboundStepOperator(task_id="create_plan"),
        InboundStepOperator(task_id="offer_packing"),
        InboundStepOperator(task_id="confirm_packing"),
        InboundStepOperator(task_id="set_box_contents"),
        InboundStepOperator(task_id="offer_placements"),
        InboundStepOperator(task_id="offer_transportation"),
        ApproveOffersOperator(task_id="approve"),
        ConfirmStepOperator(task_id="confirm_placement"),
        InboundStepOperator(task_id="set_shipment_boxes"),
        ConfirmStepOperator(task_id="offer_transportation_again"),
        ConfirmStepOperator(task_id="confirm_delivery_windows"),
        confirmed,
        FetchDocumentsOperator(task_id="fetch_labels"),
        FetchDocumentsOperator(task_id="fetch_bill_of_lading"),
        AskTrackingOperator(task_id="ask_tracking"),
        InboundStepOperator(task_id="send_tracking", trigger_rule="all_success"),
    )
    confirmed >> CancelPlanOperator(task_id="cancel_plan", trigger_rule="all_done")

# Set last: every task created while the DAG has params gets a copy of them.
dag.params.update(form_of_configuration())
