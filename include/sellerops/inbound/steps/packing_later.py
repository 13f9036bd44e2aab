"""Packing after the placement: sends the boxes of each shipment and has their transport priced again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sellerops.base.errors import GiveUpError
from sellerops.inbound.amount_text import count
from sellerops.inbound.box_plan import BoxPlan, count_boxes, divide_boxes
from sellerops.inbound.outcomes import StepOutcome, done, needs_approval, not_needed
from sellerops.inbound.request_bodies import box_inputs
from sellerops.inbound.steps.approved import approved_decision, find_offered_approval
from sellerops.inbound.steps.placement import CHANGED, NOBODY_APPROVED
from sellerops.inbound.steps.step import Step

_PACKED_BEFORE = "Not needed: the boxes were packed before the plan."


async def set_shipment_boxes(step: Step) -> StepOutcome:
    """Divide the boxes among the shipments and send their contents."""
    if not step.request.pack_later:
        return not_needed(_PACKED_BEFORE)
    shipments = await step.blocking(step.store.shipments, step.run.id, chosen=True)
    plan = divide_boxes(step.request.boxes, {each.shipment_id: each.units for each in shipments})
    if not plan.fits:
        raise _does_not_add_up(step, plan)

    async def look() -> Mapping[str, Any] | None:
        for shipment_id, boxes in plan.boxes.items():
            path = step.path("shipments", shipment_id, "boxes")
            listed = await step.services.reads.list_all("listShipmentBoxes", path, "boxes")
            if sum(int(box.get("quantity") or 1) for box in listed) != count_boxes(boxes):
                return None
        return {}

    groupings = [
        {"shipmentId": shipment_id, "boxes": box_inputs(boxes, step.request.items)}
        for shipment_id, boxes in sorted(plan.boxes.items())
    ]
    await step.operation(
        "setPackingInformation",
        "POST",
        step.path("packingInformation"),
        found_by="listShipmentBoxes lists the boxes of every shipment.",
        look=look,
        body={"packageGroupings": groupings},
        # Before the placement the same operation is about packing groups.
        subject="shipments",
    )
    by_shipment = "; ".join(
        f"{shipment.confirmation_id or shipment.warehouse_id or shipment.shipment_id}: "
        + ", ".join(f"{box.count} × {box.name}" for box in plan.boxes[shipment.shipment_id])
        for shipment in shipments
    )
    return done(f"Sent the boxes of {count(len(shipments), 'shipment')}. Pack them like this: {by_shipment}.")


async def offer_transportation_again(step: Step) -> StepOutcome:
    """Have the transport of the packed boxes priced; ask again if the approved numbers no longer hold."""
    if not step.request.pack_later:
        return not_needed(_PACKED_BEFORE)
    decision = await approved_decision(step)
    if decision is None:
        return needs_approval(NOBODY_APPROVED)
    boxes = await step.blocking(step.store.newest_step, step.run.id, "set_shipment_boxes", "shipments")
    priced = await step.blocking(
        step.store.newest_step, step.run.id, "offer_transportation", step.run.placement_option_id or ""
    )
    is_older = bool(boxes and boxes.ended_at and priced and priced.started_at < boxes.ended_at)
    combination = await find_offered_approval(step, decision, again=is_older)
    if combination is None:
        return needs_approval(CHANGED)
    return done("The approved numbers still hold for the packed boxes.")


def _does_not_add_up(step: Step, plan: BoxPlan) -> GiveUpError:
    missing = "; ".join(
        ", ".join(f"{units} × {sku}" for sku, units in units_by_sku.items())
        for units_by_sku in plan.missing.values()
        if units_by_sku
    )
    cause = f"no box has {missing}" if missing else "the boxes contain more than the shipments need"
    if not step.request.boxes:
        cause = "the boxes of this run are not known yet"
    return GiveUpError(
        f"{cause}.",
        where=f"inbound run {step.run.id}",
        remedy=f"Submit the packing list with `sellerops inbound boxes {step.run.id} FILE`, then clear the "
        "task.",
    )
