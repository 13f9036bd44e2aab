"""Content updates: other boxes or quantities after the carrier was confirmed, and what that costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from amazon_sandbox.inbound import boxes, carriers, lifecycle, views
from amazon_sandbox.inbound.bodies import CONTENT_SOURCES, CONTENT_UPDATE
from amazon_sandbox.inbound.calls import (
    body_of,
    now_of,
    open_plan,
    paged,
    placed_shipment_of,
    plan_of,
    shipment_of,
    start,
    store_of,
)
from amazon_sandbox.inbound.contents import ItemLine
from amazon_sandbox.inbound.packing import has_bulky
from amazon_sandbox.inbound.records import ContentUpdatePreview, PlanRecord, ShipmentRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.state import checked_id, not_found
from amazon_sandbox.sp_api.operations import Answer, Operation

VALID_SECONDS = 24 * 3600
_OPEN = ("WORKING", "READY_TO_SHIP")


async def generate_shipment_content_update_previews(call: Operation) -> Answer:
    """generateShipmentContentUpdatePreviews: after the carrier is confirmed, before the shipment leaves."""
    plan = await open_plan(call)
    shipment = _changeable(call, plan)
    body = body_of(call, CONTENT_UPDATE)
    items = _items(plan, shipment, body["items"])
    known = {box.package_id: box for box in shipment.boxes or ()}
    for box in body["boxes"]:
        if box.get("packageId") is not None and box["packageId"] not in known:
            raise bad_request(
                f"ERROR: Package {box['packageId']} does not belong to shipment {shipment.shipment_id}."
            )
    ids = store_of(call).ids
    read = boxes.read_boxes(
        body["boxes"],
        items,
        f"Shipment {shipment.shipment_id}",
        ids,
        methods=CONTENT_SOURCES,
        is_bulky=has_bulky(items),
    )
    made = boxes.single(read, ids)
    lifetime = call.sandbox.clock.lifetime

    def effect(at: float) -> None:
        changed = replace(shipment, items=items, boxes=made)
        shipment.previews.append(
            ContentUpdatePreview(
                ids.make("cu"),
                at + lifetime(VALID_SECONDS),
                {"boxes": body["boxes"], "items": body["items"]},
                carriers.quoted_again(plan, changed, at, lifetime),
                items,
                made,
            )
        )

    return start(call, effect, plan=plan, topic=f"content {shipment.shipment_id}")


async def list_shipment_content_update_previews(call: Operation) -> Answer:
    """listShipmentContentUpdatePreviews."""
    plan = await plan_of(call)
    shipment = shipment_of(call, plan)
    return paged(call, "contentUpdatePreviews", shipment.previews, lambda each: _shown(plan, each), most=20)


async def get_shipment_content_update_preview(call: Operation) -> Answer:
    """getShipmentContentUpdatePreview."""
    plan = await plan_of(call)
    return 200, _shown(plan, _preview(call, shipment_of(call, plan)))


async def confirm_shipment_content_update_preview(call: Operation) -> Answer:
    """confirmShipmentContentUpdatePreview: contents and price change."""
    plan = await open_plan(call)
    shipment = _changeable(call, plan)
    preview = _preview(call, shipment)
    if preview.expires_at <= now_of(call):
        raise bad_request(f"ERROR: Content update preview {preview.preview_id} has expired.")

    def effect(at: float) -> None:
        labelled = {box.package_id: box.box_id for box in shipment.boxes or ()}
        shipment.items, shipment.boxes = preview.items, preview.boxes
        for box in shipment.boxes:
            box.box_id = labelled.get(box.package_id)
        carrier = shipment.transportation
        if carrier is not None:
            carrier.cost = preview.transportation.cost
        shipment.previews = []
        lifecycle.number_boxes(shipment)
        lifecycle.receive(shipment)

    return start(call, effect, plan=plan, topic=f"content {shipment.shipment_id}")


def _changeable(call: Operation, plan: PlanRecord) -> ShipmentRecord:
    shipment = placed_shipment_of(call, plan)
    status = shipment.status(now_of(call))
    if shipment.transportation is None:
        raise bad_request("ERROR: Transportation options must be confirmed before contents are updated.")
    if status not in _OPEN:
        raise bad_request(f"ERROR: The contents of a {status} shipment cannot be updated.")
    return shipment


def _preview(call: Operation, shipment: ShipmentRecord) -> ContentUpdatePreview:
    wanted = checked_id("contentUpdatePreviewId", call.request.path_params["preview_id"])
    found = next((each for each in shipment.previews if each.preview_id == wanted), None)
    if found is None:
        raise not_found("contentUpdatePreviewId", wanted)
    return found


def _items(plan: PlanRecord, shipment: ShipmentRecord, described: list[dict[str, Any]]) -> list[ItemLine]:
    """The items after the update: of the plan's SKUs, each once. Raises ApiError."""
    lines = {line.msku: line for line in plan.items}
    found: dict[str, ItemLine] = {}
    for item in described:
        line = lines.get(item["msku"])
        if line is None or item["msku"] in found:
            problem = "is repeated" if line else "is not in the inbound plan"
            raise bad_request(f"ERROR: {item['msku']} {problem}.")
        found[line.msku] = line.of(int(item["quantity"]))
    return list(found.values())


def _shown(plan: PlanRecord, preview: ContentUpdatePreview) -> dict[str, Any]:
    return {
        "contentUpdatePreviewId": preview.preview_id,
        "expiration": views.time(preview.expires_at),
        "requestedUpdates": preview.requested,
        "transportationOption": views.transportation(preview.transportation, plan),
    }
