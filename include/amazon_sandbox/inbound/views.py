"""Records in the shapes of version 2024-03-20's model."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.inbound.choices import incentive, money
from amazon_sandbox.inbound.data import written
from amazon_sandbox.inbound.history import written_address
from amazon_sandbox.inbound.records import (
    ACCEPTED,
    EXPIRED,
    LTL,
    SMALL_PARCEL,
    Box,
    DeliveryWindow,
    ItemLine,
    Option,
    PackingOption,
    Pallet,
    PlacementOption,
    PlanRecord,
    ShipmentRecord,
    Tracking,
    TransportationOption,
)
from amazon_sandbox.simulation.addresses import centre_address
from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.streams import between, uniforms

Json = dict[str, Any]


def time(moment: float) -> str:
    """An instant as the API writes it."""
    return written(int(moment))


def plan_summary(plan: PlanRecord, now: float) -> Json:
    """One plan of listInboundPlans."""
    return {
        "createdAt": time(plan.created_at),
        "inboundPlanId": plan.plan_id,
        "lastUpdatedAt": time(plan.updated_at(now)),
        "marketplaceIds": [plan.storefront.marketplace.marketplace_id],
        "name": plan.name,
        "sourceAddress": plan.source_address,
        "status": plan.status(now),
    }


def plan_details(plan: PlanRecord, now: float) -> Json:
    """The answer of getInboundPlan: of the options, the confirmed one alone once there is one."""
    shown = plan_summary(plan, now)
    if plan.packing_options:
        shown["packingOptions"] = _summaries(plan.packing_options, "packingOptionId", now)
    if plan.placement_options:
        shown["placementOptions"] = _summaries(plan.placement_options, "placementOptionId", now)
    if plan.shipments:
        shown["shipments"] = [
            {"shipmentId": shipment.shipment_id, "status": shipment.status(now)}
            for shipment in plan.shipments
        ]
    return shown


def _summaries(options: list[Any], name: str, now: float) -> list[Json]:
    accepted = [option for option in options if option.state == ACCEPTED]
    return [
        {name: option.option_id, "status": option.status(now)}
        for option in accepted or options
        if name == "packingOptionId" or option.status(now) != EXPIRED
    ]


def item(line: ItemLine) -> Json:
    """The model's Item."""
    shown: Json = {
        "asin": line.listing.asin,
        "fnsku": line.listing.fnsku,
        "labelOwner": line.label_owner,
        "msku": line.msku,
        "prepInstructions": [{"prepOwner": line.prep_owner, "prepType": kind} for kind in line.prep_types],
        "quantity": line.quantity,
    }
    optional = {"expiration": line.expiration, "manufacturingLotCode": line.lot}
    return shown | {name: value for name, value in optional.items() if value is not None}


def box(each: Box, plan: PlanRecord, shipment: ShipmentRecord | None) -> Json:
    """The model's Box; without a shipment its destination is not known yet."""
    shown: Json = {
        "packageId": each.package_id,
        "contentInformationSource": each.source,
        "dimensions": each.dimensions,
        "weight": each.weight,
        "quantity": each.quantity,
        "items": [item(line) for line in each.items],
    }
    if each.box_id is not None:
        shown["boxId"] = each.box_id
    if shipment is not None:
        shown["destinationRegion"] = {
            "countryCode": plan.storefront.marketplace.country,
            "warehouseId": shipment.centre,
        }
    return shown


def pallet(each: Pallet) -> Json:
    """The model's Pallet."""
    names = ("dimensions", "quantity", "stackability", "weight")
    described = {name: each.described[name] for name in names if each.described.get(name) is not None}
    return {"packageId": each.package_id, **described}


def packing_option(option: PackingOption, now: float) -> Json:
    """The model's PackingOption."""
    most, unit = option.heaviest
    requirements = [{"solution": name, "modes": list(modes)} for name, modes in option.modes.items()]
    return {
        **_option(option, "packingOptionId", now),
        "packingGroups": [group.group_id for group in option.groups],
        "supportedConfigurations": [
            {
                "boxPackingMethods": list(option.methods),
                "boxRequirements": {"weight": {"minimum": 0, "maximum": most, "unit": unit}},
                "shippingRequirements": requirements,
            }
        ],
        "supportedShippingConfigurations": [
            {"shippingMode": mode, "shippingSolution": name}
            for name, modes in option.modes.items()
            for mode in modes
        ],
    }


def placement_option(option: PlacementOption, now: float) -> Json:
    """The model's PlacementOption."""
    ids = [shipment.shipment_id for shipment in option.shipments]
    return {**_option(option, "placementOptionId", now), "shipmentIds": ids}


def _option(option: Option, name: str, now: float) -> Json:
    shown: Json = {name: option.option_id, "status": option.status(now)}
    shown |= {"fees": option.fees, "discounts": option.discounts}
    return shown if option.expires_at is None else shown | {"expiration": time(option.expires_at)}


def transportation(option: TransportationOption, plan: PlanRecord) -> Json:
    """The model's TransportationOption."""
    shown: Json = {
        "carrier": {"name": option.carrier, "alphaCode": option.alpha_code},
        "preconditions": list(option.preconditions),
        "shipmentId": option.shipment_id,
        "shippingMode": option.mode,
        "shippingSolution": option.solution,
        "transportationOptionId": option.option_id,
    }
    if option.cost is not None:
        quote: Json = {"cost": money(plan.storefront.marketplace, option.cost)}
        if option.expires_at is not None:
            quote["expiration"] = time(option.expires_at)
        if option.voidable_until is not None:
            quote["voidableUntil"] = time(option.voidable_until)
        shown["quote"] = quote
    if option.appointment is not None:
        first, last = option.appointment
        shown["carrierAppointment"] = {"startTime": time(first), "endTime": time(last)}
    return shown


def delivery_window(window: DeliveryWindow, plan: PlanRecord) -> Json:
    """The model's DeliveryWindowOption."""
    shown: Json = {
        "availabilityType": window.availability,
        "deliveryWindowOptionId": window.window_id,
        "startDate": time(window.starts_at),
        "endDate": time(window.ends_at),
        "validUntil": time(window.valid_until),
    }
    if window.discount:
        marketplace = plan.storefront.marketplace
        shown["discounts"] = [incentive(marketplace, "DISCOUNT", window.discount, "Discounted window")]
    return shown


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
