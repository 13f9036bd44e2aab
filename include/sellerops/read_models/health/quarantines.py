"""Documents that wait for a decision because their numbers look implausible."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class QuarantinedFigure(BaseModel):
    """One implausible day: the document's sum, the stored sum, and what is usual for the weekday."""

    model_config = ConfigDict(extra="ignore")

    day: date
    new: Decimal | None = None
    stored: Decimal | None = None
    median: Decimal | None = None
    new_rows: int | None = None


class OpenQuarantine(BaseModel):
    """A document that is kept out of one table. ``marketplace``: code, or the region.

    ``label``: the slice. ``asked_run_id``: the run of sellerops__quarantine that asks for a decision, if any.
    """

    id: int
    report: str
    source: str
    table_name: str
    account_id: str
    marketplace: str
    first_day: date
    last_day: date
    reason: str
    figures: list[QuarantinedFigure]
    reported_at: datetime
    created_at: datetime
    asked_run_id: str | None
    label: str | None


def read_open_quarantines(connection: Connection, scope: Scope) -> list[OpenQuarantine]:
    """Open ones, oldest first, whatever the scope's days: they stay open until somebody decides."""
    return select(connection, __file__, OpenQuarantine, scope.values())
