"""The notice of an account that cannot log in: one for the account and cause, whichever reports it stops."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sellerops.base.errors import LoginRefused
from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, slack_blocks

if TYPE_CHECKING:
    from sellerops.notices.messages import Failure, RunOutcome


def is_login_failure(failure: Failure) -> bool:
    """Whether the account of the task could not log in."""
    return failure.error_type == LoginRefused.__name__


def login_fault_prefix(source: str, account_id: str) -> str:
    """How the keys of the faults of an account's login at ``source`` begin."""
    return f"login|{source}|{account_id}|"


def login_notice(outcome: RunOutcome, failure: Failure, reports: Sequence[str]) -> Notice:
    """What stops an account's reports at one source, all of ``reports``. Told once, not once a report."""
    account, cause = failure.account_id, redact(failure.cause)
    headline = f"{account} cannot log in: {len(reports)} reports stop"
    sections = [
        f"Cause: {escape(cause)}",
        f"Next: {escape(redact(failure.remedy))} One task is enough; the schedule does the rest.",
        f"Reports: {', '.join(reports)}",
    ]
    link = f"<{failure.log_url}|Log of {outcome.report}>"
    digest = hashlib.sha256(cause.encode("utf-8", "replace")).hexdigest()[:16]
    return Notice(
        key=f"login|{outcome.source}|{account}|{outcome.dag_id}|{outcome.run_id}|{outcome.attempt}",
        event=Event.CRITICAL_FAILURE,
        text="\n".join([headline, *sections, link]),
        blocks=slack_blocks(headline, sections, context=link),
        account_ids=(account,),
        fault_key=f"{login_fault_prefix(outcome.source, account)}{digest}",
    )
