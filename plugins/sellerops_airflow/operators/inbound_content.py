"""Changes quantities of a confirmed FBA shipment: Amazon's preview, an approval, the confirmation."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import BaseOperator, Context, Param
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput

from sellerops.base.errors import GiveUpError
from sellerops_airflow.notifiers.inbound import send_approval_notice, send_decision_notice
from sellerops_airflow.operators.inbound import COLOR, inbound_run_id_of
from sellerops_airflow.runs.questions import Question, has_timed_out, is_answered_by, put_question, responder
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runs.trigger_events import result_of
from sellerops_airflow.runtime import get_runtime

log = logging.getLogger(__name__)

APPROVE, REJECT = "Approve", "Reject"


class OfferContentUpdateOperator(BaseOperator):
    """Gets Amazon's preview of new quantities of a shipment; returns it as plain values.

    :param inbound_run_id: id of the run in the ledger.
    :param shipment: the shipment's confirmation id (``FBA...``) or its id in the plan.
    :param quantities: as JSON: CSV lines ``sku,quantity``, or a list of objects with these keys; the new
        units in the shipment.
    """

    template_fields: Sequence[str] = ("inbound_run_id", "shipment", "quantities")
    ui_color = COLOR

    def __init__(self, *, inbound_run_id: Any, shipment: str, quantities: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inbound_run_id = inbound_run_id
        self.shipment = shipment
        self.quantities = quantities

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the form, and hand the work to the triggerer. Raises FormError if it cannot be read."""
        from sellerops.inbound.content_form import find_shipment, parse_quantities
        from sellerops_airflow.triggers.inbound_confirmed import OfferContentUpdateTrigger

        with task_outcome(context):
            run_id = inbound_run_id_of(self.inbound_run_id)
            shipment = find_shipment(get_runtime().inbound_store, run_id, self.shipment)
            quantities = parse_quantities(json.loads(self.quantities))
        trigger = OfferContentUpdateTrigger(
            inbound_run_id=run_id, shipment_id=shipment.shipment_id, quantities=quantities
        )
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Return the preview with ``inbound_run_id``."""
        with task_outcome(context):
            preview = result_of(event)
        log.info("%s", preview)
        return {"inbound_run_id": inbound_run_id_of(self.inbound_run_id), **preview}


class ApproveContentUpdateOperator(HITLOperator):
    """Shows a preview with its costs to the approvers of the account, until it expires; returns the preview.

    :param preview: the return value of OfferContentUpdateOperator.
    """

    template_fields: Sequence[str] = ("preview",)
    template_fields_renderers = {"preview": "json"}  # noqa: RUF012 - the type Airflow declares
    ui_color = COLOR

    def __init__(self, *, preview: Any, **kwargs: Any) -> None:
        note = Param(
            None,
            type=["null", "string"],
            title="Note",
            description="Stored with the decision.",
        )
        super().__init__(
            subject="New quantities of an FBA shipment need your approval",
            options=[APPROVE, REJECT],
            params={"note": note},
            **kwargs,
        )
        self.preview = preview

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask. Raises GiveUpError when the preview has expired or Airflow shows an earlier one."""
        from sellerops.inbound.content_form import describe_update

        with task_outcome(context):
            runtime, run, approvers = self._about()
            left = datetime.fromisoformat(self.preview["expires_at"]) - runtime.ledger.clock().now()
            title, lines = describe_update(run, self.preview)
            question = Question(
                title,
                "\n".join([*lines, "", f"*{APPROVE}* changes the shipment for good."]),
                (APPROVE, REJECT),
                approvers,
                self.serialized_params,
            )
            if left <= timedelta(0) or not put_question(context["ti"].id, question):
                raise _outdated(run.name)
        ti = context["ti"]
        asked_in = (ti.dag_id, ti.run_id, ti.task_id)
        send_approval_notice(runtime.ledger, run, [title, *lines[2:]], approvers, left, asked_in)
        raise TaskAwaitingInput(method_name="execute_complete", timeout=left)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Record the decision. Raises AirflowSkipException after a rejection or without an answer."""
        from sellerops.inbound.store import Choice

        with task_outcome(context):
            _, run, approvers = self._about()
            by = responder(event)
            if not has_timed_out(event) and not is_answered_by(event, approvers):
                raise _outdated(
                    run.name, f"{by or 'an unknown user'} may not approve shipments of {run.account_id}."
                )
            is_approval = not has_timed_out(event) and event["chosen_options"] == [APPROVE]
            choice = Choice.APPROVED if is_approval else Choice.REJECTED
            self._record(context, Choice.TIMED_OUT if has_timed_out(event) else choice, by or "nobody", event)
        if not is_approval:
            raise AirflowSkipException("not approved: the shipment stays as it is")
        preview: dict[str, Any] = self.preview
        return preview

    def _about(self) -> tuple[Any, Any, tuple[str, ...]]:
        from sellerops.inbound.settings import INBOUND

        runtime = get_runtime()
        run = runtime.inbound_store.run(int(self.preview["inbound_run_id"]))
        return runtime, run, INBOUND.load().approvers(run.account_id)

    def _record(self, context: Context, choice: Any, by: str, event: dict[str, Any]) -> None:
        from sellerops.inbound.content_update import question_about
        from sellerops.inbound.models import Combination, Money, Offer

        runtime, run, _ = self._about()
        cost = self.preview["cost"]
        total = Money(Decimal(cost["amount"]), cost["currency"]) if cost else None
        nothing = Money(Decimal(0), cost["currency"] if cost else "")
        shown = Combination(
            self.preview["preview_id"], run.placement_option_id or "", (), nothing, total, total, None, None
        )
        decision = runtime.inbound_store.decide(
            run.id,
            choice,
            offer=Offer((shown,), runtime.ledger.clock().now(), (str(self.preview["units"]),)),
            combination=shown if choice.is_approval else None,
            decided_by=by,
            note=(event.get("params_input") or {}).get("note") or None,
            asked_about=question_about(self.preview["preview_id"]),
        )
        verb = {"approved": "approved", "rejected": "rejected"}.get(choice, "decided in time about")
        words = f"{by} {verb} the new quantities"
        send_decision_notice(runtime.ledger, run, decision, words)


class ConfirmContentUpdateOperator(BaseOperator):
    """Confirms an approved preview; returns the result in one line. May be cleared and repeated.

    :param preview: the return value of ApproveContentUpdateOperator.
    """

    template_fields: Sequence[str] = ("preview",)
    ui_color = COLOR

    def __init__(self, *, preview: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.preview = preview

    def execute(self, context: Context) -> str:
        """Hand the work to the triggerer."""
        from sellerops_airflow.triggers.inbound_confirmed import ConfirmContentUpdateTrigger

        wanted = {name: self.preview[name] for name in ("inbound_run_id", "shipment_id", "preview_id")}
        self.defer(trigger=ConfirmContentUpdateTrigger(**wanted), method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Return the shipment's new contents in one line."""
        with task_outcome(context):
            summary = str(result_of(event)["summary"])
        log.info("%s", summary)
        return summary


def _outdated(name: str, cause: str = "the preview has expired, or an earlier one is shown.") -> GiveUpError:
    return GiveUpError(
        cause, where=name, remedy="Trigger fba_inbound_content_update again to get a new preview."
    )
