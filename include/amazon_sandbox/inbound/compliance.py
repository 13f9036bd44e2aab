"""India's rules: tax details of items, and the delivery challan of partnered shipments."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.inbound import item_labels, views
from amazon_sandbox.inbound.bodies import COMPLIANCE
from amazon_sandbox.inbound.calls import (
    body_of,
    listing_of,
    own_marketplace,
    placed_shipment_of,
    plan_of,
    start,
    store_of,
)
from amazon_sandbox.inbound.pdf import Page
from amazon_sandbox.inbound.prep import read_mskus
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.sp_api import queries
from amazon_sandbox.sp_api.operations import Answer, Operation

COUNTRIES = ("IN",)


async def list_item_compliance_details(call: Operation) -> Answer:
    """listItemComplianceDetails: identifiers, and the tax details that were set."""
    query = call.request.query_params
    storefront = own_marketplace(call, queries.needed(query, "marketplaceId"))
    taxes = store_of(call).taxes
    details = []
    for msku in read_mskus(query):
        listing = listing_of(storefront, msku)
        detail: dict[str, Any] = {"msku": msku, "asin": listing.asin}
        if listing.fnsku:
            detail["fnsku"] = listing.fnsku
        known = taxes.get((storefront.account, storefront.marketplace.marketplace_id, msku))
        details.append(detail if known is None else detail | {"taxDetails": known})
    return 200, {"complianceDetails": details}


async def update_item_compliance_details(call: Operation) -> Answer:
    """updateItemComplianceDetails: in India only."""
    marketplace_id = queries.needed(call.request.query_params, "marketplaceId")
    storefront = own_marketplace(call, marketplace_id)
    body = body_of(call, COMPLIANCE)
    if storefront.marketplace.country not in COUNTRIES:
        raise bad_request(
            "ERROR: Compliance details can only be updated in the IN marketplace.", marketplace_id
        )
    key = (storefront.account, marketplace_id, listing_of(storefront, body["msku"]).sku)
    taxes = store_of(call).taxes

    def effect(at: float) -> None:
        taxes[key] = body["taxDetails"]

    return start(call, effect)


async def get_delivery_challan_document(call: Operation) -> Answer:
    """getDeliveryChallanDocument: of partnered shipments in India."""
    plan = await plan_of(call)
    shipment = placed_shipment_of(call, plan)
    carrier = shipment.transportation
    if plan.storefront.marketplace.country not in COUNTRIES or carrier is None or not carrier.is_partnered:
        raise bad_request(
            "ERROR: A delivery challan exists for Amazon-partnered shipments in the IN marketplace only.",
            shipment.shipment_id,
        )
    page = Page(("DELIVERY CHALLAN", f"Shipment {shipment.confirmation_id}", carrier.carrier))
    url, expires_at = await item_labels.store_pdf(call, f"{shipment.confirmation_id}-challan", [page])
    download = {"downloadType": "URL", "uri": url, "expiration": views.time(expires_at)}
    return 200, {"documentDownload": download}
