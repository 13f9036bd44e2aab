"""Answers of version v0 in the model's shapes."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.inbound.records import PlanRecord, ShipmentRecord
from amazon_sandbox.simulation.addresses import SELLERS_WAREHOUSE
from amazon_sandbox.simulation.created_shipments import CreatedItem
from amazon_sandbox.simulation.inbound import Plan, Shipment
from amazon_sandbox.simulation.streams import uniforms

_FEE_PER_UNIT = 0.15
# The only currencies that the model allows for the fee.
_FEE_CURRENCIES = ("USD", "GBP")
_WITHOUT_CONTENTS_SHARE = 0.1
_SOURCES = {"BOX_CONTENT_PROVIDED": "INTERACTIVE", "BARCODE_2D": "2D_BARCODE", "MANUAL_PROCESS": "NONE"}
# What v0 calls the prep types of version 2024-03-20.
PREP_INSTRUCTIONS = {
    "ITEM_BLACK_SHRINKWRAP": "BlackShrinkWrapping",
    "ITEM_BLANKSTK": "BlankStickering",
    "ITEM_BOXING": "Boxing",
    "ITEM_BUBBLEWRAP": "BubbleWrapping",
    "ITEM_CAP_SEALING": "CapSealing",
    "ITEM_DEBUNDLE": "Debundle",
    "ITEM_HANG_GARMENT": "HangGarment",
    "ITEM_LABELING": "Labeling",
    "ITEM_NO_PREP": "NoPrep",
    "ITEM_POLYBAGGING": "Polybagging",
    "ITEM_RMOVHANG": "RemoveFromHanger",
    "ITEM_SETCREAT": "SetCreation",
    "ITEM_SETSTK": "SetStickering",
    "ITEM_SIOC": "ShipsInProductPackaging",
    "ITEM_SUFFOSTK": "SuffocationStickering",
    "ITEM_TAPING": "Taping",
}


def shipment_info(plan: Plan, shipment: Shipment, now: int) -> dict[str, Any]:
    """One shipment of getShipments; it contains no times."""
    marketplace = plan.storefront.marketplace
    address = SELLERS_WAREHOUSE[marketplace.region]
    shown: dict[str, Any] = {
        "ShipmentId": shipment.confirmation_id,
        "ShipmentName": f"{plan.name} {shipment.centre}",
        "ShipFromAddress": {
            "Name": address.name,
            "AddressLine1": address.line,
            "City": address.city,
            "StateOrProvinceCode": address.state,
            "CountryCode": address.country,
            "PostalCode": address.postal_code,
        },
        "DestinationFulfillmentCenterId": shipment.centre,
        "ShipmentStatus": shipment.status(now),
        "LabelPrepType": "SELLER_LABEL",
        "AreCasesRequired": False,
        "BoxContentsSource": "INTERACTIVE",
    }
    is_without = uniforms(shipment.shipment_id, "box contents")[0] < _WITHOUT_CONTENTS_SHARE
    if is_without and marketplace.currency in _FEE_CURRENCIES:
        shown["BoxContentsSource"] = "NONE"
        shown["EstimatedBoxContentsFee"] = {
            "TotalUnits": shipment.shipped,
            "FeePerUnit": {"CurrencyCode": marketplace.currency, "Value": _FEE_PER_UNIT},
            "TotalFee": {
                "CurrencyCode": marketplace.currency,
                "Value": round(_FEE_PER_UNIT * shipment.shipped, 2),
            },
        }
    return shown


def item(shipment: Shipment, now: int) -> dict[str, Any]:
    """One item of getShipmentItems."""
    return {
        "ShipmentId": shipment.confirmation_id,
        "SellerSKU": shipment.listing.sku,
        "FulfillmentNetworkSKU": shipment.listing.fnsku,
        "QuantityShipped": shipment.shipped,
        "QuantityReceived": shipment.arrived(now),
        "QuantityInCase": 0,
        "PrepDetailsList": [{"PrepInstruction": "NoPrep", "PrepOwner": "SELLER"}],
    }


def created_info(plan: PlanRecord, shipment: ShipmentRecord, now: int) -> dict[str, Any]:
    """One created shipment of getShipments."""
    address = shipment.source_address
    owners = {line.label_owner for line in shipment.items}
    names = {"SELLER": "SELLER_LABEL", "AMAZON": "AMAZON_LABEL", "NONE": "NO_LABEL"}
    optional = {
        "AddressLine2": address.get("addressLine2"),
        "DistrictOrCounty": address.get("districtOrCounty"),
    }
    return {
        "ShipmentId": shipment.confirmation_id,
        "ShipmentName": shipment.name,
        "ShipFromAddress": {
            "Name": address["name"],
            "AddressLine1": address["addressLine1"],
            "City": address["city"],
            "StateOrProvinceCode": address.get("stateOrProvinceCode", ""),
            "CountryCode": address["countryCode"],
            "PostalCode": address["postalCode"],
        }
        | {name: value for name, value in optional.items() if value is not None},
        "DestinationFulfillmentCenterId": shipment.centre,
        "ShipmentStatus": shipment.status(now),
        "LabelPrepType": names[next(iter(owners))] if len(owners) == 1 else "SELLER_LABEL",
        "AreCasesRequired": False,
        "BoxContentsSource": _SOURCES[(shipment.boxes or [])[0].source] if shipment.boxes else "NONE",
    }


def created_item(shipment: ShipmentRecord, item: CreatedItem, received: int) -> dict[str, Any]:
    """One item of a created shipment of getShipmentItems; prep that nobody does has no owner in v0."""
    line = next(each for each in shipment.items if each.msku == item.sku)
    owner = line.prep_owner if line.prep_owner != "NONE" else "SELLER"
    return {
        "ShipmentId": shipment.confirmation_id,
        "SellerSKU": item.sku,
        "FulfillmentNetworkSKU": line.listing.fnsku,
        "QuantityShipped": item.shipped,
        "QuantityReceived": received,
        "QuantityInCase": 0,
        "PrepDetailsList": [
            {"PrepInstruction": PREP_INSTRUCTIONS[kind], "PrepOwner": owner} for kind in line.prep_types
        ],
    }
