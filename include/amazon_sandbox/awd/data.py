"""AWD 2024-05-09: usage plans, and answers from the simulation's bulk stock. AWD has no marketplaces: a
seller has one store per region.
"""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.addresses import BULK_WAREHOUSE, SELLERS_WAREHOUSE, Address
from amazon_sandbox.simulation.awd import Line, Shipment, Status, Stock
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.storefront import Storefront

# Usage plans as the descriptions in awd_2024-05-09.json give them.
USAGE_PLANS = {
    "listInventory": UsagePlan(2.0, 2),
    "listInboundShipments": UsagePlan(1.0, 1),
    "getInboundShipment": UsagePlan(2.0, 2),
}
INVENTORY_PATH = "/awd/2024-05-09/inventory"
SHIPMENTS_PATH = "/awd/2024-05-09/inboundShipments"
MOST_RESULTS, USUAL_RESULTS = 200, 25
# No simulated shipment is ever CANCELLED.
STATUSES = (*(status.value for status in Status), "CANCELLED")
_UNITS, _CASES = "PRODUCT_UNITS", "CASES"


def inventory_summary(stock: Stock, *, details: bool) -> dict[str, Any]:
    """One SKU of listInventory."""
    summary: dict[str, Any] = {
        "sku": stock.sku.listing.sku,
        "totalInboundQuantity": stock.inbound,
        "totalOnhandQuantity": stock.on_hand,
    }
    if details:
        summary["inventoryDetails"] = {
            "availableDistributableQuantity": stock.available,
            "replenishmentQuantity": stock.replenishing,
            "reservedDistributableQuantity": stock.reserved,
        }
        if stock.expires is not None:
            summary["expirationDetails"] = [
                {"expiration": written(stock.expires), "onhandQuantity": stock.on_hand}
            ]
    return summary


def shipment_summary(shipment: Shipment, now: int) -> dict[str, Any]:
    """One shipment of listInboundShipments."""
    return {
        "createdAt": written(shipment.changes[0]),
        "externalReferenceId": shipment.reference,
        "orderId": shipment.order_id,
        "shipmentId": shipment.shipment_id,
        "shipmentStatus": shipment.status(now),
        "updatedAt": written(shipment.updated_at(now)),
    }


def shipment_details(
    storefront: Storefront, shipment: Shipment, now: int, *, with_skus: bool
) -> dict[str, Any]:
    """The answer of getInboundShipment."""
    region = storefront.marketplace.region
    details: dict[str, Any] = {
        **shipment_summary(shipment, now),
        "destinationAddress": _address(BULK_WAREHOUSE[region]),
        "originAddress": _address(SELLERS_WAREHOUSE[region]),
        "destinationRegion": "us-west",
        "shipBy": written(shipment.changes[1]),
        "shipmentContainerQuantities": [_cases(storefront, line) for line in shipment.lines],
        "warehouseReferenceId": f"APPT-{shipment.shipment_id[-6:]}",
    }
    if now >= shipment.changes[1]:
        details["carrierCode"] = {"carrierCodeType": "SCAC", "carrierCodeValue": "ODFL"}
        details["trackingId"] = f"PRO{shipment.order_id[-9:]}"
    if now >= shipment.received_at:
        units = sum(line.received * line.sku.case_size for line in shipment.lines)
        cases = sum(line.received for line in shipment.lines)
        details["receivedQuantity"] = [_quantity(units, _UNITS), _quantity(cases, _CASES)]
    if with_skus:
        details["shipmentSkuQuantities"] = [_sku(line, shipment, now) for line in shipment.lines]
    return details


def _sku(line: Line, shipment: Shipment, now: int) -> dict[str, Any]:
    size = line.sku.case_size
    entry: dict[str, Any] = {
        "sku": line.sku.listing.sku,
        "expectedQuantity": _quantity(line.expected * size, _UNITS),
    }
    if now >= shipment.received_at:
        entry["receivedQuantity"] = _quantity(line.received * size, _UNITS)
    return entry


def _cases(storefront: Storefront, line: Line) -> dict[str, Any]:
    is_american = storefront.marketplace.region == "NA"
    litres = line.sku.listing.litres * line.sku.case_size * 1.15
    side = round((1000 * litres) ** (1 / 3) / (2.54 if is_american else 1), 2)
    weight = round(litres * 0.35 * (2.2046 if is_american else 1), 2)
    return {
        "count": line.expected,
        "distributionPackage": {
            "contents": {"products": [{"quantity": line.sku.case_size, "sku": line.sku.listing.sku}]},
            "measurements": {
                "dimensions": {
                    "height": side,
                    "length": side,
                    "unitOfMeasurement": "INCHES" if is_american else "CENTIMETERS",
                    "width": side,
                },
                "weight": {
                    "unitOfMeasurement": "POUNDS" if is_american else "KILOGRAMS",
                    "weight": weight,
                },
            },
            "type": "CASE",
        },
    }


def _address(address: Address) -> dict[str, str]:
    return {
        "addressLine1": address.line,
        "city": address.city,
        "countryCode": address.country,
        "name": address.name,
        "phoneNumber": address.phone,
        "postalCode": address.postal_code,
        "stateOrRegion": address.state,
    }


def _quantity(quantity: int, unit: str) -> dict[str, Any]:
    return {"quantity": quantity, "unitOfMeasurement": unit}


def written(moment: int) -> str:
    """UTC epoch seconds as the API writes them."""
    return iso_utc(moment).replace("+00:00", "Z")
