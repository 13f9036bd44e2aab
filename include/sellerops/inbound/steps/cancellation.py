"""Cancels a plan: after a rejection, at the end of a dry run, or because a person asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import GiveUpError, RetryableError
from sellerops.inbound.offers import OWN
from sellerops.inbound.operations import write_key
from sellerops.inbound.outcomes import StepOutcome, done, not_needed
from sellerops.inbound.steps.preparation import find_plan
from sellerops.inbound.steps.shipments import refresh_chosen
from sellerops.inbound.steps.step import Step
from sellerops.inbound.store import RunState, ShipmentRow
from sellerops.writes import may_show_later

if TYPE_CHECKING:
    from sellerops.inbound.services import Services


class ChargesApply(GiveUpError):
    """The void window of a partnered carrier has passed: cancelling costs money."""


_VOIDED, _ERRORED = "VOIDED", "ERRORED"


async def cancel_plan(step: Step) -> StepOutcome:
    """Cancel the plan of a run that was given up or is a dry run; leave any other one alone.

    A run that failed keeps its plan, because clearing the failed task continues it. A plan whose cancellation
    may cost money is left as it is, too.
    """
    run = step.run
    if run.state.is_confirmed:
        return not_needed("Not needed: the shipments are confirmed.")
    if not (run.state.is_given_up or run.request.dry_run):
        if run.plan_id is None:
            return not_needed("Not needed: there is no plan.")
        return not_needed(
            f"The plan {run.name!r} stays at Amazon: clear the failed task to go on, or cancel the plan with "
            "the DAG fba_inbound_cancel."
        )
    try:
        return await _cancel(step, accept_charges=False)
    except ChargesApply as error:
        await step.blocking(step.store.note, run.id, error.cause, error.remedy)
        return done(f"The plan was left as it is: {error.cause} {error.remedy}")


async def cancel_run(services: Services, inbound_run_id: int, *, accept_charges: bool = False) -> StepOutcome:
    """Cancel a run's plan because a person asks for it, whatever its state.

    ``accept_charges``: cancel even after the void window of a partnered carrier, whose charges then apply.
    Without it, such a plan stays as it is, and ChargesApply is raised. Raises RequestRefused if Amazon
    refuses because boxes have left.
    """
    run = await services.blocking(services.store.run, inbound_run_id)
    return await _cancel(Step("cancel_plan", run, services), accept_charges=accept_charges)


async def _cancel(step: Step, *, accept_charges: bool) -> StepOutcome:
    plan_id = step.run.plan_id or await _lost_plan(step)
    if plan_id is None:
        await _record(step)
        return done("There was no plan to cancel.")
    if step.run.plan_id is None:
        await step.blocking(step.store.set_ids, step.run.id, plan_id=plan_id)
        await step.reload()
    status = await _status(step)
    if status == _ERRORED:
        await _record(step)
        return done("Amazon could not create the plan, so there is nothing to cancel.")
    if status != _VOIDED:
        if not accept_charges:
            await _check_charges(step)

        async def look() -> Mapping[str, Any] | None:
            return {} if await _status(step) == _VOIDED else None

        await step.operation(
            "cancelInboundPlan",
            "PUT",
            step.path("cancellation"),
            found_by="The plan's status in getInboundPlan is VOIDED.",
            look=look,
        )
    await _record(step)
    return done(f"Cancelled plan {step.run.name!r}.")


async def _check_charges(step: Step) -> None:
    """Raise ChargesApply if a partnered carrier charges for the cancellation, or may do so."""
    shipments = await step.blocking(step.store.shipments, step.run.id, chosen=True)
    if any(each.confirmed_at is None for each in shipments):
        # Their carriers may have been confirmed at a time that this run does not know.
        shipments = await refresh_chosen(step)
    if late := charged_shipments(shipments, await step.services.now()):
        raise _too_late(step, late)
    options = await step.blocking(step.store.transportation, step.run.id)
    own = {each.transportation_option_id for each in options if each.solution == OWN}
    unknown = [
        each.confirmation_id or each.shipment_id
        for each in shipments
        if each.confirmed_at is None and each.transportation_option_id not in {None, *own}
    ]
    if unknown:
        raise ChargesApply(
            f"the carriers of {', '.join(unknown)} were confirmed at Amazon at an unknown time: "
            "they may charge for the cancellation.",
            where=f"inbound run {step.run.id}, plan {step.run.name!r}",
            remedy="Look at the shipments in Seller Central; to cancel anyway, trigger the DAG "
            "fba_inbound_cancel with *Accept charges*.",
        )


def charged_shipments(shipments: list[ShipmentRow], moment: datetime) -> list[ShipmentRow]:
    """Confirmed shipments whose partnered carrier charges even if the plan is cancelled.

    Source: the model of cancelInboundPlan: a carrier can be voided for 24 h (parcels) or 1 h (freight).
    """
    return [
        each
        for each in shipments
        if each.confirmed_at and each.voidable_until is not None and each.voidable_until <= moment
    ]


async def _status(step: Step) -> str:
    plan = await step.services.reads.get("getInboundPlan", step.path())
    return str(plan.get("status"))


async def _lost_plan(step: Step) -> str | None:
    """The plan of a run that failed while its plan was being created, if the plan exists after all."""
    rows = await step.blocking(step.store.steps, step.run.id)
    created = [row for row in rows if row.step == "create_plan"]
    if not created:
        return None
    known = created[-1].result.get("inboundPlanId")
    if known:
        return str(known)
    found = await find_plan(step)
    if found:
        return str(found["inboundPlanId"])
    key = write_key(created[-1], "createInboundPlan")
    if await step.blocking(may_show_later, step.services.ledger, key):
        raise RetryableError(
            "the plan may have just been created, and Amazon may not list it yet.",
            where=f"inbound run {step.run.id}",
            remedy="Nothing: the next try looks again.",
        )
    return None


async def _record(step: Step) -> None:
    state = RunState.DRY_RUN if step.run.request.dry_run else RunState.CANCELLED
    await step.blocking(step.store.set_state, step.run.id, state)


def _too_late(step: Step, late: list[ShipmentRow]) -> ChargesApply:
    charges = ", ".join(
        f"{each.confirmation_id} ({each.transportation_fee} {each.currency}, free until "
        f"{each.voidable_until:%Y-%m-%d %H:%M} UTC)"
        for each in late
    )
    return ChargesApply(
        f"the carrier can no longer be cancelled free of charge: {charges}.",
        where=f"inbound run {step.run.id}, plan {step.run.name!r}",
        remedy="Ship it, or cancel it with the DAG fba_inbound_cancel and *Accept charges*.",
    )
