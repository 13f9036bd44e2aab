"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """``WARNING``: data is still collected. ``FAILED``: it is not collected, or soon will not be."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One finding of the check ``check``.

    ``what``: a sentence with place, account, marketplace and day, as they apply. ``remedy``: what you do
    next, with commands in backticks; empty if nothing is wrong. Neither contains secrets.
    """

    check: str
    state: State
    what: str
    remedy: str = ""


def worst(findings: Iterable[Finding]) -> State:
    """The worst state of the findings; ``OK`` if there are none."""
    found = {each.state for each in findings}
    return next((state for state in (State.FAILED, State.WARNING) if state in found), State.OK)


__all__ = ["Finding", "State", "worst"]
