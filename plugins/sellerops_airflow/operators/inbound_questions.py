"""Reads what a question about an FBA shipment is about, and asks it in a run of its own."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator, Context

from sellerops_airflow.runs.airflow_runs import count_runs, start_run
from sellerops_airflow.runs.trigger_events import result_of
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.inbound.models import Combination, Offer
    from sellerops.inbound.settings import InboundSettings
    from sellerops.inbound.store import Decision, InboundRun, InboundStore

log = logging.getLogger(__name__)

# The DAG that asks questions that cannot be asked in their own task.
APPROVAL_DAG = "fba_inbound_approval"
# How much longer to wait for an answer than the question is open: options may have to be generated first.
_MARGIN = timedelta(hours=2)


class ApprovalCase:
    """A run, the offer as of a moment, the newest decision about it, and who may decide.

    :param read_at: options that have expired by then are left out. For an answer it is the moment at which
        the offer was shown: what has expired since is generated again when it is confirmed.
    """

    def __init__(
        self, store: InboundStore, run: InboundRun, settings: InboundSettings, read_at: datetime
    ) -> None:
        from sellerops.inbound.approval import current_offer

        self.store, self.run, self.settings, self.read_at = store, run, settings, read_at
        self.approvers = settings.approvers(run.account_id)
        self.decision = store.newest_decision(run.id)
        offer = current_offer(store, run.id, read_at)
        self.offer: Offer = replace(offer, notes=(*offer.notes, *self._notes(offer)))

    @classmethod
    def read(cls, inbound_run_id: int, read_at: str = "") -> ApprovalCase:
        """Read it from the ledger and the settings. Raises ConfigurationError when nobody may approve."""
        from sellerops.inbound.settings import INBOUND

        runtime = get_runtime()
        moment = datetime.fromisoformat(read_at) if read_at else runtime.ledger.clock().now()
        store = runtime.inbound_store
        return cls(store, store.run(inbound_run_id), INBOUND.load(), moment)

    def _notes(self, offer: Offer) -> Iterator[str]:
        """What is chosen later; and that a shipment may have been triggered twice, because approvers do not
        see the notes of the validation.
        """
        from sellerops.inbound.offer_text import window_note

        if windows := window_note(offer, self.settings.delivery_windows, self.run.request.ready_at):
            yield windows
        older = self.store.open_runs(self.run.account_id).get(self.run.request.name, self.run.id)
        if older != self.run.id:
            yield (
                f"Inbound run {older} has the same name and is still open. If this is the same shipment, "
                "reject this one."
            )

    def holds(self) -> bool:
        """Whether the newest decision is an approval of numbers that the ledger still has."""
        from sellerops.inbound.approval import current_offer
        from sellerops.inbound.offers import find_same

        decision = self.decision
        if decision is None or not decision.choice.is_approval:
            return False
        offer = current_offer(self.store, self.run.id, decision.decided_at)
        return find_same(offer, decision.fingerprint) is not None

    def shown(self) -> dict[str, str]:
        """The fingerprint of each combination, by its option's label: labels leave out warehouses."""
        from sellerops.inbound.offer_text import option_label
        from sellerops.inbound.offers import fingerprint

        return {option_label(each): fingerprint(each) for each in self.offer.combinations}

    def auto_approved(self) -> Combination | None:
        """The combination that needs no person; None once one has decided, or with unwanted carriers."""
        from sellerops.inbound.approval import auto_approval
        from sellerops.inbound.offers import has_wanted_carriers
        from sellerops.inbound.store import Choice

        if self.decision and self.decision.choice is not Choice.AUTO_APPROVED:
            return None
        found = auto_approval(self.offer, self.settings, self.run.account_id)
        return found if found and has_wanted_carriers(self.run.request, found) else None


