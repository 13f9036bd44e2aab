"""Records in the shapes of version 2024-03-20's model."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.inbound.choices import incentive, money
from amazon_sandbox.inbound.contents import Box, ItemLine, Pallet
from amazon_sandbox.inbound.data import written
from amazon_sandbox.inbound.options import (
    ACCEPTED,
    EXPIRED,
    DeliveryWindow,
    Option,
    PackingOption,
    TransportationOption,
)
from amazon_sandbox.inbound.records import PlacementOption, PlanRecord, ShipmentRecord

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
    """The answer of getInboundPlan; once an option is confirmed, the others are not shown."""
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
