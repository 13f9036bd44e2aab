"""A seller's cases with Seller Support: what was asked, who has to answer next, and when it was settled.

The case log of the portal and the Support API show the same cases. Most weeks have one or two.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.streams import between, number, pick, token, uniforms

KEPT_DAYS = 731
_WEEK = 7 * DAY
_TRANSFERRED_SHARE = 0.15
_SUBJECTS = (
    "Units missing from inbound shipment FBA15{token}",
    "Reimbursement for lost inventory, reference {token}",
    "Listing is suppressed although its image was replaced ({token})",
    "Storage fee was charged twice for FNSKU X00{token}",
    "Customer return was not received, licence plate LPN{token}",
    "Cannot edit the title of ASIN B0{token}",
)
_TOKEN_LENGTH = 7
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Status(StrEnum):
    """States of a case, as the Support API 2025-02-01 names them."""

    PENDING_AMAZON_ACTION = "PENDING_AMAZON_ACTION"
    PENDING_MERCHANT_ACTION = "PENDING_MERCHANT_ACTION"
    TRANSFERRED = "TRANSFERRED"
    RESOLVED = "RESOLVED"


class SupportCase(NamedTuple):
    """One case; instants are UTC epoch seconds. `answered_at`: Amazon's first answer; `returned_at`: the
    seller's answer to it; `transferred_at`: 0 for a case that stayed where it was.
    """

    case_id: str
    subject: str
    email: str
    created_at: int
    answered_at: int
    returned_at: int
    transferred_at: int
    resolved_at: int

    def status(self, now: int) -> Status:
        """Its status at `now`, which must not be before it was created."""
        steps = (
            (self.answered_at, Status.PENDING_MERCHANT_ACTION),
            (self.returned_at, Status.PENDING_AMAZON_ACTION),
            (self.transferred_at, Status.TRANSFERRED),
            (self.resolved_at, Status.RESOLVED),
        )
        reached = [status for at, status in steps if at and at <= now]
        return reached[-1] if reached else Status.PENDING_AMAZON_ACTION

    def updated_at(self, now: int) -> int:
        """When something last changed."""
        return max(at for at in self[3:] if 0 < at <= now)

    def last_outbound_at(self, now: int) -> int | None:
        """When Amazon last wrote, None before its first answer."""
        written = [at for at in (self.answered_at, self.resolved_at) if at <= now]
        return max(written) if written else None


def cases_seen(seed: int, account: str, now: int) -> list[SupportCase]:
    """The cases of the last two years made by `now`, oldest first."""
    weeks = range((now - KEPT_DAYS * DAY) // _WEEK, now // _WEEK + 1)
    made = [case for week in weeks for case in _of_week(seed, account, week)]
    return sorted((case for case in made if case.created_at <= now), key=lambda case: case.created_at)


def _of_week(seed: int, account: str, week: int) -> Iterator[SupportCase]:
    key = (seed, account, week, "support case")
    for index in range(int(uniforms(*key)[0] * 3)):
        u = uniforms(*key, index)
        created = week * _WEEK + int(u[0] * _WEEK)
        answered = created + int(between(u[1], 0.1, 2) * DAY)
        returned = answered + int(between(u[2], 0.1, 3) * DAY)
        resolved = returned + int(between(u[3], 0.5, 12) * DAY)
        transferred = returned + (resolved - returned) // 3 if u[4] < _TRANSFERRED_SHARE else 0
        yield SupportCase(
            case_id=str(15_000_000_000 + number(*key, index, "id") % 4_000_000_000),
            subject=pick(u[5], _SUBJECTS).format(token=token(_LETTERS, _TOKEN_LENGTH, *key, index)),
            email=f"{account.replace('_', '-')}@seller.example.invalid",
            created_at=created,
            answered_at=answered,
            returned_at=returned,
            transferred_at=transferred,
            resolved_at=resolved,
        )
