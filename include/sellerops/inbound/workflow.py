"""The workflow: its steps in order, and how one of them is carried out.

Order and preconditions: Fulfillment Inbound API 2024-03-20. A step may be carried out again at any time: it
finds out from the ledger and from Amazon what is already done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from sellerops.base.errors import SellerOpsError
from sellerops.inbound.outcomes import StepOutcome, StepState, not_needed

if TYPE_CHECKING:
    from sellerops.inbound.models import InboundRequest
    from sellerops.inbound.services import Services
    from sellerops.inbound.steps.step import Step
    from sellerops.inbound.store import RunState


@dataclass(frozen=True)
class StepInfo:
    """``name`` is the step's name in the ledger, the task id, and the coroutine in ``module`` of ``steps/``
    that carries it out; ``title`` is what a person reads.
    """

    name: str
    title: str
    module: str
    is_irrevocable: bool = False


STEPS = (
    StepInfo("set_prep_details", "Set the prep classification of SKUs that have none", "preparation"),
    StepInfo("create_plan", "Create the inbound plan", "preparation"),
    StepInfo("offer_packing", "Get packing options and their groups", "packing"),
    StepInfo("confirm_packing", "Confirm a packing option", "packing"),
    StepInfo("set_box_contents", "Send the contents of the boxes", "packing"),
    StepInfo("offer_placements", "Get placement options", "placement"),
    StepInfo("offer_transportation", "Get transportation options for every placement", "transportation"),
    StepInfo("confirm_placement", "Confirm the placement", "placement", is_irrevocable=True),
    StepInfo(
        "set_shipment_boxes",
        "Send the contents of each shipment's boxes (pack later)",
        "packing_later",
    ),
    StepInfo(
        "offer_transportation_again",
        "Get transportation options for the boxes (pack later)",
        "packing_later",
    ),
    StepInfo(
        "confirm_delivery_windows", "Choose and confirm delivery windows", "windows", is_irrevocable=True
    ),
    StepInfo("confirm_transportation", "Confirm the carriers", "confirmation", is_irrevocable=True),
    StepInfo("fetch_labels", "Archive box, pallet and item labels", "documents"),
    StepInfo("fetch_bill_of_lading", "Archive bills of lading", "documents"),
    StepInfo("send_tracking", "Send tracking numbers (own carrier)", "tracking"),
    StepInfo("cancel_plan", "Cancel a rejected plan", "cancellation"),
)

_PACKED_LATER = "Not needed: the boxes are packed later."
_PACKED_BEFORE = "Not needed: the boxes were packed before the plan."
_PARCELS = "Not needed: only Amazon's own freight carriers issue a bill of lading."


def left_out(request: InboundRequest) -> dict[str, str]:
    """The steps that the request alone rules out, with the reason; Amazon need not be asked about them."""
    packing = (
        dict.fromkeys(("offer_packing", "confirm_packing", "set_box_contents"), _PACKED_LATER)
        if request.pack_later
        else dict.fromkeys(("set_shipment_boxes", "offer_transportation_again"), _PACKED_BEFORE)
    )
    return packing | ({} if request.shipping.is_freight else {"fetch_bill_of_lading": _PARCELS})


# The only step that is still carried out for a run that was given up.
_CANCELLING = "cancel_plan"


async def run_step(name: str, inbound_run_id: int, services: Services) -> StepOutcome:
    """Carry out one step of a run, or adopt what was done before, and wait until Amazon has finished it.

    May be cancelled anywhere and run again. Raises the typed error of what failed, after noting it in the
    run's row: RetryableError if a later try may succeed, GiveUpError (OperationFailed, RequestRefused, ...)
    and ConfigurationError if a person must act first.
    """
    info = next(each for each in STEPS if each.name == name)
    carry_out, step_of = await asyncio.to_thread(_load, info)
    # Before any lease: calls that hold one and wait for the session to open would be sent all at once.
    await services.client.ready()
    run = await services.blocking(services.store.run, inbound_run_id)
    if name != _CANCELLING and (why_not := _why_not(info, run.state, is_dry_run=run.request.dry_run)):
        return not_needed(why_not)
    try:
        outcome = await carry_out(step_of(name, run, services))
    except SellerOpsError as error:
        await services.blocking(services.store.record_problem, inbound_run_id, error)
        raise
    if run.problem and name != _CANCELLING:
        await services.blocking(services.store.forget_problem, inbound_run_id)
    return outcome


def _why_not(info: StepInfo, state: RunState, *, is_dry_run: bool) -> str:
    """Why a step is skipped, whatever it does; empty if it is not skipped."""
    if state.is_given_up:
        return f"Not needed: the run is {state.replace('_', ' ')}."
    after_approval = STEPS.index(info) >= next(at for at, each in enumerate(STEPS) if each.is_irrevocable)
    if is_dry_run and after_approval:
        return "Not needed: this is a dry run, which ends before anything irrevocable."
    return ""


def _load(info: StepInfo) -> tuple[Callable[[Step], Awaitable[StepOutcome]], type[Step]]:
    """The coroutine of a step. Run it in a thread, because the first import takes a moment.

    The import is here because a DAG file that lists the steps does not need it.
    """
    from sellerops.inbound.steps.step import Step

    module = import_module(f"sellerops.inbound.steps.{info.module}")
    return cast("Callable[[Step], Awaitable[StepOutcome]]", getattr(module, info.name)), Step


__all__ = ["STEPS", "StepInfo", "StepOutcome", "StepState", "left_out", "run_step"]
