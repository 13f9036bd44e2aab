"""Bodies with which clients walk the inbound workflow, and a sandbox that makes them wait for nothing."""

from __future__ import annotations

from typing import Any

from support.inbound_api import ADDRESSES, CONTACT
from support.sandbox import SandboxServer

from amazon_sandbox.inbound import data

US = "ATVPDKIKX0DER"
PARTNERED, OWN = "AMAZON_PARTNERED_CARRIER", "USE_YOUR_OWN_CARRIER"
PARCEL, LTL = "GROUND_SMALL_PARCEL", "FREIGHT_LTL"
BOX = {
    "contentInformationSource": "BOX_CONTENT_PROVIDED",
    "dimensions": {"length": 20, "width": 16, "height": 12, "unitOfMeasurement": "IN"},
    "weight": {"value": 24.5, "unit": "LB"},
}
FREIGHT = {
    "contactInformation": CONTACT,
    "freightInformation": {"declaredValue": {"amount": 1200, "code": "USD"}, "freightClass": "FC_70"},
    "pallets": [
        {
            "quantity": 1,
            "dimensions": {"length": 48, "width": 40, "height": 50, "unitOfMeasurement": "IN"},
            "weight": {"value": 400, "unit": "LB"},
            "stackability": "STACKABLE",
        }
    ],
}
BOXES = 2


def without_waiting(sandbox: SandboxServer) -> None:
    """Operations end when they are first read, and calls are not throttled."""
    sandbox.control("POST", "/inbound", json={"operation_seconds": 0})
    for operation in data.USAGE_PLANS:
        sandbox.quotas(operation=operation, rate=1e6, burst=1e6)


def plan(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """A createInboundPlan body."""
    return {"destinationMarketplaces": [US], "items": items, "name": name, "sourceAddress": ADDRESSES["NA"]}


def grouping(items: list[dict[str, Any]], **place: str) -> dict[str, Any]:
    """The boxes of a packing group or a shipment: BOXES of them, equally filled."""
    contents = [{**item, "quantity": item["quantity"] // BOXES} for item in items]
    return {**place, "boxes": [{**BOX, "quantity": BOXES, "items": contents}]}


def transportation(placement_id: str, shipment_ids: list[str], *, is_freight: bool) -> dict[str, Any]:
    """A generateTransportationOptions body."""
    extra = FREIGHT if is_freight else {}
    ready = {"readyToShipWindow": {"start": "2026-11-24T15:00Z"}}
    return {
        "placementOptionId": placement_id,
        "shipmentTransportationConfigurations": [
            {"shipmentId": each, **ready, **extra} for each in shipment_ids
        ],
    }


def accepted_owners(detail: dict[str, Any]) -> dict[str, str]:
    """Owners that the constraints of a prep detail allow in the US."""
    owners = {}
    for name in ("prepOwner", "labelOwner"):
        owners[name] = str(detail.get(f"{name}Constraint", "SELLER_ONLY")).removesuffix("_ONLY")
    return owners
