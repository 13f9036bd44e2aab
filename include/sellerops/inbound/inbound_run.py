"""One inbound run as the ledger has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sellerops.inbound.models import InboundRequest


class RunState(StrEnum):
    """How far a run is. FAILED: a step failed, and clearing its task continues the run."""

    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting_approval"
    CONFIRMING = "confirming"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    DRY_RUN = "dry_run"
    FAILED = "failed"

    @property
    def is_given_up(self) -> bool:
        """Whether nothing more will be sent to Amazon, except the cancellation."""
        return self in (RunState.REJECTED, RunState.CANCELLED, RunState.DRY_RUN)

    @property
    def is_confirmed(self) -> bool:
        return self in (RunState.CONFIRMED, RunState.SHIPPED, RunState.CLOSED)


@dataclass(frozen=True)
class InboundRun:
    """One row of ``inbound_run``. ``name``: of the plan at Amazon. ``packing_fees``: incentives of the
    confirmed packing option, verbatim.
    """

    id: int
    account_id: str
    marketplace_id: str
    name: str
    state: RunState
    request: InboundRequest
    dag_id: str
    run_id: str
    requested_by: str | None
    plan_id: str | None
    packing_option_id: str | None
    placement_option_id: str | None
    problem: str | None
    remedy: str | None
    created_at: datetime
    packing_fees: Sequence[Mapping[str, Any]] = ()
