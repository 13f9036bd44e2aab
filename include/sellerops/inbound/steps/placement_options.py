"""Placement options as Amazon offers them, with the shipments of each."""

from __future__ import annotations

from sellerops.base.errors import RequestRefused
from sellerops.inbound.answers import has_expired, parse_placement
from sellerops.inbound.steps.offering import offered
from sellerops.inbound.steps.shipments import read_with_units
from sellerops.inbound.steps.step import Step
from sellerops.inbound.store import PlacementOption, ShipmentRow

_REPEATABLE = "Nothing to look for: generating options again replaces those that were offered."
_STEP = "offer_placements"


async def read_placements(step: Step, *, again: bool = False) -> list[PlacementOption]:
    """Generate (``again``: once more) and record placement options and their shipments."""

    async def generate(again: bool) -> None:
        await step.operation(
            "generatePlacementOptions",
            "POST",
            step.path("placementOptions"),
            found_by=_REPEATABLE,
            # The model requires a body; it may be empty.
            body={},
            step=_STEP,
            again=again,
        )

    async def list_once() -> tuple[list[PlacementOption], list[ShipmentRow]] | None:
        moment = await step.services.now()
        options = [
            each
            for each in await list_placements(step)
            if each.status == "ACCEPTED"
            or (each.status == "OFFERED" and not has_expired(each.expires_at, moment))
        ]
        if not options or not all(each.shipment_ids for each in options):
            return None
        try:
            shipments = [
                await read_with_units(step, shipment_id)
                for option in options
                for shipment_id in option.shipment_ids
            ]
        except RequestRefused as error:
            # The list names a shipment that Amazon does not know yet, or no longer.
            if error.details.get("status") != 404:
                raise
            return None
        return options, shipments

    options, shipments = await offered(step, "placement options", generate, list_once, again=again)
    row = await step.blocking(step.store.newest_step, step.run.id, _STEP)
    generation = row.generation if row else 1
    await step.blocking(step.store.save_placements, step.run.id, generation, options, shipments)
    return options


async def list_placements(step: Step) -> list[PlacementOption]:
    """All placement options of the plan, whatever their status."""
    listed = await step.services.reads.list_all(
        "listPlacementOptions", step.path("placementOptions"), "placementOptions"
    )
    return [parse_placement(each) for each in listed]
