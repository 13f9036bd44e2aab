"""Delivery windows: when the warehouse expects a shipment. Only for transport that requires one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sellerops.base.errors import GiveUpError
from sellerops.inbound.amount_text import count
from sellerops.inbound.answers import parse_shipment
from sellerops.inbound.models import Leg
from sellerops.inbound.outcomes import StepOutcome, done, needs_approval, not_needed
from sellerops.inbound.setting_models import DeliveryWindows
from sellerops.inbound.steps.approved import approved_decision, find_approved
from sellerops.inbound.steps.offering import NothingOffered, choose, offered
from sellerops.inbound.steps.placement import NOBODY_APPROVED
from sellerops.inbound.steps.shipments import read_shipment
from sellerops.inbound.steps.step import Step
from sellerops.sources.common.answers import text_field, time_field

_REPEATABLE = "Nothing to look for: generating windows again replaces those that were offered."
# Days from the ready date until boxes are at the warehouse, at the earliest.
_TRANSIT = {"AIR_SMALL_PARCEL_EXPRESS": 1, "AIR_SMALL_PARCEL": 2, "GROUND_SMALL_PARCEL": 3}
_TRANSIT_FREIGHT = 5
# A window that expires this soon is left out, because it could no longer be confirmed.
_MARGIN = timedelta(minutes=2)
_PREFERRED = ("AVAILABLE", "DISCOUNTED")
_BLOCKED = "BLOCKED"
# How many windows outside the limits an error names.
_NAMED = 3


async def confirm_delivery_windows(step: Step) -> StepOutcome:
    """Choose and confirm a delivery window for every shipment whose transport requires one."""
    decision = await approved_decision(step)
    if decision is None:
        return needs_approval(NOBODY_APPROVED)
    combination = await find_approved(step, decision.fingerprint)
    if combination is None:
        # Other numbers hold now: confirm_transportation asks the person and then confirms the windows.
        return not_needed("Not yet: the approved options are gone and are generated again.")
    confirmed = await ensure_windows(step, combination.legs)
    if not confirmed:
        return not_needed("Not needed: the chosen carrier requires no delivery window.")
    return done(f"Confirmed {count(confirmed, 'delivery window')}.")


async def ensure_windows(step: Step, legs: Sequence[Leg]) -> int:
    """Confirm a window for each leg that needs one and has none; returns how many legs need one."""
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
    """The window to confirm. Raises GiveUpError if the settings allow none of those that Amazon offers."""
    path = step.path("shipments", leg.shipment_id, "deliveryWindowOptions")
    limits, ready_at = step.services.settings.delivery_windows, step.request.ready_at
    usable: Sequence[Mapping[str, Any]] = ()

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
        nonlocal usable
        listed = await step.services.reads.list_all(
            "listDeliveryWindowOptions", path, "deliveryWindowOptions"
        )
        now = await step.services.now()
        usable = usable_windows(listed, earliest=earliest_arrival(ready_at, leg, now), now=now)
        return next((each for each in usable if is_allowed(each, limits, ready_at)), None)

    row = await step.blocking(step.store.newest_step, step.run.id, "offer_delivery_windows", leg.shipment_id)
    # Windows of an earlier try may have expired: they are read again before others are generated.
    try:
        return await offered(step, "delivery windows", generate, list_once, again=again and bool(row))
    except NothingOffered:
        if not usable:
            raise
    raise _outside(step, leg, usable)


def usable_windows(
    windows: Sequence[Mapping[str, Any]], *, earliest: datetime, now: datetime
) -> list[Mapping[str, Any]]:
    """The windows after ``earliest`` that are still valid, best first: AVAILABLE and DISCOUNTED ones by date,
    then CONGESTED ones, never a BLOCKED one.
    """
    usable = []
    for window in windows:
        kind = text_field(window, "availabilityType", "listDeliveryWindowOptions")
        starts = time_field(window, "startDate", "listDeliveryWindowOptions")
        ends = time_field(window, "endDate", "listDeliveryWindowOptions")
        valid_until = time_field(window, "validUntil", "listDeliveryWindowOptions")
        is_valid = valid_until is None or valid_until > now + _MARGIN
        if kind != _BLOCKED and starts and ends and starts >= earliest and is_valid:
            usable.append((kind not in _PREFERRED, starts, window))
    return [each[2] for each in sorted(usable, key=lambda each: each[:2])]


def is_allowed(window: Mapping[str, Any], limits: DeliveryWindows, ready_at: datetime) -> bool:
    """Whether a window may be confirmed without asking anybody."""
    ends = time_field(window, "endDate", "listDeliveryWindowOptions")
    is_preferred = window.get("availabilityType") in _PREFERRED
    return ends is not None and ends <= limits.latest(ready_at) and (is_preferred or limits.allow_congested)


def _outside(step: Step, leg: Leg, usable: Sequence[Mapping[str, Any]]) -> GiveUpError:
    limits = step.services.settings.delivery_windows
    first = sorted(usable, key=lambda each: str(each["startDate"]))[:_NAMED]
    congested = "" if limits.allow_congested else " and is not congested"
    return GiveUpError(
        f"Amazon offers no delivery window to {leg.warehouse_id} that ends by "
        f"{limits.latest(step.request.ready_at):%d %b %Y}{congested}. The first ones are "
        f"{', '.join(map(_words, first))}.",
        where=f"inbound run {step.run.id}, shipment {leg.shipment_id}",
        remedy="To accept one of them, change `delivery_windows` in config/inbound.yaml "
        "(`latest_days_after_ready`, `allow_congested`) and clear the task. Otherwise cancel the run with "
        "the DAG fba_inbound_cancel.",
    )


def _words(window: Mapping[str, Any]) -> str:
    starts, ends = (
        time_field(window, name, "listDeliveryWindowOptions") for name in ("startDate", "endDate")
    )
    kind = "" if window["availabilityType"] in _PREFERRED else f" ({str(window['availabilityType']).lower()})"
    return f"{starts:%d %b} to {ends:%d %b %Y}{kind}"


def earliest_arrival(ready_at: datetime, leg: Leg, now: datetime) -> datetime:
    """The ready date plus the carrier's shortest transit; boxes whose ready date has passed leave now."""
    return max(ready_at, now) + timedelta(days=_TRANSIT.get(leg.mode, _TRANSIT_FREIGHT))


async def _selected(step: Step, shipment_id: str) -> Mapping[str, Any] | None:
    window = (await read_shipment(step, shipment_id)).get("selectedDeliveryWindow")
    return dict(window) if window else None
