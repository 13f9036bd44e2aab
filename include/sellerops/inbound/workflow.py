"""The workflow on one screen: its steps in order, and how one of them is carried out.

Order and preconditions: Fulfillment Inbound API 2024-03-20. A step may be carried out again at any time: it
finds in the ledger and at Amazon what is done already.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    """How a step ended. NEEDS_APPROVAL: the approved numbers no longer hold, a person must decide again."""

    DONE = "done"
    NOT_NEEDED = "not_needed"
    NEEDS_APPROVAL = "needs_approval"


@dataclass(frozen=True)
class StepOutcome:
    """``summary``: one line for the log and the task's return value."""

    state: StepState
    summary: str


@dataclass(frozen=True)
class StepInfo:
    """``name`` is the step's name in the ledger and the task id; ``title`` what a person reads."""

    name: str
    title: str
    is_irrevocable: bool = False


STEPS = (
    StepInfo("set_prep_details", "Set the prep classification of SKUs that have none"),
    StepInfo("create_plan", "Create the inbound plan"),
    StepInfo("offer_packing", "Get packing options and their groups"),
    StepInfo("confirm_packing", "Confirm a packing option"),
    StepInfo("set_box_contents", "Tell Amazon what is in the boxes"),
    StepInfo("offer_placements", "Get placement options"),
    StepInfo("offer_transportation", "Get transportation options for every placement"),
    StepInfo("confirm_placement", "Confirm the placement", is_irrevocable=True),
    StepInfo("set_shipment_boxes", "Tell Amazon what is in the boxes of each shipment (pack later)"),
    StepInfo("offer_transportation_again", "Get transportation options for the boxes (pack later)"),
    StepInfo("confirm_delivery_windows", "Choose and confirm delivery windows"),
    StepInfo("confirm_transportation", "Confirm the carriers", is_irrevocable=True),
    StepInfo("fetch_labels", "Archive box, pallet and item labels"),
    StepInfo("fetch_bill_of_lading", "Archive bills of lading"),
    StepInfo("send_tracking", "Send tracking numbers (own carrier)"),
    StepInfo("cancel_plan", "Cancel a rejected plan"),
)
