"""The confirmation of carriers: one transportation option per shipment. It is final and may cost money."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sellerops.base.errors import GiveUpError, OperationFailed, RequestRefused
from sellerops.inbound.amount_text import count
from sellerops.inbound.models import Combination, Leg
from sellerops.inbound.offers import PARTNERED
from sellerops.inbound.operations import Intent, carry_out, settle
from sellerops.inbound.outcomes import StepOutcome, done, needs_approval
from sellerops.inbound.steps.approved import approved_decision, find_approved, find_offered_approval
from sellerops.inbound.steps.offering import choose
from sellerops.inbound.steps.placement import CHANGED, NOBODY_APPROVED
from sellerops.inbound.steps.shipments import read_shipment, refresh_chosen
from sellerops.inbound.steps.step import Step
from sellerops.inbound.steps.transport_request import contact_of
from sellerops.inbound.steps.windows import ensure_windows
from sellerops.inbound.store import Decision, RowState, RunState, ShipmentRow, StepRow

log = logging.getLogger(__name__)

_CENT = Decimal("0.01")
_OPERATION = "confirmTransportationOptions"
# Part of every parcel mode: GROUND_SMALL_PARCEL, AIR_SMALL_PARCEL, AIR_SMALL_PARCEL_EXPRESS.
_PARCEL = "SMALL_PARCEL"


async def confirm_transportation(step: Step) -> StepOutcome:
    """Confirm the approved carriers, or newly generated options with the same carriers at the same cost."""
    decision = await approved_decision(step)
    if decision is None:
        return needs_approval(NOBODY_APPROVED)
    if step.run.placement_option_id is None:
        raise GiveUpError(
            "the placement is not confirmed yet.",
            where=f"inbound run {step.run.id}",
            remedy="Clear the task `confirm_placement` and those after it.",
        )
    if not await _is_confirmed(step, decision) and not await _confirm_approved(step, decision):
        return needs_approval(CHANGED)
    shipments = await refresh_chosen(step)
    await _record(step, decision, shipments)
    await step.blocking(step.store.set_state, step.run.id, RunState.CONFIRMED)
    names = ", ".join(each.confirmation_id or each.shipment_id for each in shipments)
    return done(f"Confirmed the carriers of {count(len(shipments), 'shipment')}: {names}.")


async def _is_confirmed(step: Step, decision: Decision) -> bool:
    """Whether an earlier try has confirmed the carriers; one that may have been sent is resolved first."""
    rows = await _begun(step)
    if not rows:
        return False
    if rows[-1].state is RowState.STARTED:
        await _resolve(step, rows[-1], decision)
    found = await _selections(step)
    if found is None or step.run.state.is_confirmed:
        return found is not None
    # Somebody else may have confirmed others; Amazon then refuses ours, and says so.
    return found["selections"] in [row.result["selections"] for row in rows]


async def _resolve(step: Step, row: StepRow, decision: Decision) -> None:
    """Find out how an earlier try ended; send it again only if what it selected is still approved."""
    intent = _intent(step, row.result["selections"], row.result["fingerprint"])
    try:
        if row.result["fingerprint"] == decision.fingerprint:
            await carry_out(step.services, step.run.id, intent)
        else:
            await settle(step.services, row, intent)
    except (RequestRefused, OperationFailed) as error:
        log.info("run %s: %s", step.run.id, error.cause)


async def _begun(step: Step) -> list[StepRow]:
    """The confirmations of this run that may have been sent, oldest first."""
    rows = await step.blocking(step.store.steps, step.run.id)
    return [row for row in rows if row.step == step.name and "selections" in row.result]


async def _confirm_approved(step: Step, decision: Decision) -> bool:
    """Confirm what was approved; False if Amazon no longer offers it at these numbers."""

    async def confirm(again: bool) -> bool:
        combination = await find_offered_approval(step, decision, again=again)
        if combination is None:
            return False
        await ensure_windows(step, combination.legs)
        intent = _intent(step, combination.selections, decision.fingerprint)
        await carry_out(step.services, step.run.id, intent)
        return True

    return await choose(step, lambda: _selections(step), confirm)


def _intent(step: Step, selections: Mapping[str, str], fingerprint: str) -> Intent:
    """The confirmation of ``selections``, approved by the decisions with this fingerprint."""
    contact = contact_of(step)

    async def look() -> Mapping[str, Any] | None:
        found = await _selections(step)
        return found if found and found["selections"] == selections else None

    return Intent(
        step.name,
        _OPERATION,
        "POST",
        step.path("transportationOptions", "confirmation"),
        found_by="Every shipment has its selectedTransportationOptionId in getShipment.",
        look=look,
        body={
            "transportationSelections": [
                {"shipmentId": shipment_id, "transportationOptionId": option_id}
                | ({"contactInformation": contact} if contact else {})
                for shipment_id, option_id in sorted(selections.items())
            ]
        },
        notes={"selections": dict(selections), "fingerprint": fingerprint},
    )


async def _selections(step: Step) -> dict[str, Any] | None:
    """Shipment id -> transportation option id at Amazon; None unless every shipment has one."""
    found: dict[str, Any] = {}
    for shipment in await step.blocking(step.store.shipments, step.run.id, chosen=True):
        answer = await read_shipment(step, shipment.shipment_id)
        option_id = answer.get("selectedTransportationOptionId")
        if not option_id:
            return None
        found[shipment.shipment_id] = str(option_id)
    return {"selections": found} if found else None


async def _record(step: Step, decision: Decision, shipments: Sequence[ShipmentRow]) -> None:
    """Record each shipment's fees: its transport, and its share of the placement fees by units."""
    combination = await find_approved(step, await _confirmed_fingerprint(step, decision, shipments))
    if combination is None:
        return
    confirmed_at = await _confirmed_at(step)
    legs = {leg.shipment_id: leg for leg in combination.legs}
    fees = share_fees(combination, [legs[each.shipment_id] for each in shipments])
    for shipment, fee in zip(shipments, fees, strict=True):
        leg = legs[shipment.shipment_id]
        await step.blocking(
            step.store.record_confirmed,
            step.run.id,
            shipment.shipment_id,
            transportation_option_id=leg.transportation_option_id,
            placement_fee=fee,
            transportation_fee=leg.cost.amount if leg.cost else None,
            currency=combination.placement_fees.currency,
            voidable_until=free_until(leg, confirmed_at),
        )


