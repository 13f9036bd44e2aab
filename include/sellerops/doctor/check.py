"""A check: a name, and a function that examines an installation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sellerops.doctor.finding import Finding
from sellerops.doctor.installation import Installation


class Examine(Protocol):
    """Yields at least one finding: ``ok`` says what was looked at. May raise: that is a finding, too."""

    def __call__(self, installation: Installation) -> Iterable[Finding]: ...


@dataclass(frozen=True)
class Check:
    """``is_probed``: ``/ready`` asks it every few seconds. ``seconds`` (real time): how long it may take."""

    name: str
    examine: Examine
    is_probed: bool = False
    seconds: float = 10.0


__all__ = ["Check", "Examine"]
