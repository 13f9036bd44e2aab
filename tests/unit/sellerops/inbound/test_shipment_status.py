"""What the statuses of shipments mean for a run."""

from __future__ import annotations

import pytest

from sellerops.inbound.follow_up.shipment_status import is_delivered, is_shipped, latest_status, next_state


@pytest.mark.parametrize(
    ("known", "seen", "expected"),
    [
        ("WORKING", ["READY_TO_SHIP"], "READY_TO_SHIP"),
        ("RECEIVING", ["SHIPPED", "IN_TRANSIT"], "RECEIVING"),  # a list that is behind
        ("SHIPPED", ["DELIVERED", "RECEIVING"], "RECEIVING"),
        ("SHIPPED", [None], "SHIPPED"),  # not listed
        ("SHIPPED", ["ERROR"], "SHIPPED"),
        ("IN_TRANSIT", ["CANCELLED"], "CANCELLED"),
        ("CLOSED", ["RECEIVING", "CANCELLED"], "CLOSED"),
        ("DELETED", ["WORKING"], "DELETED"),
    ],
)
def test_the_furthest_status_counts(known: str, seen: list[str | None], expected: str) -> None:
    assert latest_status(known, *seen) == expected


def test_what_a_status_says() -> None:
    assert [s for s in ("WORKING", "SHIPPED", "MIXED", "ABANDONED", "DELETED") if is_shipped(s)] == [
        "SHIPPED", "MIXED", "ABANDONED",
    ]  # fmt: skip
    assert [s for s in ("IN_TRANSIT", "DELIVERED", "CLOSED", "ABANDONED") if is_delivered(s)] == [
        "DELIVERED", "CLOSED",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "plan", "statuses", "expected"),
    [
        ("confirmed", "ACTIVE", ["WORKING", "READY_TO_SHIP"], "confirmed"),
        ("confirmed", "ACTIVE", ["WORKING", "SHIPPED"], "shipped"),
        ("failed", None, ["RECEIVING"], "shipped"),  # a person went on in Seller Central
        ("confirmed", "VOIDED", ["WORKING"], "cancelled"),
        ("confirmed", "ACTIVE", ["CANCELLED", "DELETED"], "cancelled"),
        ("confirmed", "ACTIVE", ["CANCELLED", "WORKING"], "confirmed"),
        ("shipped", "VOIDED", ["CLOSED", "DELETED"], "shipped"),
        ("failed", "ACTIVE", ["WORKING"], "failed"),
    ],
)
def test_a_runs_next_state(state: str, plan: str | None, statuses: list[str], expected: str) -> None:
    assert next_state(state, plan, statuses) == expected