async def _confirmed_fingerprint(step: Step, decision: Decision, shipments: Sequence[ShipmentRow]) -> str:
    """The fingerprint of what Amazon has confirmed.

    It is that of an earlier decision if the call of that decision took effect after all.
    """
    confirmed = {each.shipment_id: each.transportation_option_id for each in shipments}
    rows = [row for row in await _begun(step) if row.result["selections"] == confirmed]
    return str(rows[-1].result["fingerprint"]) if rows else decision.fingerprint


async def _confirmed_at(step: Step) -> datetime:
    """When the confirmation was begun; Amazon counts from a little later."""
    rows = await step.blocking(step.store.steps, step.run.id)
    begun = [row.started_at for row in rows if row.operation == _OPERATION]
    return begun[-1] if begun else await step.services.now()


def free_until(leg: Leg, confirmed_at: datetime) -> datetime | None:
    """The time until which a partnered carrier can be cancelled free of charge; None for an own carrier.

    The quote's ``voidableUntil`` is known before the confirmation, and may lie after the end of the period
    that begins with it. Source: the model of cancelInboundPlan: 24 hours for parcels, one hour for freight.
    """
    if leg.solution != PARTNERED:
        return None
    period = timedelta(hours=24 if _PARCEL in leg.mode else 1)
    return min(filter(None, (leg.voidable_until, confirmed_at + period)))


def share_fees(combination: Combination, legs: Sequence[Leg]) -> list[Decimal]:
    """The placement fees divided by units, to the cent; the shares add up to the whole."""
    units, rest = sum(leg.units for leg in legs) or 1, combination.placement_fees.amount
    shares = []
    for number, leg in enumerate(legs, 1):
        share = rest if number == len(legs) else combination.placement_fees.amount * leg.units / units
        share = share.quantize(_CENT)
        rest -= share
        shares.append(share)
    return shares
