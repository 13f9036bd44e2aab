"""Cancels an FBA shipment because an approver asks for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from sellerops.base.errors import FormError
from sellerops_airflow.notifiers.inbound import send_cancellation_notice
from sellerops_airflow.operators.inbound import COLOR, inbound_run_id_of
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runs.trigger_events import result_of
from sellerops_airflow.runtime import get_runtime

log = logging.getLogger(__name__)


class CancelRunOperator(BaseOperator):
    """Cancels the plan of a run at Amazon and returns the result. The decision is a row of the ledger.

    Only approvers of the account may trigger the DAG run. May be cleared and repeated.

    :param inbound_run_id: id of the run in the ledger.
    :param reason: stored with the decision.
    :param accepts_charges: whether (``True``) to cancel even if the carrier can no longer be cancelled free
        of charge.
    """

    template_fields: Sequence[str] = ("inbound_run_id", "reason", "accepts_charges")
    ui_color = COLOR

    def __init__(
        self, *, inbound_run_id: Any, reason: str = "", accepts_charges: Any = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.inbound_run_id = inbound_run_id
        self.reason = reason
        self.accepts_charges = accepts_charges

    def execute(self, context: Context) -> str:
        """Check who asks, record the decision, and hand the work to the triggerer."""
        from sellerops_airflow.triggers.inbound_confirmed import CancelTrigger

        with task_outcome(context):
            run_id = inbound_run_id_of(self.inbound_run_id)
            self._require_approver(context, run_id)
            self._record(context, run_id)
        trigger = CancelTrigger(
            inbound_run_id=run_id, accept_charges=str(self.accepts_charges).strip() == "True"
        )
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Send a notice of the result. Raises the error that kept the plan from being cancelled."""
        with task_outcome(context):
            summary = str(result_of(event)["summary"])
            runtime = get_runtime()
            run = runtime.inbound_store.run(inbound_run_id_of(self.inbound_run_id))
        send_cancellation_notice(runtime.ledger, run, f"{summary} Requested by {_user(context)}.")
        log.info("%s", summary)
        return summary

    def _record(self, context: Context, run_id: int) -> None:
        """Record the decision: nothing is cancelled without one. The run's state changes with its plan."""
        from sellerops.inbound.models import Offer
        from sellerops.inbound.store import Choice

        runtime = get_runtime()
        runtime.inbound_store.decide(
            run_id,
            Choice.REJECTED,
            offer=Offer((), runtime.ledger.clock().now()),
            decided_by=_user(context),
            note=self.reason or None,
            asked_about=f"fba_inbound_cancel {context['run_id']}",
            moves_run=False,
        )

    def _require_approver(self, context: Context, run_id: int) -> None:
        from sellerops.inbound.settings import INBOUND

        account_id = get_runtime().inbound_store.run(run_id).account_id
        approvers = INBOUND.load().approvers(account_id)
        if _user(context) not in approvers:
            raise FormError(
                f"{_user(context) or 'an unknown user'} may not cancel shipments of {account_id}.",
                where="fba_inbound_cancel",
                remedy=f"Ask {' or '.join(approvers)} to trigger the run, or change the approvers in "
                "config/inbound.yaml.",
            )


def _user(context: Context) -> str:
    """Who triggered the DAG run."""
    dag_run: Any = context["dag_run"]
    return str(getattr(dag_run, "triggering_user_name", None) or "")
