"""The notice that an account cannot log in: one per account and cause, whichever reports it stops."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sellerops.base.errors import LoginRefused
from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, link_to

if TYPE_CHECKING:
    from sellerops.notices.messages import Failure, RunOutcome


def is_login_failure(failure: Failure) -> bool:
    """Whether the task failed because its account could not log in."""
    return failure.error_type == LoginRefused.__name__


def login_fault_prefix(source: str, account_id: str) -> str:
    """The prefix of the keys of an account's login faults at ``source``."""
    return f"login|{source}|{account_id}|"


def login_notice(outcome: RunOutcome, failure: Failure, reports: Sequence[str]) -> Notice:
    """One notice for all ``reports`` of an account at one source, instead of one per report."""
    account, cause = failure.account_id, redact(failure.cause)
    headline = f"{account} cannot log in: {len(reports)} reports stop"
    sections = [
        f"Cause: {escape(cause)}",
        f"Next: {escape(redact(failure.remedy))} One task is enough; scheduled runs do the rest.",
        f"Reports: {', '.join(reports)}",
    ]
    digest = hashlib.sha256(cause.encode("utf-8", "replace")).hexdigest()[:16]
    return Notice.build(
        f"login|{outcome.source}|{account}|{outcome.dag_id}|{outcome.run_id}|{outcome.attempt}",
        Event.CRITICAL_FAILURE,
        headline,
        sections,
        footer=link_to(failure.log_url, f"Log of {outcome.report}"),
        account_ids=(account,),
        fault_key=f"{login_fault_prefix(outcome.source, account)}{digest}",
    )
