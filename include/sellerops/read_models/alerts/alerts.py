"""Alerts, open or ended, with the money at stake."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class AlertState(StrEnum):
    """A snooze takes precedence over an acknowledgement: nothing is sent until it ends."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    ENDED = "ended"


class AlertRow(BaseModel):
    """One alert. Times are in UTC.

    ``marketplace``: its code, empty for a whole account. ``money_per_day``: the money at stake per day, in
    ``currency``; ``rank_money``: the same in ``rank_currency``, the account's reporting currency; None if
    unknown.
    """

    id: int
    name: str
    account_id: str
    marketplace_id: str
    marketplace: str
    subject: str
    severity: str
    summary: str
    money_per_day: Decimal | None
    currency: str
    rank_money: Decimal | None
    rank_currency: str | None
    evidence: dict[str, Any]
    opened_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    notified_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    snoozed_by: str | None
    note: str | None
    state: AlertState


def read_open_alerts(connection: Connection, scope: Scope, *, sees_costs: bool) -> list[AlertRow]:
    """Open alerts, whatever the scope's days: urgent ones first, then by money; at most 10,000.

    Without ``sees_costs``, urgent ones come first, then the newest.
    """
    return _read(connection, scope, is_ended=False, sees_costs=sees_costs)


def read_ended_alerts(connection: Connection, scope: Scope, *, sees_costs: bool) -> list[AlertRow]:
    """Alerts that ended on the scope's days or on the day after, newest first; at most 10,000."""
    return _read(connection, scope, is_ended=True, sees_costs=sees_costs)


def _read(connection: Connection, scope: Scope, **values: bool) -> list[AlertRow]:
    return select(connection, __file__, AlertRow, {**scope.values(), **values})
