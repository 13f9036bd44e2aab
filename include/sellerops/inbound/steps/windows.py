"""Delivery windows: when the warehouse expects a shipment. Only where the transport asks for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sellerops.inbound.amount_text import count
from sellerops.inbound.answers import parse_shipment
from sellerops.inbound.models import Leg
from sellerops.inbound.outcomes import StepOutcome, done, needs_approval, not_needed
from sellerops.inbound.steps.approved import approved_decision, find_approved
from sellerops.inbound.steps.offering import choose, offered
from sellerops.inbound.steps.placement import NOBODY_APPROVED
from sellerops.inbound.steps.shipments import read_shipment
from sellerops.inbound.steps.step import Step
from sellerops.sources.common.answers import text_field, time_field

_REPEATABLE = "Nothing to look for: generating windows again replaces those that were offered."
# Days from the ready date until boxes are at the warehouse, at the earliest.
_TRANSIT = {"AIR_SMALL_PARCEL_EXPRESS": 1, "AIR_SMALL_PARCEL": 2, "GROUND_SMALL_PARCEL": 3}
_TRANSIT_FREIGHT = 5
# A window that cannot be confirmed any more in so little time is left out.
_MARGIN = timedelta(minutes=2)
_PREFERRED = ("AVAILABLE", "DISCOUNTED")
_BLOCKED = "BLOCKED"


async def confirm_delivery_windows(step: Step) -> StepOutcome:
    """Choose and confirm a delivery window for every shipment whose transport requires one."""
    decision = await approved_decision(step)
    if decision is None:
        return needs_approval(NOBODY_APPROVED)
    combination = await find_approved(step, decision)
    if combination is None:
        # Other numbers hold now: confirm_transportation asks the person and then confirms the windows.
        return not_needed("Not yet: the approved options are gone and are generated again.")
    confirmed = await ensure_windows(step, combination.legs)
    if not confirmed:
        return not_needed("Not needed: the chosen carrier requires no delivery window.")
    return done(f"Confirmed {count(confirmed, 'delivery window')}.")


async def ensure_windows(step: Step, legs: Sequence[Leg]) -> int:
    """Confirm a window for each leg that needs one and has none; how many there are."""
    needing = [leg for leg in legs if leg.needs_delivery_window]
    for leg in needing:
        if await _selected(step, leg.shipment_id) is None:
            await _confirm_window(step, leg)
        shipment = parse_shipment(await read_shipment(step, leg.shipment_id))
        await step.blocking(step.store.save_shipment, step.run.id, shipment)
    return len(needing)


async def _confirm_window(step: Step, leg: Leg) -> None:
    async def look() -> Mapping[str, Any] | None:
        return await _selected(step, leg.shipment_id)

    async def confirm(again: bool) -> str:
        window = await _best(step, leg, again=again)
        window_id = text_field(window, "deliveryWindowOptionId", "listDeliveryWindowOptions")
        await step.operation(
            "confirmDeliveryWindowOptions",
            "POST",
            step.path("shipments", leg.shipment_id, "deliveryWindowOptions", window_id, "confirmation"),
            found_by="getShipment has a selectedDeliveryWindow.",
            look=look,
            subject=f"{leg.shipment_id}/{window_id}",
            step="confirm_delivery_windows",
        )
        return window_id

    await choose(step, look, confirm)


async def _best(step: Step, leg: Leg, *, again: bool) -> Mapping[str, Any]:
    path = step.path("shipments", leg.shipment_id, "deliveryWindowOptions")

    async def generate(again: bool) -> None:
        await step.operation(
            "generateDeliveryWindowOptions",
            "POST",
            path,
            found_by=_REPEATABLE,
            subject=leg.shipment_id,
            step="offer_delivery_windows",
            again=again,
        )

    async def list_once() -> Mapping[str, Any] | None:
        listed = await step.services.reads.list_all(
            "listDeliveryWindowOptions", path, "deliveryWindowOptions"
        )
        now = await step.services.now()
        return choose_window(listed, earliest=earliest_arrival(step.request.ready_at, leg, now), now=now)

    row = await step.blocking(step.store.newest_step, step.run.id, "offer_delivery_windows", leg.shipment_id)
    # Windows of an earlier try may have expired: they are read again before others are generated.
    return await offered(step, "delivery windows", generate, list_once, again=again and bool(row))


def choose_window(
    windows: Sequence[Mapping[str, Any]], *, earliest: datetime, now: datetime
) -> Mapping[str, Any] | None:
    """The first window after ``earliest`` that is still valid: an AVAILABLE or DISCOUNTED one, else a
    CONGESTED one, never a BLOCKED one. None if there is none.
    """
    usable = []
    for window in windows:
        kind = text_field(window, "availabilityType", "listDeliveryWindowOptions")
        starts = time_field(window, "startDate", "listDeliveryWindowOptions")
        valid_until = time_field(window, "validUntil", "listDeliveryWindowOptions")
        is_valid = valid_until is None or valid_until > now + _MARGIN
        if kind != _BLOCKED and starts and starts >= earliest and is_valid:
            usable.append((kind not in _PREFERRED, starts, window))
    return min(usable, key=lambda each: each[:2])[2] if usable else None


def earliest_arrival(ready_at: datetime, leg: Leg, now: datetime) -> datetime:
    """The ready date plus the carrier's shortest transit; boxes whose ready date has passed leave now."""
    return max(ready_at, now) + timedelta(days=_TRANSIT.get(leg.mode, _TRANSIT_FREIGHT))


async def _selected(step: Step, shipment_id: str) -> Mapping[str, Any] | None:
    window = (await read_shipment(step, shipment_id)).get("selectedDeliveryWindow")
    return dict(window) if window else None
