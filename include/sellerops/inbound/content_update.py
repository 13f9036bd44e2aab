"""Changes quantities after the carriers are confirmed: a preview with its costs, then its confirmation.

Source: the models of generateShipmentContentUpdatePreviews and confirmShipmentContentUpdatePreview.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sellerops.base.errors import FormError, GiveUpError
from sellerops.inbound.answers import has_expired, parse_transportation, units_of
from sellerops.inbound.models import Item, Money
from sellerops.inbound.outcomes import StepOutcome, done
from sellerops.inbound.request_bodies import item_input
from sellerops.inbound.services import Services
from sellerops.inbound.steps.offering import offered
from sellerops.inbound.steps.shipments import read_with_units
from sellerops.inbound.steps.step import Step
from sellerops.sources.common.answers import text_field, time_field

_STEP = "content_update"
_PREVIEWS = "listShipmentContentUpdatePreviews"


@dataclass(frozen=True)
class ContentUpdate:
    """What Amazon would change. ``units``: SKU -> units before and after; ``cost``: of the new transport."""

    preview_id: str
    shipment_id: str
    expires_at: datetime
    units: Mapping[str, tuple[int, int]]
    cost: Money | None
    carrier: str | None


async def offer_content_update(
    services: Services, inbound_run_id: int, shipment_id: str, quantities: Mapping[str, int]
) -> ContentUpdate:
    """Have Amazon preview a shipment with other quantities; this changes nothing yet.

    ``quantities``: SKU -> new units in the shipment; other SKUs stay as they are. Units are taken out of, or
    put into, the last boxes with the SKU. Raises FormError for an unknown SKU, a negative quantity, an empty
    shipment or units that cannot be divided among identical boxes, and GiveUpError if the carriers are not
    confirmed.
    """
    step = await _step(services, inbound_run_id)
    path = step.path("shipments", shipment_id, "contentUpdatePreviews")
    shipment = await read_with_units(step, shipment_id)
    boxes = await services.reads.list_all(
        "listShipmentBoxes", step.path("shipments", shipment_id, "boxes"), "boxes"
    )
    _check(step, shipment.units, quantities)
    after = {**shipment.units, **quantities}
    items = {item.sku: item for item in reversed(step.request.items)}
    wanted = {sku: units for sku, units in after.items() if units}
    body = {
        "boxes": [_box_update(box, items) for box in change_boxes(boxes, quantities)],
        "items": [item_input(items[sku], units) for sku, units in sorted(wanted.items())],
    }
    digest = ",".join(f"{sku}={units}" for sku, units in sorted(wanted.items()))

    async def generate(again: bool) -> None:
        await step.operation(
            "generateShipmentContentUpdatePreviews",
            "POST",
            path,
            found_by="Nothing to look for: another preview changes nothing.",
            body=body,
            subject=f"{shipment_id}/{digest}",
            again=again,
        )

    async def list_once() -> ContentUpdate | None:
        moment = await services.now()
        previews = [
            _preview(each, shipment_id, shipment.units)
            for each in await services.reads.list_all(_PREVIEWS, path, "contentUpdatePreviews")
            if units_of((each.get("requestedUpdates") or {}).get("items") or ()) == wanted
        ]
        usable = [each for each in previews if not has_expired(each.expires_at, moment)]
        return max(usable, key=lambda each: each.expires_at, default=None)

    return await offered(step, "content update previews", generate, list_once)


async def confirm_content_update(
    services: Services, inbound_run_id: int, shipment_id: str, preview_id: str
) -> StepOutcome:
    """Confirm an approved preview before it expires, and record the shipment's new units.

    Raises GiveUpError without an approval in the ledger, and RequestRefused if the preview has expired: it
    must then be offered and approved again.
    """
    step = await _step(services, inbound_run_id)
    await _require_approval(step, preview_id)
    path = step.path("shipments", shipment_id, "contentUpdatePreviews", preview_id)
    newest = await step.blocking(
        services.store.newest_step, step.run.id, "confirm_content_update", preview_id
    )
    if newest is None or not newest.is_done:
        preview = await services.reads.get("getShipmentContentUpdatePreview", path)
        wanted = units_of((preview.get("requestedUpdates") or {}).get("items") or ())

        async def look() -> Mapping[str, Any] | None:
            found = await read_with_units(step, shipment_id)
            return {} if found.units == wanted else None

        await step.operation(
            "confirmShipmentContentUpdatePreview",
            "POST",
            f"{path}/confirmation",
            found_by="listShipmentItems has the new quantities.",
            look=look,
            subject=preview_id,
            step="confirm_content_update",
        )
    shipment = await read_with_units(step, shipment_id)
    await step.blocking(services.store.save_shipment, step.run.id, shipment)
    return done(f"Shipment {shipment.confirmation_id or shipment_id} now has {shipment.total_units} units.")


def change_boxes(
    boxes: Sequence[Mapping[str, Any]], quantities: Mapping[str, int]
) -> list[Mapping[str, Any]]:
    """The boxes with the new quantities: units are taken out of, or put into, the last boxes with the SKU.

    Boxes that become empty are left out. ``quantity`` of identical boxes counts for each of them. Raises
    FormError for units that cannot be divided among them.
    """
    changed = [{**box, "items": [dict(item) for item in box.get("items") or ()]} for box in boxes]
    for sku, wanted in quantities.items():
        inside = [(box, item) for box in changed for item in box["items"] if item.get("msku") == sku]
        difference = wanted - sum(int(item["quantity"]) * _count(box) for box, item in inside)
        for box, item in reversed(inside):
            if difference % _count(box):
                continue
            step = max(difference // _count(box), -int(item["quantity"]))
            item["quantity"] = int(item["quantity"]) + step
            difference -= step * _count(box)
            if not difference:
                break
        if difference:
            raise FormError(
                f"{wanted} units of {sku} cannot be divided among its identical boxes.",
                where="Trigger form, Quantities",
                remedy="Choose a quantity that changes all identical boxes by the same number.",
            )
    for box in changed:
        box["items"] = [item for item in box["items"] if int(item["quantity"])]
    return [box for box in changed if box["items"]]


def _count(box: Mapping[str, Any]) -> int:
    return int(box.get("quantity") or 1)


def _box_update(box: Mapping[str, Any], items: Mapping[str, Item]) -> dict[str, Any]:
    """Amazon's BoxUpdateInput of a box that exists."""
    return {
        "packageId": text_field(box, "packageId", "listShipmentBoxes"),
        "contentInformationSource": box.get("contentInformationSource") or "BOX_CONTENT_PROVIDED",
        "dimensions": box.get("dimensions"),
        "weight": box.get("weight"),
        "quantity": _count(box),
        "items": [item_input(items[item["msku"]], int(item["quantity"])) for item in box["items"]],
    }


