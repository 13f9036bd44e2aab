"""Answers of version 2024-03-20 in the model's shapes."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.inbound.data import written
from amazon_sandbox.simulation.addresses import SELLERS_WAREHOUSE, Address, centre_address
from amazon_sandbox.simulation.inbound import Plan, Shipment
from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.streams import token


def summary(plan: Plan, now: int) -> dict[str, Any]:
    """One plan of listInboundPlans."""
    return {
        "createdAt": written(plan.made_at),
        "inboundPlanId": plan.plan_id,
        "lastUpdatedAt": written(plan.updated_at(now)),
        "marketplaceIds": [plan.storefront.marketplace.marketplace_id],
        "name": plan.name,
        "sourceAddress": _address(SELLERS_WAREHOUSE[plan.storefront.marketplace.region]),
        "status": plan.status(now),
    }


def details(plan: Plan, now: int) -> dict[str, Any]:
    """The answer of getInboundPlan."""
    return {
        **summary(plan, now),
        "packingOptions": [{"packingOptionId": plan.packing_option_id, "status": "ACCEPTED"}],
        "placementOptions": [{"placementOptionId": plan.placement_option_id, "status": "ACCEPTED"}],
        "shipments": [
            {"shipmentId": shipment.shipment_id, "status": shipment.status(now)}
            for shipment in plan.shipments
        ],
    }


def item(shipment: Shipment) -> dict[str, Any]:
    """One item of listInboundPlanItems."""
    return {
        "asin": shipment.listing.asin,
        "fnsku": shipment.listing.fnsku,
        "labelOwner": "SELLER",
        "msku": shipment.listing.sku,
        "prepInstructions": [{"prepOwner": "NONE", "prepType": "ITEM_NO_PREP"}],
        "quantity": shipment.shipped,
    }


def shipment_details(plan: Plan, shipment: Shipment, now: int) -> dict[str, Any]:
    """The answer of getShipment."""
    marketplace = plan.storefront.marketplace
    shown: dict[str, Any] = {
        "dates": {
            "readyToShipWindow": {
                "end": written(shipment.left_at + DAY),
                "start": written(shipment.left_at),
            }
        },
        "destination": {
            "address": _address(centre_address(shipment.centre, marketplace.country)),
            "destinationType": "AMAZON_WAREHOUSE",
            "warehouseId": shipment.centre,
        },
        "name": f"{plan.name} {shipment.centre}",
        "placementOptionId": plan.placement_option_id,
        "shipmentConfirmationId": shipment.confirmation_id,
        "shipmentId": shipment.shipment_id,
        "source": {
            "address": _address(SELLERS_WAREHOUSE[marketplace.region]),
            "sourceType": "SELLER_FACILITY",
        },
        "status": shipment.status(now),
    }
    if now >= shipment.left_at:
        shown["trackingDetails"] = {
            "spdTrackingDetail": {
                "spdTrackingItems": [
                    {
                        "boxId": f"{shipment.confirmation_id}U000001",
                        "trackingId": "1Z" + token("0123456789", 16, shipment.shipment_id, "tracking"),
                        "trackingNumberValidationStatus": "VALIDATED",
                    }
                ]
            }
        }
    return shown


def _address(address: Address) -> dict[str, str]:
    shown = {
        "addressLine1": address.line,
        "city": address.city,
        "countryCode": address.country,
        "name": address.name,
        "postalCode": address.postal_code,
        "stateOrProvinceCode": address.state,
    }
    return shown | ({"phoneNumber": address.phone} if address.phone else {})
