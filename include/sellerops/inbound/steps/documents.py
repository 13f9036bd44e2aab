"""Archives labels and bills of lading at once, because Amazon's links soon expire."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sellerops.base.errors import RequestRefused, RetryableError
from sellerops.inbound.amazon_lists import BASE, BASE_V0, with_query
from sellerops.inbound.amount_text import count
from sellerops.inbound.models import Owner
from sellerops.inbound.offers import PARTNERED
from sellerops.inbound.outcomes import StepOutcome, done, not_needed
from sellerops.inbound.setting_models import ThermalLabel
from sellerops.inbound.steps.archiving import archive_file
from sellerops.inbound.steps.step import Step
from sellerops.inbound.steps.transport_request import share_pallets
from sellerops.inbound.store import ShipmentRow
from sellerops.inbound.units import weight_in
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.sources.common.answers import text_field

# The most labels that getLabels returns at once, and the most SKUs of createMarketplaceItemLabels.
_LABELS_PER_FILE = 1000
_SKUS_PER_FILE = 100
# Seconds between tries for a bill of lading: the carrier writes it some time after the confirmation.
_BILL_PAUSES = (0.0, 60.0, 300.0, 600.0, 1200.0)


async def fetch_labels(step: Step) -> StepOutcome:
    """Archive the labels of boxes and pallets, and of items that the seller labels."""
    shipments = await step.blocking(step.store.shipments, step.run.id, chosen=True)
    partnered = await partnered_shipments(step, shipments)
    labels = step.services.settings.labels_of(marketplace_by_id(step.run.marketplace_id).code)
    pallets = share_pallets(step.request.pallets, [each.total_units for each in shipments])
    files = 0
    for shipment, of_shipment in zip(shipments, pallets, strict=True):
        boxes = await _read_boxes(step, shipment)
        is_partnered = shipment.shipment_id in partnered
        page = labels.boxes(step.request.shipping, is_partnered=is_partnered)
        for part, start in enumerate(range(0, max(boxes, 1), _LABELS_PER_FILE), 1):
            query = {
                "PageType": page,
                "LabelType": "UNIQUE",
                "NumberOfPackages": boxes,
                # Required for LTL with the seller's own carrier, allowed for all.
                "PageSize": _LABELS_PER_FILE,
                "PageStartIndex": start,
            }
            await _fetch_from_v0(step, "getLabels", "labels", "box_labels", shipment, query, part)
            files += 1
        if step.request.shipping.is_freight and of_shipment:
            count_of = sum(pallet.count for pallet in of_shipment)
            query = {
                "PageType": page,
                "LabelType": "PALLET",
                "NumberOfPallets": count_of,
                "PageSize": _LABELS_PER_FILE,
                "PageStartIndex": 0,
            }
            await _fetch_from_v0(step, "getLabels", "labels", "pallet_labels", shipment, query)
            files += 1
    files += await _fetch_item_labels(step)
    return done(f"Archived {count(files, 'label file')} of {count(len(shipments), 'shipment')}.")


async def fetch_bill_of_lading(step: Step) -> StepOutcome:
    """Archive the bill of lading of every shipment that Amazon's freight carrier takes."""
    shipments = await step.blocking(step.store.shipments, step.run.id, chosen=True)
    partnered = await partnered_shipments(step, shipments)
    if not (step.request.shipping.is_freight and partnered):
        return not_needed("Not needed: only Amazon's own freight carriers issue a bill of lading.")
    for shipment in shipments:
        if shipment.shipment_id in partnered:
            await _fetch_bill(step, shipment)
    return done(f"Archived {count(len(partnered), 'bill')} of lading.")


async def partnered_shipments(step: Step, shipments: Sequence[ShipmentRow]) -> set[str]:
    """Ids of the shipments that Amazon's partnered carrier takes."""
    options = await step.blocking(step.store.transportation, step.run.id)
    partnered = {each.transportation_option_id for each in options if each.solution == PARTNERED}
    return {each.shipment_id for each in shipments if each.transportation_option_id in partnered}


