"""What people changed or started in the seller hub."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.queries import Connection
from sellerops.read_models.tables import Paging, Table, select_table


class AuditEntry(BaseModel):
    """``action``: page.verb. ``before``, ``after``: what was there; None if nothing was."""

    id: int
    happened_at: datetime
    user_name: str
    action: str
    account_id: str
    subject: str
    before: Any
    after: Any


def read_entries(
    connection: Connection,
    paging: Paging,
    *,
    users: Sequence[str] = (),
    actions: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
) -> Table[AuditEntry]:
    """Entries of these users and actions (empty: all) from ``start`` to ``end`` (UTC), newest first."""
    values = {"users": list(users) or None, "actions": list(actions) or None, "start": start, "end": end}
    return select_table(connection, __file__, AuditEntry, values, paging, sort="happened_at")
