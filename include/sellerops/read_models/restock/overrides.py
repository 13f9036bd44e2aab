"""Quantities that people set instead of the proposed ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class RestockOverride(BaseModel):
    """A quantity set by ``author``. Times are in UTC.

    ``is_in_force``: it applies today and has not ended; a new override ends the earlier ones.
    """

    id: int
    account_id: str
    marketplace_id: str
    sku: str
    quantity: int
    first_day: date
    last_day: date
    reason: str
    author: str
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    is_in_force: bool


def read_overrides(
    connection: Connection,
    *,
    today: date,
    accounts: Sequence[str] = (),
    marketplace_id: str | None = None,
    sku: str | None = None,
    with_ended: bool = False,
) -> list[RestockOverride]:
    """Overrides that apply today or later, or all; newest first, at most 200."""
    values = {
        "today": today,
        "accounts": list(accounts) or None,
        "marketplace_id": marketplace_id,
        "sku": sku,
        "with_ended": with_ended,
    }
    return select(connection, __file__, RestockOverride, values)
