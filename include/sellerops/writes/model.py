"""One call that changes something at Amazon, and how a lost answer is resolved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class WriteState(StrEnum):
    """The state of a row of ``write_call``."""

    INTENDED = "intended"
    SENT = "sent"
    ANSWERED = "answered"
    REFUSED = "refused"


# Finds out whether a call whose answer was lost took effect. Returns what replaces its answer, or None if it
# had no effect. Only reads. Called repeatedly until the effect of a sent call must have become visible.
Look = Callable[[], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True)
class Write:
    """One intended call. The same ``key`` is carried out once, however often and wherever it is sent.

    ``key``: names the intention, such as ``inbound/17/createInboundPlan/1``.
    ``found_by``: how ``look`` finds out, in words that a person can follow.
    ``is_repeatable``: sending it again does no harm (options are generated anew), so a lost answer is not
    looked for.
    ``began_at``: when the intention began. If the ledger has been restored from a backup since then, the row
    of a sent write may be lost, so the write is looked for before it is sent. None: after any restore.
    """

    key: str
    operation: str
    method: str
    path: str
    found_by: str
    look: Look | None = None
    body: Mapping[str, Any] | Sequence[Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    began_at: datetime | None = None

    @property
    def is_repeatable(self) -> bool:
        return self.look is None
