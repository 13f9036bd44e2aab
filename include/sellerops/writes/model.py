"""One call that changes something at Amazon, and how a lost answer is resolved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class WriteState(StrEnum):
    """Of a row of ``write_call``."""

    INTENDED = "intended"
    SENT = "sent"
    ANSWERED = "answered"
    REFUSED = "refused"


# Finds out whether a call whose answer was lost took effect: what stands for its answer, None if it did not.
# Only reads. Called again until a call that was sent must have become visible.
Look = Callable[[], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True)
class Write:
    """One intended call. The same ``key`` is carried out once, however often and wherever it is sent.

    ``key``: names the intention, such as ``inbound/17/createInboundPlan/1``.
    ``found_by``: how ``look`` finds out, in words that a person can follow.
    ``is_repeatable``: sending it again does no harm (options are generated anew); a lost answer is then not
    looked for.
    ``began_at``: when the intention began. If the ledger was restored from a backup since, the write may have
    been sent by what was lost, so it is looked for before it is sent; None: so is every one.
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
