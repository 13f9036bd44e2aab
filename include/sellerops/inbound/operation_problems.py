"""What Amazon says about an operation that failed, and whether trying again may help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sellerops.base.errors import OperationFailed, RequestRefused
from sellerops.inbound.store import StepRow

# Amazon's words for "try again"; everything else needs a person.
_PASSING_CODES = {"internalservererror", "internalerror", "internalfailure", "serviceunavailable"}
_PASSING_WORDS = ("something went wrong", "try again", "internal error", "internal server error")


def operation_failed(row: StepRow, problems: Sequence[Mapping[str, Any]]) -> OperationFailed:
    """The failure of a row's operation with Amazon's problems."""
    said = "; ".join(
        f"{problem.get('code')}: {problem.get('message')}"
        + (f" ({problem['details']})" if problem.get("details") else "")
        for problem in problems
    )
    return OperationFailed(
        f"Amazon's operation {row.operation} failed: {said.rstrip('.') or 'Amazon gave no reason'}.",
        where=f"inbound run {row.inbound_run_id}, step {row.step}, operation {row.operation_id}",
        problems=list(problems),
        operation=row.operation,
        operation_id=row.operation_id,
    )


def is_passing(error: OperationFailed) -> bool:
    """Whether an operation failed only with errors that may pass by themselves, or without any."""
    problems: Sequence[Mapping[str, Any]] = error.details.get("problems") or ()
    errors = [each for each in problems if str(each.get("severity") or "ERROR").upper() == "ERROR"]
    return all(
        str(each.get("code") or "").casefold() in _PASSING_CODES
        or any(words in str(each.get("message") or "").casefold() for words in _PASSING_WORDS)
        for each in errors
    )


def is_busy(error: RequestRefused) -> bool:
    """Whether a call was refused because another operation on the same plan has not ended."""
    return "in progress" in error.cause.casefold()
