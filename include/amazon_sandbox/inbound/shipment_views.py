"""A shipment in the shape of version 2024-03-20's model."""

from __future__ import annotations

from amazon_sandbox.inbound.history import written_address
from amazon_sandbox.inbound.options import LTL, SMALL_PARCEL
from amazon_sandbox.inbound.records import PlanRecord, ShipmentRecord, Tracking
from amazon_sandbox.inbound.views import Json, delivery_window, time
from amazon_sandbox.simulation.addresses import centre_address
from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.streams import between, uniforms


def shipment_details(plan: PlanRecord, shipment: ShipmentRecord, now: float) -> Json:
    """The answer of getShipment."""
    centre = centre_address(shipment.centre, plan.storefront.marketplace.country)
    shown: Json = {
        "destination": {
            "address": written_address(centre),
            "destinationType": "AMAZON_WAREHOUSE",
            "warehouseId": shipment.centre,
        },
        "name": shipment.name,
        "placementOptionId": shipment.placement_option_id,
        "shipmentId": shipment.shipment_id,
        "source": {"address": shipment.source_address, "sourceType": "SELLER_FACILITY"},
        "status": shipment.status(now),
    }
    if shipment.ready_at is not None:
        ready = {"start": time(shipment.ready_at), "end": time(shipment.ready_at + DAY)}
        shown["dates"] = {"readyToShipWindow": ready}
    optional = {
        "shipmentConfirmationId": shipment.confirmation_id,
        "amazonReferenceId": _reference(shipment),
        "contactInformation": shipment.contact,
        "freightInformation": shipment.configuration.get("freightInformation"),
        "selectedTransportationOptionId": shipment.transportation and shipment.transportation.option_id,
        "selectedDeliveryWindow": shipment.selected_window and _selected(plan, shipment),
        "trackingDetails": shipment.tracking and tracking(shipment.tracking, now),
        "selfShipAppointmentDetails": _appointments(shipment),
    }
    return shown | {name: value for name, value in optional.items() if value is not None}


def _appointments(shipment: ShipmentRecord) -> list[Json] | None:
    appointment = shipment.self_ship.appointment
    return None if appointment is None else [appointment]


def _reference(shipment: ShipmentRecord) -> str | None:
    carrier = shipment.transportation
    if carrier is None or not carrier.is_partnered or carrier.mode == SMALL_PARCEL:
        return None
    return f"{'LTL' if carrier.mode == LTL else 'FTL'}{(shipment.confirmation_id or '')[3:]}"


def _selected(plan: PlanRecord, shipment: ShipmentRecord) -> Json | None:
    window = shipment.selected_window
    if window is None:
        return None
    names = ("availabilityType", "deliveryWindowOptionId", "startDate", "endDate")
    shown = delivery_window(window, plan)
    return {name: shown[name] for name in names} | {"editableUntil": time(window.starts_at)}


def tracking(details: Tracking, now: float) -> Json | None:
    """The model's TrackingDetails; Amazon validates numbers within a day."""
    if details.freight_bill is not None:
        freight: Json = {"freightBillNumber": [details.freight_bill]}
        if details.bill_of_lading is not None:
            freight["billOfLadingNumber"] = details.bill_of_lading
        return {"ltlTrackingDetail": freight} if details.sent_at <= now else None
    if details.sent_at > now:
        return None
    items = [
        {
            "boxId": box_id,
            "trackingId": number,
            "trackingNumberValidationStatus": _validation(number, now - details.sent_at),
        }
        for box_id, number in details.numbers
    ]
    return {"spdTrackingDetail": {"spdTrackingItems": items}}


def _validation(number: str, age: float) -> str:
    if age < between(uniforms(number, "validation")[0], 2, 20) * 3600:
        return "NOT_VALIDATED"
    # Carriers that Amazon can ask use at least eight letters and digits.
    return "VALIDATED" if number.isalnum() and len(number) >= 8 else "NOT_SUPPORTED"