def _preview(preview: Mapping[str, Any], shipment_id: str, before: Mapping[str, int]) -> ContentUpdate:
    after = units_of((preview.get("requestedUpdates") or {}).get("items") or ())
    expires_at = time_field(preview, "expiration", _PREVIEWS)
    option = preview.get("transportationOption")
    transport = parse_transportation(option, "") if option else None
    cost = None
    if transport and transport.cost is not None and transport.currency:
        cost = Money(transport.cost, transport.currency)
    if expires_at is None:
        raise GiveUpError("Amazon's preview has no expiration.", where=_PREVIEWS)
    return ContentUpdate(
        preview_id=text_field(preview, "contentUpdatePreviewId", _PREVIEWS),
        shipment_id=shipment_id,
        expires_at=expires_at,
        units={sku: (before.get(sku, 0), after.get(sku, 0)) for sku in sorted({*before, *after})},
        cost=cost,
        carrier=transport.carrier if transport else None,
    )


def _check(step: Step, units: Mapping[str, int], quantities: Mapping[str, int]) -> None:
    unknown = sorted(set(quantities) - set(units))
    where = f"content update of inbound run {step.run.id}"
    if unknown:
        raise FormError(
            f"the shipment does not contain {', '.join(unknown)}.",
            where=where,
            remedy=f"Use one of {', '.join(sorted(units))}; ship other SKUs with a new run.",
        )
    if any(wanted < 0 for wanted in quantities.values()) or not any({**units, **quantities}.values()):
        raise FormError(
            "a shipment cannot be empty, and no quantity can be negative.",
            where=where,
            remedy="To send nothing, cancel the plan with the DAG fba_inbound_cancel.",
        )


def question_about(preview_id: str) -> str:
    """The ``asked_about`` of decisions about a preview."""
    return f"{_STEP} {preview_id}"


async def _require_approval(step: Step, preview_id: str) -> None:
    """Raise GiveUpError unless the newest decision about the preview is an approval.

    What the task was passed does not matter.
    """
    decisions = await step.blocking(step.store.decisions, step.run.id)
    about = [each for each in decisions if each.asked_about == question_about(preview_id)]
    if not (about and about[-1].choice.is_approval):
        raise GiveUpError(
            "nobody has approved these quantities.",
            where=f"inbound run {step.run.id}, preview {preview_id}",
            remedy="Trigger fba_inbound_content_update again, and answer its required action.",
        )


async def _step(services: Services, inbound_run_id: int) -> Step:
    run = await services.blocking(services.store.run, inbound_run_id)
    if not run.state.is_confirmed:
        raise GiveUpError(
            "the carriers are not confirmed yet.",
            where=f"inbound run {inbound_run_id}",
            remedy="Only confirmed shipments can be changed: cancel this run and start a new one with the "
            "right quantities.",
        )
    return Step(_STEP, run, services)


__all__ = [
    "ContentUpdate",
    "change_boxes",
    "confirm_content_update",
    "offer_content_update",
    "question_about",
]
