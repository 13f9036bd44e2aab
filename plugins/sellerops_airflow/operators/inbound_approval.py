"""Asks an approver how a shipment should be sent, before anything irrevocable happens at Amazon."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context, Param
from airflow.sdk.exceptions import TaskAwaitingInput

from sellerops.base.errors import GiveUpError
from sellerops_airflow.notifiers.inbound import send_approval_notice, send_decision_notice
from sellerops_airflow.operators.inbound import COLOR, INBOUND_RUN_ID, inbound_run_id_of, skip_to_cancellation
from sellerops_airflow.operators.inbound_questions import (
    ApprovalCase,
    ask_in_new_run,
    decision_of,
    describe_decision,
)
from sellerops_airflow.runs.questions import (
    Question,
    has_timed_out,
    is_answered_by,
    put_question,
    responder,
)
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runs.trigger_events import result_of
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.inbound.models import Combination

log = logging.getLogger(__name__)

NOTE = "note"
# The steps that generate an offer, in order.
_OFFERS = ("offer_placements", "offer_transportation")
# Recorded as the decider when the costs are below the configured limit.
_CONFIGURATION = "config/inbound.yaml"


class ApproveOffersOperator(HITLOperator):
    """Shows every combination of placement and transport with its costs, and waits for a named approver.

    Waiting occupies neither worker nor triggerer. Every decision is a row of ``inbound_decision``; the task
    returns it in words. After a rejection, a time-out or a dry run, everything downstream except
    ``cancel_plan`` is skipped. Nobody is asked again while an approval holds.

    :param asked_about: the task on whose behalf this one asks; empty for its own.
    :param reason: why the question is asked again; empty for the first time.
    :param after: id of the decision that no longer holds; empty for the first time.
    """

    template_fields: Sequence[str] = ("inbound_run_id", "asked_about", "reason", "after")
    ui_color = COLOR

    def __init__(
        self,
        *,
        inbound_run_id: Any = INBOUND_RUN_ID,
        asked_about: str = "",
        reason: str = "",
        after: Any = "",
        **kwargs: Any,
    ) -> None:
        kind = ["null", "string"]  # a required field would disable the buttons until it is filled in
        note = Param(None, type=kind, title="Note", description="Your reason, stored with the decision.")
        super().__init__(
            subject="An FBA shipment needs your approval",
            options=["Reject"],
            params={NOTE: note},
            **kwargs,
        )
        self.inbound_run_id = inbound_run_id
        self.asked_about = asked_about
        self.reason = reason
        self.after = after

    def execute(self, context: Context) -> str:
        """Ask, unless the run is a dry run, there is a decision already, or the costs are below the limit."""
        with task_outcome(context):
            case = self._case()
            words = self._settled(case) or self._automatic(case)
            if not words and not case.offer.combinations:
                self._offer_again(_OFFERS[0])
            words = words or self._ask(context, case, 1)
        return self._end(context, words)

    def offered_again(self, context: Context, event: dict[str, Any], step: str) -> str:
        """Ask about options that were generated again because all had expired."""
        with task_outcome(context):
            result_of(event)
            if step != _OFFERS[-1]:
                self._offer_again(_OFFERS[_OFFERS.index(step) + 1])
            case = self._case()
            words = self._settled(case) or self._automatic(case) or self._ask(context, case, 1)
        return self._end(context, words)

    def execute_complete(
        self, context: Context, event: dict[str, Any], asked: int = 1, read_at: str = "", shown: Any = None
    ) -> str:
        """Record the decision. Asks again when somebody else answered, or when the numbers have changed.

        ``asked``: how often it has been asked; ``read_at``: when the offer was read (ISO); ``shown``: the
        case's ``shown()``.
        """
        with task_outcome(context):
            case = self._case(read_at)
            words = self._settled(case) or self._answered(context, case, event, shown or {})
            words = words or self._ask(context, case, asked + 1)
        return self._end(context, words)

    def decided(self, context: Context, event: dict[str, Any], **wait: Any) -> str:
        """Continue after a decision that was made in a run of its own."""
        with task_outcome(context):
            decision = decision_of(self, event, inbound_run_id_of(self.inbound_run_id), wait)
        return self._end(context, describe_decision(decision) if decision else "the run has ended")

    def _case(self, read_at: str = "") -> ApprovalCase:
        return ApprovalCase.read(inbound_run_id_of(self.inbound_run_id), read_at)

    def _settled(self, case: ApprovalCase) -> str:
        """Why nobody needs to be asked; empty if somebody does."""
        from sellerops.inbound.offer_text import describe_offer
        from sellerops.inbound.store import RunState

        run = case.run
        if run.request.dry_run:
            log.info(
                "Dry run. An approver would be shown:\n%s", describe_offer(case.offer, run.request, run.name)
            )
            case.store.set_state(run.id, RunState.DRY_RUN)
            return "dry run: nobody is asked and nothing is confirmed"
        is_over = run.state.is_given_up or run.state.is_confirmed
        if case.decision and case.decision.id > int(self.after or 0) and (is_over or case.holds()):
            return describe_decision(case.decision)
        if is_over:
            return f"the run is {run.state.replace('_', ' ')}"
        return ""

    def _automatic(self, case: ApprovalCase) -> str:
        """Approve what costs less than the configured limit; empty if a person must decide."""
        from sellerops.inbound.store import Choice

        found = case.auto_approved()
        return self._decide(case, Choice.AUTO_APPROVED, _CONFIGURATION, found) if found else ""

    def _answered(
        self, context: Context, case: ApprovalCase, event: dict[str, Any], shown: Mapping[str, str]
    ) -> str:
        """Record an answer; empty when the question has to be asked again."""
        from sellerops.inbound.offer_text import REJECT, chosen
        from sellerops.inbound.setting_models import OnTimeout
        from sellerops.inbound.store import Choice

        if has_timed_out(event):
            if case.settings.approval.on_timeout is OnTimeout.REJECT:
                return self._decide(case, Choice.TIMED_OUT, "nobody")
            log.warning("Nobody answered in time; asking again.")
            return ""
        by = responder(event)
        if not is_answered_by(event, case.approvers):
            log.warning(
                "%s may not approve shipments of %s; asking again.", by or "Nobody", case.run.account_id
            )
            return ""
        note = str((event.get("params_input") or {}).get(NOTE) or "")
        (label,) = event["chosen_options"]
        if label == REJECT:
            return self._decide(case, Choice.REJECTED, by, note=note)
        combination = chosen(case.offer, label)
        if combination and shown.get(label) in (None, case.shown()[label]):
            return self._decide(case, Choice.APPROVED, by, combination, note=note)
        self.reason = f"Amazon's offer has changed since {by} chose {label}."
        log.warning("%s Asking again.", self.reason)
        self._ask_elsewhere(context, case.run.id)

    def _ask_elsewhere(self, context: Context, run_id: int, outdated: str = "") -> NoReturn:
        about = self.asked_about or self.task_id
        ask_in_new_run(self, context, run_id, asked_about=about, reason=self.reason, outdated=outdated)

    def _decide(
        self, case: ApprovalCase, choice: Any, by: str, combination: Combination | None = None, note: str = ""
    ) -> str:
        decision = case.store.decide(
            case.run.id,
            choice,
            offer=case.offer,
            combination=combination,
            decided_by=by,
            note=note or None,
            asked_about=self.asked_about or self.task_id,
        )
        words = describe_decision(decision, combination)
        send_decision_notice(get_runtime().ledger, case.run, decision, words)
        return words

    def _offer_again(self, step: str) -> NoReturn:
        """Defer until Amazon has generated options again."""
        from sellerops_airflow.triggers.inbound import InboundStepTrigger

        log.info("All options have expired; running %s again.", step)
        trigger = InboundStepTrigger(step=step, inbound_run_id=inbound_run_id_of(self.inbound_run_id))
        self.defer(trigger=trigger, method_name="offered_again", kwargs={"step": step})

    def _ask(self, context: Context, case: ApprovalCase, asked: int) -> NoReturn:
        """Wait for an answer here or, when Airflow still shows an earlier question, in a run of its own."""
        from sellerops.inbound.offer_text import describe_offer, offer_lines, option_labels
        from sellerops.inbound.store import RunState

        run, ti = case.run, context["ti"]
        if not case.offer.combinations:
            raise GiveUpError(
                f"Amazon offers nothing that fits the request. {' '.join(case.offer.notes)}".rstrip(),
                where=f"inbound run {run.id}",
                remedy="Look at the plan in Seller Central; then clear this task, or cancel the plan with "
                "the DAG fba_inbound_cancel.",
            )
        body = describe_offer(case.offer, run.request, run.name, reason=self.reason)
        question = Question(
            f"Approve {run.name}", body, option_labels(case.offer), case.approvers, self.serialized_params
        )
        case.store.set_state(run.id, RunState.AWAITING_APPROVAL)
        if not put_question(ti.id, question):
            self._ask_elsewhere(context, run.id, outdated=str(ti.id))
        timeout: timedelta = case.settings.approval.timeout
        ledger, lines = get_runtime().ledger, offer_lines(case.offer)
        asked_in = (ti.dag_id, ti.run_id, ti.task_id)
        send_approval_notice(
            ledger, run, lines, case.approvers, timeout, asked_in, reason=self.reason, asked=asked
        )
        log.info("Waiting for %s to choose:\n%s", " or ".join(case.approvers), body)
        kept = {"asked": asked, "read_at": case.read_at.isoformat(), "shown": case.shown()}
        raise TaskAwaitingInput(method_name="execute_complete", kwargs=kept, timeout=timeout)

    def _end(self, context: Context, words: str) -> str:
        """Return the decision; without an approval, skip to the cancellation."""
        log.info("%s", words)
        store, run_id = get_runtime().inbound_store, inbound_run_id_of(self.inbound_run_id)
        decision = store.newest_decision(run_id)
        if decision is None or not decision.choice.is_approval or store.run(run_id).state.is_given_up:
            context["ti"].xcom_push(key="return_value", value=words)
            skip_to_cancellation(context)
        return words
