"""When each alert was last evaluated, and what it found."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class Evaluation(BaseModel):
    """``found``: how often the condition is met; None if it could not be evaluated (see ``reason``)."""

    name: str
    account_id: str
    found: int | None
    reason: str
    evaluated_at: datetime


def read_evaluations(connection: Connection, scope: Scope) -> list[Evaluation]:
    """The last evaluation of each alert and account."""
    return select(connection, __file__, Evaluation, scope.values())
