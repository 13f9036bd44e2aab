"""Arguments and results of the quota ledger. Seconds are of the ledger's clock unless named real."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Priority(StrEnum):
    """SCHEDULE goes before BACKFILL, which leaves it part of the burst and yields while its calls wait."""

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
    """The call may be made now. ``at``: the time of the lease on the ledger's clock."""

    at: datetime


@dataclass(frozen=True)
class Wait:
    """The call must wait. ``virtual_seconds`` are of the ledger's clock; ``real_seconds``: how long to sleep
    before trying again. ``reason``: ``rate``, ``cooldown`` or ``budget``.
    """

    virtual_seconds: float
    real_seconds: float
    reason: str = "rate"


Decision = Granted | Wait


@dataclass(frozen=True)
class QueuePosition:
    """A waiting backfill call's position in the queue of all processes.

    ``waiter`` names the process's own queue. ``deadline``: when Amazon stops serving what the call is for
    (None: never); the earliest goes first. ``following``: the deadline of the next call in the same queue.
    """

    waiter: str
    deadline: datetime | None = None
    following: datetime | None = None
