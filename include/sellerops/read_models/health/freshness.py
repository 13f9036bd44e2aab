"""How far behind each report is, like view ``freshness``, which exists only once something was loaded."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class Freshness(BaseModel):
    """One report, account and marketplace (``all``: the whole region).

    ``last_day``: the newest day that is loaded; None if nothing is. ``days_behind``: days from it to today in
    the marketplace's time zone (1 for yesterday). ``as_of``: when Amazon created its document.
    ``newest_day``: the newest day that a run processed; ``newest_state``: its state.
    """

    report: str
    family: str | None
    account_id: str
    marketplace: str
    last_day: date | None
    as_of: datetime | None
    loaded_at: datetime | None
    days_behind: int | None
    newest_day: date
    newest_state: str
    reason: str | None


def read_freshness(connection: Connection, scope: Scope) -> list[Freshness]:
    """Everything ever collected in the scope's accounts and marketplaces, furthest behind first."""
    return select(connection, __file__, Freshness, scope.values())
