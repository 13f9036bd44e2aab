"""Reconciliation checks: figures that should agree, and the last verdict on each."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class CheckedFigure(BaseModel):
    """One compared figure. ``verdict``: ``ok``, ``off``, ``not_yet`` (a side is not loaded) or ``too_young``.

    ``account_id`` is empty if the result is of the check as a whole; ``evidence``: what the check's query
    says about the figure.
    """

    check_name: str
    verdict: str
    account_id: str
    marketplace: str
    day: date | None
    subject: str
    left: Decimal | None
    right: Decimal | None
    difference: Decimal | None
    tolerance: Decimal | None
    evidence: dict[str, Any]
    checked_at: datetime


def read_check_results(
    connection: Connection, scope: Scope, check: str | None = None, verdict: str | None = None
) -> list[CheckedFigure]:
    """The figures of the scope's days, and those without a day; differences first, at most 10,000."""
    return select(connection, __file__, CheckedFigure, {**scope.values(), "check": check, "verdict": verdict})
