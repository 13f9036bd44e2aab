"""How many figures of each reconciliation check agree."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class CheckCount(BaseModel):
    """How many figures of one check have each verdict, and when one was last compared."""

    check_name: str
    ok: int
    off: int
    not_yet: int
    too_young: int
    checked_at: datetime


def read_check_counts(connection: Connection, scope: Scope) -> list[CheckCount]:
    """The checks of the scope, those with differences first; counts what ``read_check_results`` returns."""
    return select(connection, __file__, CheckCount, scope.values())
