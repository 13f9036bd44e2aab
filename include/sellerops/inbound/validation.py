"""Validates a request before anything is created at Amazon: all problems at once, with their remedies."""

from __future__ import annotations

from collections.abc import Sequence

from sellerops.inbound.models import InboundRequest, Problem
from sellerops.inbound.request_facts import Facts, OwnerConstraint, PrepDetails


def find_problems(request: InboundRequest, facts: Facts) -> list[Problem]:
    """Everything that is wrong with a request, in the order of the form; empty if it can be sent."""
    raise NotImplementedError


def find_notes(request: InboundRequest, facts: Facts) -> list[str]:
    """What a person should know although nothing is wrong, such as boxes to be marked as heavy."""
    raise NotImplementedError


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise InvalidRequest with all problems; return if there are none."""
    raise NotImplementedError


def with_owners(request: InboundRequest, facts: Facts) -> InboundRequest:
    """The request with every prep and label owner filled in from Amazon's prep details and the settings."""
    raise NotImplementedError


__all__ = [
    "Facts",
    "OwnerConstraint",
    "PrepDetails",
    "find_notes",
    "find_problems",
    "raise_problems",
    "with_owners",
]
