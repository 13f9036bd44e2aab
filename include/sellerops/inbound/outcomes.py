"""How a step of an inbound run ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    """How a step ended. NEEDS_APPROVAL: the approved numbers no longer hold, a person must decide again."""

    DONE = "done"
    NOT_NEEDED = "not_needed"
    NEEDS_APPROVAL = "needs_approval"


@dataclass(frozen=True)
class StepOutcome:
    """``summary``: one line for the log and the task's return value."""

    state: StepState
    summary: str


def done(summary: str) -> StepOutcome:
    return StepOutcome(StepState.DONE, summary)


def not_needed(summary: str) -> StepOutcome:
    return StepOutcome(StepState.NOT_NEEDED, summary)


def needs_approval(summary: str) -> StepOutcome:
    return StepOutcome(StepState.NEEDS_APPROVAL, summary)
