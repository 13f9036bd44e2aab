"""Reads shipments at Amazon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sellerops.inbound.answers import parse_shipment
from sellerops.inbound.steps.step import Step
from sellerops.inbound.store import ShipmentRow


async def read_shipment(step: Step, shipment_id: str) -> Mapping[str, Any]:
    """Amazon's answer to getShipment."""
    return await step.services.reads.get("getShipment", step.path("shipments", shipment_id))


async def read_with_units(step: Step, shipment_id: str) -> ShipmentRow:
    """A shipment with its units per SKU."""
    shipment = await read_shipment(step, shipment_id)
    items = await step.services.reads.list_all(
        "listShipmentItems", step.path("shipments", shipment_id, "items"), "items"
    )
    return parse_shipment(shipment, items)


async def refresh_chosen(step: Step) -> list[ShipmentRow]:
    """Read the shipments of the confirmed placement again and record them."""
    for shipment in await step.blocking(step.store.shipments, step.run.id, chosen=True):
        found = parse_shipment(await read_shipment(step, shipment.shipment_id))
        await step.blocking(step.store.save_shipment, step.run.id, found)
    return await step.blocking(step.store.shipments, step.run.id, chosen=True)
