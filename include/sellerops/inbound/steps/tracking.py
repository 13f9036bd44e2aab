"""Tracking numbers of shipments with the seller's own carrier. Amazon's carriers report their own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sellerops.inbound.amount_text import count
from sellerops.inbound.outcomes import StepOutcome, done, not_needed
from sellerops.inbound.steps.documents import partnered_shipments
from sellerops.inbound.steps.shipments import read_shipment
from sellerops.inbound.steps.step import Step
from sellerops.inbound.store import ShipmentRow


async def send_tracking(step: Step) -> StepOutcome:
    """Send the tracking numbers in the ledger (``inbound_shipment.tracking``) to Amazon."""
    shipments = await step.blocking(step.store.shipments, step.run.id, chosen=True)
    partnered = await partnered_shipments(step, shipments)
    own = [each for each in shipments if each.shipment_id not in partnered]
    if not own:
        return not_needed("Not needed: Amazon's carrier reports its tracking numbers itself.")
    known = [each for each in own if each.tracking]
    if not known:
        return not_needed("Not needed yet: nobody has entered tracking numbers.")
    for shipment in known:
        await _send(step, shipment)
    missing = len(own) - len(known)
    rest = f" {count(missing, 'shipment')} without numbers." if missing else ""
    return done(f"Sent the tracking numbers of {count(len(known), 'shipment')}.{rest}")


async def _send(step: Step, shipment: ShipmentRow) -> None:
    numbers = [_without_status(each) for each in shipment.tracking]

    async def look() -> Mapping[str, Any] | None:
        found = tracking_of(await read_shipment(step, shipment.shipment_id))
        known = [_without_status(each) for each in found]
        return {} if all(each in known for each in numbers) else None

    await step.operation(
        "updateShipmentTrackingDetails",
        "PUT",
        step.path("shipments", shipment.shipment_id, "trackingDetails"),
        found_by="getShipment lists these tracking numbers.",
        look=look,
        body={"trackingDetails": tracking_body(numbers)},
        # Corrected numbers need a call of their own.
        subject=f"{shipment.shipment_id}/{_digest(numbers)}",
    )
    listed = tracking_of(await read_shipment(step, shipment.shipment_id))
    if listed:
        await step.blocking(step.store.save_tracking, step.run.id, shipment.shipment_id, listed)


def tracking_body(numbers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Amazon's TrackingDetailsInput: one freight bill for pallets, a number per box for parcels."""
    freight = next((each for each in numbers if each.get("freightBillNumber")), None)
    if freight is None:
        items = [{"boxId": each["boxId"], "trackingId": each["trackingId"]} for each in numbers]
        return {"spdTrackingDetail": {"spdTrackingItems": items}}
    detail: dict[str, Any] = {"freightBillNumber": [freight["freightBillNumber"]]}
    if freight.get("billOfLadingNumber"):
        detail["billOfLadingNumber"] = freight["billOfLadingNumber"]
    return {"ltlTrackingDetail": detail}


def tracking_of(shipment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A shipment's tracking numbers at Amazon, as ``inbound_shipment.tracking`` keeps them.

    Parcels also have Amazon's ``trackingNumberValidationStatus``, which may take a day.
    """
    details = shipment.get("trackingDetails") or {}
    parcels = (details.get("spdTrackingDetail") or {}).get("spdTrackingItems") or []
    freight = details.get("ltlTrackingDetail") or {}
    bills = [
        {"freightBillNumber": number}
        | ({"billOfLadingNumber": freight["billOfLadingNumber"]} if freight.get("billOfLadingNumber") else {})
        for number in freight.get("freightBillNumber") or []
    ]
    return [dict(each) for each in parcels] + bills


def _without_status(number: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in number.items() if name != "trackingNumberValidationStatus"}


def _digest(numbers: Sequence[Mapping[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:8]
