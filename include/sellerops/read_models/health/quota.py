"""Amazon's quotas: what is used, and when the next call may be made."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class QuotaBucket(BaseModel):
    """One bucket. ``left``: tokens of ``burst`` left now; ``per_minute``: tokens refilled per minute.

    ``is_learned``: the rate is the one that Amazon reported. ``free_at``: when the next call may be made, now
    or later; ``full_at``: when the bucket is full again. ``calls_day``, ``refusals_day``: in the last 24
    hours.
    """

    account_id: str
    application: str
    operation: str
    burst: int
    left: float
    per_minute: float
    is_learned: bool
    granted: int
    refused: int
    refused_at: datetime | None
    free_at: datetime
    full_at: datetime
    calls_day: int
    refusals_day: int


def read_quota(connection: Connection, scope: Scope) -> list[QuotaBucket]:
    """The buckets of the scope's accounts that have been used, by account and operation."""
    return select(connection, __file__, QuotaBucket, scope.values())