def ask_in_new_run(
    operator: BaseOperator,
    context: Context,
    inbound_run_id: int,
    *,
    asked_about: str,
    reason: str,
    outdated: str = "",
) -> NoReturn:
    """Ask in a run of ``fba_inbound_approval``, and defer ``operator`` until there is a decision.

    A question has one run, even if the task is killed and retried. If that run has ended without a decision,
    another one is started.

    :param outdated: id of the task instance whose question is to be withdrawn.
    """
    from sellerops_airflow.triggers.inbound_decision import ASKED_AGAIN

    dag_id = context["ti"].dag_id
    newest = get_runtime().inbound_store.newest_decision(inbound_run_id)
    after = newest.id if newest else 0
    is_nested = dag_id == APPROVAL_DAG
    name = (
        f"{context['run_id']}{ASKED_AGAIN}"
        if is_nested
        else f"inbound_{inbound_run_id}__{operator.task_id}__{after}"
    )
    # The ledger records a decision once, so this one has a name of its own.
    conf = {
        "inbound_run_id": inbound_run_id,
        "asked_about": f"{asked_about}, after {after}",
        "reason": reason,
        "after": after,
    }
    run_id = _start(name, conf, f"Asked by {dag_id}, task {operator.task_id}.")
    log.info("Asking in run %s of %s; see Required Actions there.", run_id, APPROVAL_DAG)
    wait = {"after": after, "asked_in": [APPROVAL_DAG, run_id], "until": _patience()}
    wait_for_decision(operator, inbound_run_id, wait, outdated)


def _start(name: str, conf: dict[str, Any], note: str) -> str:
    """Start the run, or find the one that an earlier try has started. Returns its id."""
    for number in itertools.count(1):
        run_id = name if number == 1 else f"{name}_{number}"
        if start_run(APPROVAL_DAG, run_id, conf, note):
            return run_id
        if count_runs(APPROVAL_DAG, "queued", "running", run_ids=[run_id]):
            return run_id
    raise AssertionError("unreachable")


def _patience() -> float | None:
    """Until when to wait for a decision (seconds since the epoch); None if the question is repeated."""
    from sellerops.inbound.setting_models import OnTimeout
    from sellerops.inbound.settings import INBOUND

    approval = INBOUND.load().approval
    if approval.on_timeout is OnTimeout.ASK_AGAIN:
        return None
    return time.time() + (approval.timeout + _MARGIN).total_seconds()


def wait_for_decision(
    operator: BaseOperator, inbound_run_id: int, wait: Mapping[str, Any], outdated: str = ""
) -> NoReturn:
    """Defer until there is a decision; then ``operator.decided`` continues.

    :param wait: ``after``, ``asked_in`` and ``until`` of a DecisionTrigger.
    """
    from sellerops_airflow.triggers.inbound_decision import DecisionTrigger

    trigger = DecisionTrigger(inbound_run_id=inbound_run_id, outdated=outdated, **wait)
    operator.defer(trigger=trigger, method_name="decided", kwargs=dict(wait))


def decision_of(
    operator: BaseOperator, event: Mapping[str, Any], inbound_run_id: int, wait: Mapping[str, Any]
) -> Decision | None:
    """The decision that a wait ended with; None if the run ended without one. Keeps waiting if somebody
    answered the outdated question meanwhile.
    """
    if "chosen_options" in event:
        wait_for_decision(operator, inbound_run_id, wait)
    result_of(event)
    return get_runtime().inbound_store.newest_decision(inbound_run_id)


def describe_decision(decision: Decision, combination: Combination | None = None) -> str:
    """A decision in one line; ``combination``: the approved one, if at hand."""
    from sellerops.inbound.offer_text import option_label
    from sellerops.inbound.store import Choice

    what = f" {option_label(combination)}" if combination else ""
    words = {
        Choice.APPROVED: f"{decision.decided_by} approved{what}",
        Choice.AUTO_APPROVED: f"approved{what} automatically, below the limit in {decision.decided_by}",
        Choice.REJECTED: f"{decision.decided_by} rejected the plan",
        Choice.TIMED_OUT: "nobody decided in time, so the plan is rejected",
    }[decision.choice]
    return f"{words} ({decision.note})" if decision.note else words
