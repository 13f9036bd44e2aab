"""Notices of FBA inbound shipments: who must decide, what was decided, and the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, link_to

FAMILY = "fulfilment"
# Slack cuts a section at 3,000 characters; the form shows all options.
_MOST_LINES = 12


@dataclass(frozen=True)
class InboundPlan:
    """What a notice says about a run. ``name``: the plan's name at Amazon; ``url``: the DAG run's page."""

    id: int
    account_id: str
    marketplace: str
    name: str
    dag_id: str
    run_id: str
    url: str

    @property
    def label(self) -> str:
        return f"{self.name} ({self.account_id} {self.marketplace})"


def approval_notice(
    plan: InboundPlan,
    options: Sequence[str],
    approvers: Sequence[str],
    timeout: timedelta,
    url: str,
    *,
    reason: str = "",
    question: str = "",
) -> Notice:
    """A person must choose. ``options``: one line each; ``url``: the page where the person chooses.

    ``question`` identifies the question, so that each one is announced once.
    """
    hours = timeout / timedelta(hours=1)
    listed = "\n".join(f"• {escape(line)}" for line in options[:_MOST_LINES])
    more = len(options) - _MOST_LINES
    sections = [
        *([escape(reason)] if reason else []),
        listed + (f"\n• and {more} more" if more > 0 else ""),
        f"Next: {escape(' or '.join(approvers))} must choose under {link_to(url, 'Required Actions')} within "
        f"{hours:g} hours. Nothing is confirmed or charged before.",
    ]
    return _notice(plan, f"approval|{question}", f"Approval needed: {plan.label}", sections)


def tracking_notice(plan: InboundPlan, shipments: Sequence[str], url: str, *, question: str = "") -> Notice:
    """A person must enter tracking numbers at ``url``. ``shipments``: one line each."""
    sections = [
        "\n".join(f"• {escape(line)}" for line in shipments),
        f"Next: once the carrier has the boxes, enter the numbers under {link_to(url, 'Required Actions')}.",
    ]
    return _notice(plan, f"tracking|{question}", f"Tracking numbers needed: {plan.label}", sections)


def decision_notice(plan: InboundPlan, decision_id: int, words: str) -> Notice:
    """What was decided, and by whom."""
    return _notice(plan, f"decision|{decision_id}", f"{plan.label}: {words}", [])


def cancellation_notice(plan: InboundPlan, words: str) -> Notice:
    """A plan was cancelled, or could not be: why, and what that costs."""
    return _notice(plan, f"cancelled|{words}", f"{plan.label}: {words}", [])


def documents_notice(plan: InboundPlan, words: str, url: str) -> Notice:
    """Labels or bills of lading can be printed. ``url``: the page that shows them."""
    sections = [f"Next: {link_to(url, 'open and print them')}, and put a label on each box."]
    return _notice(plan, f"documents|{words}", f"{plan.label}: {words}", sections)


def _notice(plan: InboundPlan, key: str, headline: str, sections: Sequence[str]) -> Notice:
    return Notice.build(
        f"inbound|{plan.id}|{key}",
        Event.INBOUND_APPROVAL,
        redact(headline),
        sections,
        footer=link_to(plan.url, "Open the run in Airflow"),
        family=FAMILY,
        account_ids=(plan.account_id,),
        dag_id=plan.dag_id,
        run_id=plan.run_id,
    )
