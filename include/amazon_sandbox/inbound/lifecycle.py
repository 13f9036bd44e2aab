"""A shipment's lifecycle: carrier, labels, journey, receipt and close. Instants are UTC epoch seconds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from amazon_sandbox.inbound.carriers import VOID_SECONDS
from amazon_sandbox.inbound.ids import confirmation_id
from amazon_sandbox.inbound.options import TransportationOption
from amazon_sandbox.inbound.records import ShipmentRecord, Tracking
from amazon_sandbox.simulation.streams import between, token, uniforms

HOUR, DAY = 3600, 86_400
_SHORT_SHARE = 0.04
CANCELLED, CLOSED = "CANCELLED", "CLOSED"


def confirm_carrier(
    shipment: ShipmentRecord,
    option: TransportationOption,
    at: float,
    lifetime: Callable[[float], float],
) -> None:
    """Give the shipment its confirmation id and its boxes their ids; the void window of a quote begins."""
    shipment.transportation = option
    shipment.confirmation_id = confirmation_id(shipment.shipment_id)
    number_boxes(shipment)
    if option.cost is not None:
        option.voidable_until = at + lifetime(VOID_SECONDS[option.mode])


def number_boxes(shipment: ShipmentRecord) -> None:
    """Give every box without one the id for its label: the confirmation id, U and six digits."""
    boxes = shipment.boxes or []
    taken = [int(box.box_id[-6:]) for box in boxes if box.box_id is not None]
    numbers = count(max(taken, default=0) + 1)
    for box in boxes:
        box.box_id = box.box_id or f"{shipment.confirmation_id}U{next(numbers):06d}"


def print_labels(shipment: ShipmentRecord, at: float) -> bool:
    """Labels were generated: make the shipment ready and plan its journey. False if nothing changed."""
    if shipment.status(at) != "WORKING" or shipment.transportation is None:
        return False
    u = uniforms(shipment.shipment_id, "journey")
    left = max(shipment.ready_at or at, at + HOUR) + between(u[0], 2, 20) * HOUR
    transit = left + between(u[1], 4, 16) * HOUR
    delivered = transit + between(u[2], 1.5, 4) * DAY
    checked_in = delivered + between(u[3], 2, 14) * HOUR
    receiving = checked_in + between(u[4], 3, 30) * HOUR
    received = receiving + between(u[5], 0.5, 2) * DAY
    closed = received + between(u[6], 1, 6) * DAY
    shipment.history += [
        (at, "READY_TO_SHIP"),
        (left, "SHIPPED"),
        (transit, "IN_TRANSIT"),
        (delivered, "DELIVERED"),
        (checked_in, "CHECKED_IN"),
        (receiving, "RECEIVING"),
        (closed, CLOSED),
    ]
    shipment.received_at = received
    receive(shipment)
    if shipment.transportation.is_partnered:
        _track(shipment, left)
    return True


def cancel(shipment: ShipmentRecord, at: float) -> None:
    """Cancel the shipment: nothing that lay ahead of it happens."""
    shipment.history = [each for each in shipment.history if each[0] <= at] + [(at, CANCELLED)]
    shipment.received_at = None


def receive(shipment: ShipmentRecord) -> None:
    """Decide which units will arrive: nearly always all of them."""
    missing = shipment.missing_units
    shipment.received = {}
    for msku, units in sorted(shipment.shipped_units().items()):
        u = uniforms(shipment.shipment_id, msku, "short")
        lost = 1 + int(u[1] * 3) if u[0] < _SHORT_SHARE else 0
        if missing is not None:
            lost = min(units, missing)
            missing -= lost
        shipment.received[msku] = max(0, units - lost)


def _track(shipment: ShipmentRecord, at: float) -> None:
    """Add the numbers of Amazon's carrier, which are known from the pick-up on."""
    shipment.tracking = Tracking(at)
    if shipment.transportation is not None and shipment.transportation.mode != "GROUND_SMALL_PARCEL":
        shipment.tracking.freight_bill = token("0123456789", 9, shipment.shipment_id, "pro")
        return
    shipment.tracking.numbers = [
        (box.box_id, "1Z" + token("0123456789", 16, box.box_id, "tracking"))
        for box in shipment.boxes or ()
        if box.box_id
    ]
