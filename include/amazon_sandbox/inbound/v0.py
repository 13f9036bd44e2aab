"""Answers of version v0 in the model's shapes."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.simulation.addresses import SELLERS_WAREHOUSE
from amazon_sandbox.simulation.inbound import Plan, Shipment
from amazon_sandbox.simulation.streams import uniforms

_FEE_PER_UNIT = 0.15
# The only currencies that the model allows for the fee.
_FEE_CURRENCIES = ("USD", "GBP")
_WITHOUT_CONTENTS_SHARE = 0.1


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
