"""What a notice can be about."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """What happened; the first three are how a run ended. ``notices.yaml`` routes each event to channels."""

    SUCCESS = "success"
    PARTIAL_FAILURE = "partial_failure"
    CRITICAL_FAILURE = "critical_failure"
    QUARANTINE = "quarantine"
    DRIFT = "drift"
    DEPRECATION = "deprecation"
    NEEDS_A_PERSON = "needs_a_person"
    LATE = "late"
    SUMMARY = "summary"
