"""Ways of transport: what Amazon offers for each placement option."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sellerops.base.errors import GiveUpError, OperationFailed, RequestRefused
from sellerops.inbound.amount_text import count, money
from sellerops.inbound.answers import has_expired, parse_transportation
from sellerops.inbound.approval import current_offer
from sellerops.inbound.models import Offer
from sellerops.inbound.offers import has_enough_pallets
from sellerops.inbound.outcomes import StepOutcome, done, not_needed
from sellerops.inbound.steps.offering import MOST_GENERATIONS, is_about_the_option, offered
from sellerops.inbound.steps.placement_options import read_placements
from sellerops.inbound.steps.step import Step
from sellerops.inbound.steps.transport_request import transportation_body
from sellerops.inbound.store import PlacementOption, RunState, TransportationOption

_REPEATABLE = "Nothing to look for: generating options again replaces those that were offered."
_STEP = "offer_transportation"


async def offer_transportation(step: Step) -> StepOutcome:
    """Have Amazon generate transportation options for every placement option, and compare them."""
    if step.run.placement_option_id:
        return not_needed("Not needed: the placement is confirmed.")
    for number in range(MOST_GENERATIONS):
        try:
            placements = await _open_placements(step, again=number > 0)
            await read_transportation_for_all(step, placements)
            break
        except (RequestRefused, OperationFailed) as error:
            # A placement option that has expired meanwhile takes its shipments with it.
            if number == MOST_GENERATIONS - 1 or not is_about_the_option(error):
                raise
    offer = await read_offer(step)
    if not offer.combinations:
        raise GiveUpError(
            f"Amazon offers no transport that fits: {step.request.shipping}, {step.request.carrier} carrier.",
            where=f"inbound run {step.run.id}, plan {step.plan_id}",
            remedy="Cancel this run (DAG fba_inbound_cancel) and start one with another way of shipping.",
        )
    await step.blocking(step.store.set_state, step.run.id, RunState.AWAITING_APPROVAL)
    best = offer.combinations[0]
    price = money(best.total) if best.total else "without a known total"
    return done(
        f"{count(len(offer.combinations), 'combination')} to choose from; recommended: {best.key}, {price}."
    )


async def read_offer(step: Step) -> Offer:
    """What can be approved now, according to the ledger."""
    return await step.blocking(current_offer, step.store, step.run.id, await step.services.now())


async def read_transportation_for_all(
    step: Step, placements: Sequence[PlacementOption], *, again: bool = False
) -> None:
    """Generate and record the transportation options of several placement options concurrently.

    Placement options with more shipments than there are pallets are left out. Raises GiveUpError if none is
    left.
    """
    possible = [each for each in placements if has_enough_pallets(step.request, each)]
    if not possible:
        raise _too_few_pallets(step, placements)
    results = await asyncio.gather(
        *(read_transportation(step, placement, again=again) for placement in possible),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def read_transportation(
    step: Step, placement: PlacementOption, *, again: bool = False
) -> list[TransportationOption]:
    """Generate (``again``: once more) and record the transportation options of a placement option."""
    option_id = placement.placement_option_id
    known = await step.blocking(step.store.shipments, step.run.id)
    shipments = [each for each in known if each.shipment_id in placement.shipment_ids]

    async def generate(again: bool) -> None:
        await step.operation(
            "generateTransportationOptions",
            "POST",
            step.path("transportationOptions"),
            found_by=_REPEATABLE,
            body=lambda row: transportation_body(step, option_id, shipments, row),
            subject=option_id,
            step=_STEP,
            again=again,
        )

    async def list_once() -> list[TransportationOption] | None:
        return await list_transportation(step, placement)

    options = await offered(step, "transportation options", generate, list_once, again=again)
    row = await step.blocking(step.store.newest_step, step.run.id, _STEP, option_id)
    generation = row.generation if row else 1
    await step.blocking(step.store.save_transportation, step.run.id, option_id, generation, options)
    return options


async def list_transportation(step: Step, placement: PlacementOption) -> list[TransportationOption] | None:
    """The options of a placement option; None unless every shipment has one that has not expired."""
    moment = await step.services.now()
    listed = await step.services.reads.list_all(
        "listTransportationOptions",
        step.path("transportationOptions"),
        "transportationOptions",
        {"placementOptionId": placement.placement_option_id},
    )
    options = [parse_transportation(each, placement.placement_option_id) for each in listed]
    usable = [
        each
        for each in options
        if each.shipment_id in placement.shipment_ids and not has_expired(each.expires_at, moment)
    ]
    return usable if {each.shipment_id for each in usable} == set(placement.shipment_ids) else None


async def _open_placements(step: Step, *, again: bool) -> list[PlacementOption]:
    """The placement options of the ledger; generated again if one of them has expired."""
    moment = await step.services.now()
    known = await step.blocking(step.store.placements, step.run.id)
    if again or not known or any(has_expired(each.expires_at, moment) for each in known):
        return await read_placements(step, again=True)
    return known


def _too_few_pallets(step: Step, placements: Sequence[PlacementOption]) -> GiveUpError:
    fewest = min(len(each.shipment_ids) for each in placements)
    pallets = count(sum(pallet.count for pallet in step.request.pallets), "pallet")
    return GiveUpError(
        f"every placement has at least {count(fewest, 'shipment')}, each of which needs a pallet of its own. "
        f"You have {pallets}.",
        where=f"inbound run {step.run.id}, plan {step.plan_id}",
        remedy="Cancel this run (DAG fba_inbound_cancel) and start one with at least "
        f"{count(fewest, 'pallet')}, or with parcels (SPD).",
    )
