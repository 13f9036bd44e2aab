"""A check: a name, and a function that examines an installation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sellerops.doctor.finding import Finding
from sellerops.doctor.installation import Installation

# Seconds: how long a probe waits, and how old the findings of a costly check may be when a probe gets them.
PROBE = 5.0
MINUTE = 60.0


class Examine(Protocol):
    """Yields at least one finding; an ``ok`` says what was checked. An exception counts as a finding too."""

    def __call__(self, installation: Installation) -> Iterable[Finding]: ...


@dataclass(frozen=True)
class Check:
    """One check.

    ``is_probed``: ``/ready`` runs it too. ``seconds`` (real time): how long it may take. ``fresh_for``: for
    how many seconds a CheckRunner returns its last findings instead of running it again.
    """

    name: str
    examine: Examine
    is_probed: bool = False
    seconds: float = 10.0
    fresh_for: float = 0.0


__all__ = ["MINUTE", "PROBE", "Check", "Examine"]
