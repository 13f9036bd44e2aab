"""The placement: how Amazon splits the plan among its warehouses. Confirming it is final."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from sellerops.base.errors import GiveUpError, OperationFailed, RequestRefused
from sellerops.inbound.amount_text import count
from sellerops.inbound.outcomes import StepOutcome, done, needs_approval, not_needed
from sellerops.inbound.steps.approved import approved_decision, find_offered_approval
from sellerops.inbound.steps.offering import choose
from sellerops.inbound.steps.placement_options import list_placements, read_placements
from sellerops.inbound.steps.step import Step
from sellerops.inbound.store import Decision, RowState, RunState

log = logging.getLogger(__name__)

CHANGED = "Amazon's offer has changed since it was approved: please decide again."
NOBODY_APPROVED = "Nobody has approved the shipment yet."


async def offer_placements(step: Step) -> StepOutcome:
    """Have Amazon generate placement options, and read the shipments of each."""
    if step.run.placement_option_id:
        return not_needed("Not needed: the placement is confirmed.")
    options = await read_placements(step)
    return done(f"Amazon offers {count(len(options), 'placement option')}.")


async def confirm_placement(step: Step) -> StepOutcome:
    """Confirm the approved placement, or one generated again with the same numbers."""
    if step.run.placement_option_id is None:
        decision = await approved_decision(step)
        if decision is None:
            return needs_approval(NOBODY_APPROVED)
        option_id = await _adopted(step) or await _confirm_approved(step, decision)
        if option_id is None:
            return needs_approval(CHANGED)
        await step.blocking(step.store.choose_placement, step.run.id, option_id)
        await step.blocking(step.store.set_state, step.run.id, RunState.CONFIRMING)
        await step.reload()
    shipments = await step.blocking(step.store.shipments, step.run.id, chosen=True)
    return done(f"Confirmed the placement: {count(len(shipments), 'shipment')}.")


async def _adopted(step: Step) -> str | None:
    """The placement option that this run has already confirmed; None if none is. Raises GiveUpError if one
    was confirmed outside this run.
    """
    rows = [row for row in await step.blocking(step.store.steps, step.run.id) if row.step == step.name]
    for row in rows:
        if row.state is RowState.STARTED:
            # It may have been sent: it is resolved before anything else is confirmed.
            try:
                await _confirm(step, row.subject)
            except (RequestRefused, OperationFailed) as error:
                log.info("run %s: %s", step.run.id, error.cause)
    accepted = await _accepted(step)
    if accepted is None or any(row.subject == accepted for row in rows):
        return accepted
    raise GiveUpError(
        "a placement option was confirmed outside this run.",
        where=f"inbound run {step.run.id}, plan {step.plan_id}, placement option {accepted}",
        remedy="Finish this plan where it was confirmed (Seller Central or another program), or cancel it "
        "with the DAG fba_inbound_cancel.",
    )


async def _confirm_approved(step: Step, decision: Decision) -> str | None:
    """Confirm what was approved; None if Amazon no longer offers it at these numbers."""

    async def look() -> str | None:
        return await _accepted(step)

    async def confirm(again: bool) -> tuple[str | None]:
        combination = await find_offered_approval(step, decision, again=again)
        if combination is None:
            return (None,)
        await _confirm(step, combination.placement_option_id)
        return (combination.placement_option_id,)

    return (await choose(step, look, confirm))[0]


async def _confirm(step: Step, option_id: str) -> None:
    async def look() -> Mapping[str, Any] | None:
        return {"placementOptionId": option_id} if await _accepted(step) == option_id else None

    await step.operation(
        "confirmPlacementOption",
        "POST",
        step.path("placementOptions", option_id, "confirmation"),
        found_by="The placement option's status in listPlacementOptions is ACCEPTED.",
        look=look,
        subject=option_id,
    )


async def _accepted(step: Step) -> str | None:
    options = await list_placements(step)
    return next((each.placement_option_id for each in options if each.status == "ACCEPTED"), None)
