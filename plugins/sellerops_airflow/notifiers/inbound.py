"""Sends the notices of FBA inbound runs. Nothing here raises: no shipment fails because of its notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import BestEffort, send_notice
from sellerops_airflow.runs.urls import run_url

if TYPE_CHECKING:
    from sellerops.inbound.store import Decision, InboundRun
    from sellerops.ledger import Ledger
    from sellerops.notices.inbound_approval import InboundPlan

# DAG id, run id and task id of a question.
AskedIn = tuple[str, str, str]


def send_approval_notice(
    ledger: Ledger,
    run: InboundRun,
    options: Sequence[str],
    approvers: Sequence[str],
    timeout: timedelta,
    asked_in: AskedIn,
    *,
    reason: str = "",
    asked: int = 1,
) -> None:
    """Send the notice that a person must choose.

    ``asked``: how often this question has been asked, because nobody answered.
    """
    from sellerops.notices.inbound_approval import approval_notice

    with BestEffort(f"approval notice of inbound run {run.id}"):
        question = f"{'|'.join(asked_in)}|{asked}"
        url = question_url(asked_in)
        notice = approval_notice(
            _plan(run), options, approvers, timeout, url, reason=reason, question=question
        )
        send_notice(ledger, notice)


def send_tracking_notice(
    ledger: Ledger, run: InboundRun, shipments: Sequence[str], asked_in: AskedIn, *, asked: int = 1
) -> None:
    """Send the notice that a person must enter tracking numbers."""
    from sellerops.notices.inbound_approval import tracking_notice

    with BestEffort(f"tracking notice of inbound run {run.id}"):
        question = f"{'|'.join(asked_in)}|{asked}"
        send_notice(ledger, tracking_notice(_plan(run), shipments, question_url(asked_in), question=question))


def send_decision_notice(ledger: Ledger, run: InboundRun, decision: Decision, words: str) -> None:
    """Send the notice of a decision; ``words`` say who decided what."""
    from sellerops.notices.inbound_approval import decision_notice

    with BestEffort(f"decision notice of inbound run {run.id}"):
        send_notice(ledger, decision_notice(_plan(run), decision.id, words))


def send_cancellation_notice(ledger: Ledger, run: InboundRun, words: str) -> None:
    """Send the notice that a plan was cancelled, or could not be."""
    from sellerops.notices.inbound_approval import cancellation_notice

    with BestEffort(f"cancellation notice of inbound run {run.id}"):
        send_notice(ledger, cancellation_notice(_plan(run), words))


def send_documents_notice(ledger: Ledger, run: InboundRun, words: str, url: str) -> None:
    """Send the notice that labels or bills of lading are archived; ``url``: the page that shows them."""
    from sellerops.notices.inbound_approval import documents_notice

    with BestEffort(f"labels notice of inbound run {run.id}"):
        send_notice(ledger, documents_notice(_plan(run), words, url))


def question_url(asked_in: AskedIn) -> str:
    """The page on which a task's question is answered."""
    dag_id, run_id, task_id = asked_in
    return f"{run_url(dag_id, run_id)}/tasks/{task_id}/required_actions"


def _plan(run: InboundRun) -> InboundPlan:
    from sellerops.notices.inbound_approval import InboundPlan

    return InboundPlan(
        id=run.id,
        account_id=run.account_id,
        marketplace=run.request.marketplace,
        name=run.name,
        dag_id=run.dag_id,
        run_id=run.run_id,
        url=run_url(run.dag_id, run.run_id),
    )