async def _read_boxes(step: Step, shipment: ShipmentRow) -> int:
    """Record how many boxes a shipment has and what they weigh; returns their number."""
    boxes = await step.services.reads.list_all(
        "listShipmentBoxes", step.path("shipments", shipment.shipment_id, "boxes"), "boxes"
    )
    number, total, unit = 0, Decimal(0), ""
    for box in boxes:
        quantity, weight = int(box.get("quantity") or 1), box.get("weight") or {}
        number += quantity
        if weight.get("value") is not None:
            unit = unit or str(weight["unit"])
            total += weight_in(Decimal(str(weight["value"])), str(weight["unit"]), unit) * quantity
    await step.blocking(
        step.store.record_boxes,
        step.run.id,
        shipment.shipment_id,
        number,
        total if unit else None,
        unit or None,
    )
    return number


async def _fetch_bill(step: Step, shipment: ShipmentRow) -> None:
    refused: RequestRefused | None = None
    for pause in _BILL_PAUSES:
        await step.services.pause(pause)
        try:
            await _fetch_from_v0(step, "getBillOfLading", "billOfLading", "bill_of_lading", shipment, {})
        except RequestRefused as error:
            refused = error
        else:
            return
    raise RetryableError(
        f"Amazon has no bill of lading for {shipment.confirmation_id} yet: {refused and refused.cause}",
        where=f"inbound run {step.run.id}",
        remedy="Nothing: Airflow tries again later. If that persists, see the shipment in Seller Central.",
    )


async def _fetch_from_v0(
    step: Step,
    operation: str,
    resource: str,
    kind: str,
    shipment: ShipmentRow,
    query: dict[str, Any],
    part: int = 1,
) -> None:
    """Archive the file of getLabels or getBillOfLading, which know a shipment by its confirmation id."""
    confirmation_id = text_field({"id": shipment.confirmation_id}, "id", f"shipment {shipment.shipment_id}")
    path = with_query(f"{BASE_V0}/shipments/{confirmation_id}/{resource}", query)

    async def address() -> str:
        answer = await step.services.reads.get(operation, path)
        return text_field(answer.get("payload") or {}, "DownloadURL", operation)

    await archive_file(step, kind, address, shipment_id=shipment.shipment_id, part=part)


async def _fetch_item_labels(step: Step) -> int:
    """Labels for the units that the seller labels; returns the number of files."""
    units: dict[str, int] = {}
    for item in step.request.items:
        if item.label_owner is Owner.SELLER:
            units[item.sku] = units.get(item.sku, 0) + item.quantity
    skus = sorted(units)
    files = 0
    for start in range(0, len(skus), _SKUS_PER_FILE):
        body = _item_label_body(step, {sku: units[sku] for sku in skus[start : start + _SKUS_PER_FILE]})
        files += 1

        async def address(body: dict[str, Any] = body) -> str:
            # Not for the write path: it changes nothing, and its answer is a link that expires.
            answer = await step.services.reads.post(
                "createMarketplaceItemLabels", f"{BASE}/items/labels", body
            )
            downloads = answer.get("documentDownloads") or [{}]
            return text_field(downloads[0], "uri", "createMarketplaceItemLabels")

        await archive_file(step, "item_labels", address, part=files)
    return files


def _item_label_body(step: Step, units: dict[str, int]) -> dict[str, Any]:
    marketplace = marketplace_by_id(step.run.marketplace_id)
    page = step.services.settings.labels_of(marketplace.code).items
    body: dict[str, Any] = {
        "marketplaceId": marketplace.id,
        "mskuQuantities": [
            {"msku": sku, "quantity": min(quantity, _MOST_LABELS)} for sku, quantity in units.items()
        ],
        "localeCode": marketplace.locale.replace("-", "_"),
    }
    if isinstance(page, ThermalLabel):
        return body | {
            "labelType": "THERMAL_PRINTING",
            "width": float(page.width),
            "height": float(page.height),
        }
    return body | {"labelType": "STANDARD_FORMAT", "pageType": page}


# Amazon prints at most this many labels of one SKU at once.
_MOST_LABELS = 10_000
