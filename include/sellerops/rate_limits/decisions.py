"""What the quota ledger is asked and what it answers. Seconds are of the ledger's clock unless named real."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Priority(StrEnum):
    """SCHEDULE goes before BACKFILL, which leaves some of the burst to it and stands back while it waits."""

    SCHEDULE = "schedule"
    BACKFILL = "backfill"


@dataclass(frozen=True)
class Bucket:
    """One of Amazon's token buckets: per application, seller account and operation (``createReport``)."""

    application: str
    account_id: str
    operation: str


@dataclass(frozen=True)
class Granted:
    """The call may be made, now. ``at``: the lease's moment on the ledger's clock."""

    at: datetime


@dataclass(frozen=True)
class Wait:
    """Not now. ``virtual_seconds`` by the ledger's clock; ``real_seconds``: how long to sleep before
    asking again. ``reason``: ``rate``, ``cooldown`` or ``budget``.
    """

    virtual_seconds: float
    real_seconds: float
    reason: str = "rate"


Decision = Granted | Wait


@dataclass(frozen=True)
class QueuePosition:
    """Where a waiting backfill call stands in line, among all processes.

    ``waiter`` names the process's queue. ``deadline``: when Amazon no longer serves what the call is for
    (None: never); the soonest goes first. ``following``: the next call's in the same queue.
    """

    waiter: str
    deadline: datetime | None = None
    following: datetime | None = None
