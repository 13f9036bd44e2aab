"""What the statuses of a shipment mean for a run.

Values: Shipment.status of the Fulfillment Inbound API 2024-03-20 and ShipmentStatus of version 0.
"""

from __future__ import annotations

from collections.abc import Collection

# In the order in which a shipment passes through them. MIXED: its boxes differ; some have left.
_ORDER = (
    "UNCONFIRMED", "WORKING", "READY_TO_SHIP", "SHIPPED", "MIXED", "IN_TRANSIT", "DELIVERED", "CHECKED_IN",
    "RECEIVING", "CLOSED",
)  # fmt: skip
_RANK = {status: rank for rank, status in enumerate(_ORDER)}
CLOSED = "CLOSED"
# The seller cancelled it before (DELETED) or after it was sent.
CANCELLED = frozenset({"CANCELLED", "DELETED"})
# It never arrived.
ABANDONED = "ABANDONED"
ENDED = frozenset({CLOSED, ABANDONED, *CANCELLED})
VOIDED_PLAN = "VOIDED"


def latest_status(known: str, *seen: str | None) -> str:
    """The status that is furthest along: the known one, or one of those that Amazon lists.

    Amazon's lists are not updated at the same moment, so one may still show a status that another has left
    behind. Unknown statuses, such as version 0's ERROR, are ignored.
    """
    best = known
    for status in seen:
        if status is None or best in ENDED:
            continue
        if status in ENDED or _RANK.get(status, -1) > _RANK.get(best, -1):
            best = status
    return best


def is_shipped(status: str) -> bool:
    """Whether it has left the seller, wherever it is now."""
    return status == ABANDONED or _RANK.get(status, -1) >= _RANK["SHIPPED"]


def is_delivered(status: str) -> bool:
    """Whether the carrier has delivered it."""
    return _RANK.get(status, -1) >= _RANK["DELIVERED"]


def next_state(state: str, plan_status: str | None, statuses: Collection[str]) -> str:
    """The state of a followed run according to Amazon; ``closed`` is decided later, together with its units.

    ``statuses``: of the shipments of the confirmed placement.
    """
    left = [status for status in statuses if status not in CANCELLED]
    if any(is_shipped(status) for status in left):
        return "shipped"
    if plan_status == VOIDED_PLAN or (statuses and not left):
        return "cancelled"
    return state
