"""What was approved, and whether Amazon still offers it."""

from __future__ import annotations

from datetime import timedelta

from sellerops.inbound.answers import has_expired
from sellerops.inbound.approval import current_offer
from sellerops.inbound.models import Combination
from sellerops.inbound.offers import find_same
from sellerops.inbound.steps.placement_options import list_placements, read_placements
from sellerops.inbound.steps.step import Step
from sellerops.inbound.steps.transportation import (
    list_transportation,
    read_transportation,
    read_transportation_for_all,
)
from sellerops.inbound.store import Decision, PlacementOption

# What expires sooner is generated again rather than confirmed in a hurry.
_MARGIN = timedelta(minutes=2)


async def approved_decision(step: Step) -> Decision | None:
    """The decision that applies now, if it is an approval; else None."""
    decision = await step.blocking(step.store.newest_decision, step.run.id)
    return decision if decision and decision.choice.is_approval else None


async def find_approved(step: Step, fingerprint: str) -> Combination | None:
    """The approved combination in the ledger, even if it has expired; None if its options are gone."""
    offer = await step.blocking(current_offer, step.store, step.run.id, step.run.created_at)
    return find_same(offer, fingerprint)


async def find_offered_approval(step: Step, decision: Decision, *, again: bool = False) -> Combination | None:
    """The combination with the approved numbers among those that Amazon offers now.

    Options that have expired or vanished, or all of them if ``again``, are generated again. None if the
    numbers have changed: the new offer is then in the ledger, and a person must decide about it.
    """
    placement = await _open_placement(step, decision)
    if placement is None:
        await read_transportation_for_all(step, await read_placements(step, again=True))
        return await _same(step, decision)
    listed = None if again else await list_transportation(step, placement)
    if listed is not None:
        row = await step.blocking(
            step.store.newest_step, step.run.id, "offer_transportation", placement.placement_option_id
        )
        await step.blocking(
            step.store.save_transportation,
            step.run.id,
            placement.placement_option_id,
            row.generation if row else 1,
            listed,
        )
        found = await _same(step, decision)
        if found:
            return found
    await read_transportation(step, placement, again=True)
    return await _same(step, decision)


async def _open_placement(step: Step, decision: Decision) -> PlacementOption | None:
    """The approved placement option, or the one that replaced it, if it is or can still be confirmed."""
    if confirmed := step.run.placement_option_id:
        # Final, whether or not Amazon's list shows it at the moment.
        known = await step.blocking(step.store.placements, step.run.id)
        return next(each for each in known if each.placement_option_id == confirmed)
    approved = await find_approved(step, decision.fingerprint)
    wanted = approved.placement_option_id if approved else decision.placement_option_id
    soon = await step.services.now() + _MARGIN
    for option in await list_placements(step):
        is_open = option.status == "OFFERED" and not has_expired(option.expires_at, soon)
        if option.placement_option_id == wanted and (option.status == "ACCEPTED" or is_open):
            return option
    return None


async def _same(step: Step, decision: Decision) -> Combination | None:
    soon = await step.services.now() + _MARGIN
    offer = await step.blocking(current_offer, step.store, step.run.id, soon)
    return find_same(offer, decision.fingerprint)
