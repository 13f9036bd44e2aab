"""Reads of one plan or shipment, names, source address, cancellation, and the state of operations."""

from __future__ import annotations

from itertools import chain

from amazon_sandbox.inbound import lifecycle, shipment_views, views
from amazon_sandbox.inbound.bodies import PLAN_NAME, SHIPMENT_NAME, SOURCE_ADDRESS
from amazon_sandbox.inbound.calls import (
    body_of,
    now_of,
    open_plan,
    paged,
    plan_of,
    shipment_of,
    start,
    store_of,
)
from amazon_sandbox.inbound.faults import drawn
from amazon_sandbox.inbound.operations_queue import Problem
from amazon_sandbox.inbound.plan_creation import read_address
from amazon_sandbox.inbound.records import VOIDED, PlanRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.state import checked_operation_id, not_found
from amazon_sandbox.sp_api.operations import Answer, Operation


async def get_inbound_plan(call: Operation) -> Answer:
    """One plan with its options and shipments."""
    plan, now = await plan_of(call), now_of(call)
    current = views.plan_details(plan, now)
    if drawn(call, "plan_outdated"):
        hidden = ("shipments", "packingOptions", "placementOptions")
        return 200, {name: value for name, value in current.items() if name not in hidden}
    return 200, current


async def list_inbound_plan_items(call: Operation) -> Answer:
    """The items of one plan."""
    plan = await plan_of(call)
    return paged(call, "items", plan.items, views.item, most=1000)


async def list_inbound_plan_boxes(call: Operation) -> Answer:
    """The boxes of one plan: of its shipments or, until these are known, of its packing groups."""
    plan = await plan_of(call)
    found = [(box, shipment) for shipment in plan.shipments for box in shipment.boxes or ()]
    if not found and plan.packing is not None:
        grouped = chain.from_iterable(group.boxes or () for group in plan.packing.groups)
        return paged(call, "boxes", list(grouped), lambda box: views.box(box, plan, None), most=1000)
    return paged(call, "boxes", found, lambda pair: views.box(pair[0], plan, pair[1]), most=1000)


async def list_inbound_plan_pallets(call: Operation) -> Answer:
    """The pallets of one plan."""
    plan = await plan_of(call)
    found = [pallet for shipment in plan.shipments for pallet in shipment.pallets]
    return paged(call, "pallets", found, views.pallet, most=1000)


async def get_shipment(call: Operation) -> Answer:
    """One shipment of a plan."""
    plan = await plan_of(call)
    shipment = shipment_of(call, plan)
    shown = shipment_views.shipment_details(plan, shipment, now_of(call))
    if drawn(call, "destination_hidden") and shipment not in plan.shipments:
        shown["destination"] = {"destinationType": "AMAZON_OPTIMIZED"}
    return 200, shown


async def list_shipment_items(call: Operation) -> Answer:
    """The items of one shipment."""
    shipment = shipment_of(call, await plan_of(call))
    return paged(call, "items", shipment.items, views.item, most=1000)


async def list_shipment_boxes(call: Operation) -> Answer:
    """The boxes of one shipment."""
    plan = await plan_of(call)
    shipment = shipment_of(call, plan)
    return paged(call, "boxes", shipment.boxes or (), lambda box: views.box(box, plan, shipment), most=1000)


async def list_shipment_pallets(call: Operation) -> Answer:
    """The pallets of one shipment."""
    shipment = shipment_of(call, await plan_of(call))
    return paged(call, "pallets", shipment.pallets, views.pallet, most=1000)


async def update_inbound_plan_name(call: Operation) -> Answer:
    """updateInboundPlanName: 204 at once."""
    plan = await open_plan(call)
    plan.name = body_of(call, PLAN_NAME)["name"]
    plan.changes.append(now_of(call))
    store_of(call).show()
    return 204, {}


async def update_shipment_name(call: Operation) -> Answer:
    """updateShipmentName: 204 at once."""
    plan = await open_plan(call)
    shipment_of(call, plan).name = body_of(call, SHIPMENT_NAME)["name"]
    plan.changes.append(now_of(call))
    return 204, {}


async def update_shipment_source_address(call: Operation) -> Answer:
    """updateShipmentSourceAddress: until carriers are confirmed; deletes its transportation options."""
    plan = await open_plan(call)
    shipment = shipment_of(call, plan)
    address = read_address(body_of(call, SOURCE_ADDRESS)["address"])
    _refuse_address(plan)

    def effect(at: float) -> None:
        _refuse_address(plan)
        shipment.source_address = address
        plan.transportation_options = [
            each for each in plan.transportation_options if each.shipment_id != shipment.shipment_id
        ]

    return start(call, effect, plan=plan, topic=f"transportation {shipment.placement_option_id}")


async def cancel_inbound_plan(call: Operation) -> Answer:
    """cancelInboundPlan: until a shipment leaves; after the void window the carrier's charges stay."""
    plan = await open_plan(call)
    if any((left := each.reached("SHIPPED")) and left <= now_of(call) for each in plan.shipments):
        raise bad_request("ERROR: The inbound plan has shipments that were already shipped.")

    def effect(at: float) -> list[Problem]:
        warnings = _charges(plan, at)
        plan.state = VOIDED
        for shipment in plan.shipments:
            lifecycle.cancel(shipment, at)
        return warnings

    return start(call, effect, plan=plan, topic="cancellation")


async def get_inbound_operation_status(call: Operation) -> Answer:
    """getInboundOperationStatus."""
    wanted = checked_operation_id("operationId", call.request.path_params["operation_id"])
    found = store_of(call).operations.find(wanted, call.caller.seller_id)
    if found is None:
        raise not_found("operationId", wanted)
    if found.plan is not None:
        call.marketplace_ids = (found.plan.storefront.marketplace.marketplace_id,)
    return 200, found.as_dict()


def _refuse_address(plan: PlanRecord) -> None:
    if plan.carriers_confirmed_at is not None:
        raise bad_request("ERROR: The source address cannot be updated after transportation confirmation.")


def _charges(plan: PlanRecord, at: float) -> list[Problem]:
    """A warning for every shipment whose partnered carrier can no longer be voided."""
    found = []
    for shipment in plan.shipments:
        carrier = shipment.transportation
        if carrier is None or carrier.voidable_until is None or at <= carrier.voidable_until:
            continue
        message = (
            f"WARNING: The void window of shipment {shipment.confirmation_id} ended at "
            f"{views.time(carrier.voidable_until)}. The charges of {carrier.carrier} apply."
        )
        found.append(Problem("FBA_INB_0300", message, "WARNING"))
    return found
