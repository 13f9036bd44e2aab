"""What a notice can be about."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """What happened; the first three say how a run ended. ``notices.yaml`` routes each event to channels."""

    SUCCESS = "success"
    PARTIAL_FAILURE = "partial_failure"
    CRITICAL_FAILURE = "critical_failure"
    QUARANTINE = "quarantine"
    DRIFT = "drift"
    DEPRECATION = "deprecation"
    NEEDS_A_PERSON = "needs_a_person"
    LATE = "late"
    SUMMARY = "summary"
    INBOUND_APPROVAL = "inbound_approval"
    INBOUND_DEADLINE = "inbound_deadline"
    INBOUND_DIFFERENCE = "inbound_difference"
    BUSINESS_URGENT = "business_urgent"
    BUSINESS_WARNING = "business_warning"


# Events added after 0.1.0, each with the event whose rules apply while a file has none for it, so that a file
# that was complete stays complete.
ROUTED_LIKE = {
    Event.INBOUND_APPROVAL: Event.NEEDS_A_PERSON,
    Event.INBOUND_DEADLINE: Event.NEEDS_A_PERSON,
    Event.INBOUND_DIFFERENCE: Event.NEEDS_A_PERSON,
    Event.BUSINESS_URGENT: Event.NEEDS_A_PERSON,
    Event.BUSINESS_WARNING: Event.SUMMARY,
}
