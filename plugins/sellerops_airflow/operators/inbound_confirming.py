"""Steps that rely on an approval: they continue only with the numbers that a person has approved."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import Context

from sellerops_airflow.operators.inbound import (
    InboundStepOperator,
    inbound_run_id_of,
    skip_to_cancellation,
)
from sellerops_airflow.operators.inbound_questions import ask_in_new_run, decision_of, describe_decision
from sellerops_airflow.runs.task_outcomes import task_outcome

log = logging.getLogger(__name__)


class ConfirmStepOperator(InboundStepOperator):
    """A step that relies on an approval. It asks again if the approved numbers no longer hold."""

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Return the summary; or ask a person again, and wait for the decision in the triggerer."""
        from sellerops.inbound.workflow import StepState

        result = event.get("result") or {}
        if result.get("state") != StepState.NEEDS_APPROVAL:
            return super().resume(context, event)
        log.warning("%s", result["summary"])
        with task_outcome(context):
            run_id = inbound_run_id_of(self.inbound_run_id)
            ask_in_new_run(self, context, run_id, asked_about=self.task_id, reason=result["summary"])

    def decided(self, context: Context, event: dict[str, Any], **wait: Any) -> str:
        """Carry out the step after an approval; otherwise skip to the cancellation."""
        with task_outcome(context):
            decision = decision_of(self, event, inbound_run_id_of(self.inbound_run_id), wait)
        words = describe_decision(decision) if decision else "the run has ended"
        log.info("%s", words)
        if decision is None or not decision.choice.is_approval:
            context["ti"].xcom_push(key="return_value", value=words)
            skip_to_cancellation(context)
            return words
        self.start_step()
