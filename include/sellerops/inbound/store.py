"""All statements on the ``inbound_*`` tables of the ledger, in one class.

Synchronous and safe to share between threads, as the ledger is. Every statement may be repeated. Raises
LedgerUnavailable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops.inbound.inbound_run import InboundRun, RunState
from sellerops.inbound.rows.decision_rows import (
    Choice,
    Decision,
    DecisionRows,
    Document,
    offer_from,
    offer_values,
)
from sellerops.inbound.rows.option_rows import OptionRows, PlacementOption, TransportationOption
from sellerops.inbound.rows.request_rows import plan_name, request_from, request_values
from sellerops.inbound.rows.run_rows import RunRows
from sellerops.inbound.rows.shipment_rows import ShipmentRow, ShipmentRows
from sellerops.inbound.rows.step_rows import RowState, StepRow, StepRows

if TYPE_CHECKING:
    from sellerops.ledger import Ledger


class InboundStore(RunRows, StepRows, OptionRows, ShipmentRows, DecisionRows):
    """Runs, their operations at Amazon, what Amazon offers, decisions and documents."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger


__all__ = [
    "Choice",
    "Decision",
    "Document",
    "InboundRun",
    "InboundStore",
    "PlacementOption",
    "RowState",
    "RunState",
    "ShipmentRow",
    "StepRow",
    "TransportationOption",
    "offer_from",
    "offer_values",
    "plan_name",
    "request_from",
    "request_values",
]
