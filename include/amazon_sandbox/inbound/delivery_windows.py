"""Delivery windows: when a shipment may arrive at its warehouse."""

from __future__ import annotations

from amazon_sandbox.inbound import views
from amazon_sandbox.inbound.calls import (
    created_plan,
    now_of,
    open_plan,
    paged,
    placed_shipment_of,
    plan_of,
    shipment_of,
    start,
    store_of,
)
from amazon_sandbox.inbound.choices import local_minor
from amazon_sandbox.inbound.faults import drawn
from amazon_sandbox.inbound.options import DeliveryWindow
from amazon_sandbox.inbound.records import PlanRecord, ShipmentRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.state import checked_operation_id, not_found
from amazon_sandbox.simulation.streams import uniforms
from amazon_sandbox.sp_api.operations import Answer, Operation

DAY = 86_400
VALID_SECONDS = 24 * 3600
_DAYS_OFFERED = 14
_FIRST_AFTER_DAYS = 3  # from the day the shipment is ready
_LENGTH_DAYS = 7
_CHOSEN = "ERROR: A delivery window has already been confirmed for the shipment."


async def generate_delivery_window_options(call: Operation) -> Answer:
    """generateDeliveryWindowOptions: possible once the placement is confirmed, until a window is."""
    plan = await open_plan(call)
    shipment = placed_shipment_of(call, plan)
    if shipment.selected_window is not None:
        raise bad_request(_CHOSEN)
    if shipment.ready_at is None:
        raise bad_request("ERROR: Transportation options must be generated before delivery windows.")

    def effect(at: float) -> None:
        shipment.windows = _windows(call, plan, shipment, at)

    return start(call, effect, plan=plan, topic=f"windows {shipment.shipment_id}")


async def list_delivery_window_options(call: Operation) -> Answer:
    """listDeliveryWindowOptions."""
    plan = await plan_of(call)
    shipment = shipment_of(call, plan)
    return paged(
        call,
        "deliveryWindowOptions",
        shipment.windows,
        lambda window: views.delivery_window(window, plan),
        most=100,
    )


async def confirm_delivery_window_options(call: Operation) -> Answer:
    """confirmDeliveryWindowOptions: another listed window can be chosen until the shipment is closed."""
    plan = await created_plan(call)
    shipment = placed_shipment_of(call, plan)
    if shipment.status(now_of(call)) in ("CLOSED", "CANCELLED", "DELETED"):
        raise bad_request(f"ERROR: Shipment {shipment.shipment_id} is {shipment.status(now_of(call))}.")
    window = _chosen(call, shipment)

    def effect(at: float) -> None:
        shipment.selected_window = window

    return start(call, effect, plan=plan, topic=f"windows {shipment.shipment_id}")


def _chosen(call: Operation, shipment: ShipmentRecord) -> DeliveryWindow:
    wanted = checked_operation_id("deliveryWindowOptionId", call.request.path_params["window_id"])
    found = next((each for each in shipment.windows if each.window_id == wanted), None)
    if found is None:
        raise not_found("deliveryWindowOptionId", wanted)
    for fault in drawn(call, "option_vanished", "option_expired"):
        if fault.kind.name == "option_vanished":
            shipment.windows.remove(found)
            raise not_found("deliveryWindowOptionId", wanted)
        found.valid_until = now_of(call)
    if found.availability == "BLOCKED":
        raise bad_request(f"ERROR: Delivery window {wanted} is BLOCKED.")
    if found.valid_until <= now_of(call):
        raise bad_request(f"ERROR: Delivery window {wanted} is no longer valid.")
    return found


def _windows(call: Operation, plan: PlanRecord, shipment: ShipmentRecord, at: float) -> list[DeliveryWindow]:
    """One week-long window per day; some are full, some cheaper. The same shipment gets the same ones."""
    first = int((shipment.ready_at or at) // DAY + _FIRST_AFTER_DAYS) * DAY
    valid_until = at + call.sandbox.clock.lifetime(VALID_SECONDS)
    units = sum(shipment.shipped_units().values())
    offered = []
    for day in range(_DAYS_OFFERED):
        availability = _availability(shipment, day)
        discount = (
            local_minor(plan.storefront.marketplace, 0.04 * units) if availability == "DISCOUNTED" else 0
        )
        starts_at = first + day * DAY
        ends_at = starts_at + _LENGTH_DAYS * DAY
        window_id = store_of(call).ids.make("dw")
        offered.append(DeliveryWindow(window_id, starts_at, ends_at, valid_until, availability, discount))
    return offered


def _availability(shipment: ShipmentRecord, day: int) -> str:
    u = uniforms(shipment.shipment_id, day, "availability")[0]
    if day == 0:
        return "BLOCKED" if u < 0.5 else "CONGESTED"
    if u < 0.12:
        return "BLOCKED"
    if u < 0.3:
        return "CONGESTED"
    return "DISCOUNTED" if day > 6 and u > 0.6 else "AVAILABLE"
