"""Self-ship appointments: when a client's own vehicle may unload at a warehouse."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.inbound import views
from amazon_sandbox.inbound.bodies import SELF_SHIP_REASON, SELF_SHIP_SLOTS
from amazon_sandbox.inbound.calls import (
    body_of,
    created_plan,
    now_of,
    paged,
    placed_shipment_of,
    start,
    store_of,
)
from amazon_sandbox.inbound.records import PlanRecord, SelfShip, SelfShipSlot, ShipmentRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.state import checked_id, not_found
from amazon_sandbox.simulation.streams import number
from amazon_sandbox.sp_api.operations import Answer, Operation

AVAILABLE_IN = ("MX", "BR", "EG", "SA", "AE", "IN")
HOUR, DAY = 3600, 86_400
VALID_SECONDS = 30 * 60
_HOURS = (8, 11, 14)
_LENGTH = 2 * HOUR
_MOST_DAYS = 14


async def generate_self_ship_appointment_slots(call: Operation) -> Answer:
    """generateSelfShipAppointmentSlots: three a day; 201 rather than 202."""
    plan, shipment = await _shipment(call)
    body = body_of(call, SELF_SHIP_SLOTS)
    now = now_of(call)
    first = _instant(body, "desiredStartDate", now + DAY)
    last = _instant(body, "desiredEndDate", first + 7 * DAY)
    if last < max(first, now):
        raise bad_request("ERROR: desiredEndDate must be in the future and not before desiredStartDate.")
    ids, lifetime = store_of(call).ids, call.sandbox.clock.lifetime(VALID_SECONDS)

    def effect(at: float) -> None:
        start_day = int(max(first, at)) // DAY
        moments = [(start_day + day) * DAY + hour * HOUR for day in range(_MOST_DAYS) for hour in _HOURS]
        slots = [
            SelfShipSlot(ids.make("sl"), moment, moment + _LENGTH)
            for moment in moments
            if max(first, at) <= moment <= last
        ]
        shipment.self_ship = SelfShip(slots, at + lifetime, shipment.self_ship.appointment)

    _, answer = start(call, effect, plan=plan, topic=f"slots {shipment.shipment_id}")
    return 201, answer


async def get_self_ship_appointment_slots(call: Operation) -> Answer:
    """getSelfShipAppointmentSlots: those that were generated last."""
    _, shipment = await _shipment(call)
    status, page = paged(call, "slots", shipment.self_ship.slots, _slot, most=100)
    assert isinstance(page, dict)
    availability = {"slots": page.pop("slots"), "expiresAt": views.time(shipment.self_ship.expires_at)}
    if not shipment.self_ship.expires_at:
        availability.pop("expiresAt")
    return status, {"selfShipAppointmentSlotsAvailability": availability, **page}


async def schedule_self_ship_appointment(call: Operation) -> Answer:
    """scheduleSelfShipAppointment: takes effect at once; also replaces an earlier appointment."""
    plan, shipment = await _shipment(call)
    body = body_of(call, SELF_SHIP_REASON)
    wanted = checked_id("slotId", call.request.path_params["slot_id"])
    slot = next((each for each in shipment.self_ship.slots if each.slot_id == wanted), None)
    if slot is None:
        raise not_found("slotId", wanted)
    if shipment.self_ship.expires_at <= now_of(call):
        raise bad_request("ERROR: The appointment slots have expired.", wanted)
    if shipment.self_ship.appointment is not None and body.get("reasonComment") is None:
        raise bad_request("ERROR: reasonComment is required to reschedule an appointment.")
    shipment.self_ship.appointment = {
        "appointmentId": number(shipment.shipment_id, wanted) % 10**10,
        "appointmentSlotTime": _slot(slot)["slotTime"],
        "appointmentStatus": "SCHEDULED",
    }
    plan.changes.append(now_of(call))
    return 200, {"selfShipAppointmentDetails": shipment.self_ship.appointment}


async def cancel_self_ship_appointment(call: Operation) -> Answer:
    """cancelSelfShipAppointment."""
    plan, shipment = await _shipment(call)
    body_of(call, SELF_SHIP_REASON)
    if shipment.self_ship.appointment is None:
        raise bad_request("ERROR: The shipment has no self-ship appointment.")

    def effect(at: float) -> None:
        shipment.self_ship.appointment = None

    return start(call, effect, plan=plan, topic=f"slots {shipment.shipment_id}")


async def _shipment(call: Operation) -> tuple[PlanRecord, ShipmentRecord]:
    plan = await created_plan(call)
    country = plan.storefront.marketplace.country
    if country not in AVAILABLE_IN:
        raise bad_request(
            "ERROR: Self-ship appointments are not available in this marketplace.",
            f"{country}; available in {', '.join(AVAILABLE_IN)}",
        )
    return plan, placed_shipment_of(call, plan)


def _instant(body: dict[str, Any], name: str, usual: float) -> float:
    parsed = parse_instant(str(body.get(name) or ""))
    return usual if parsed is None else parsed[0].timestamp()


def _slot(slot: SelfShipSlot) -> dict[str, Any]:
    times = {"startTime": views.time(slot.starts_at), "endTime": views.time(slot.ends_at)}
    return {"slotId": slot.slot_id, "slotTime": times}
