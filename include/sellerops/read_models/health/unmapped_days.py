"""How many SKUs were unmapped on each day."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class UnmappedDay(BaseModel):
    """Unmapped SKUs known on a day and still reported, and those reported for the first time."""

    day: date
    unmapped: int
    new: int


def read_unmapped_days(connection: Connection, scope: Scope) -> list[UnmappedDay]:
    """The days of the scope with unmapped SKUs, oldest first, all its accounts together."""
    return select(connection, __file__, UnmappedDay, scope.values())
