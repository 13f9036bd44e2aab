"""Packing, before the placement: which items may share boxes, and what is in them (pack now)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sellerops.base.errors import GiveUpError
from sellerops.inbound.amount_text import count
from sellerops.inbound.answers import has_expired, net_fees, units_of
from sellerops.inbound.box_plan import BoxPlan, assign_boxes, count_boxes
from sellerops.inbound.offers import MODES
from sellerops.inbound.outcomes import StepOutcome, done, not_needed
from sellerops.inbound.request_bodies import box_inputs
from sellerops.inbound.steps.offering import choose, offered
from sellerops.inbound.steps.step import Step
from sellerops.inbound.units import weight_in
from sellerops.sources.common.answers import text_field, time_field

_PACK_LATER = "Not needed: the boxes are packed later."
_REPEATABLE = "Nothing to look for: generating options again replaces those that were offered."


async def offer_packing(step: Step) -> StepOutcome:
    """Have Amazon generate packing options."""
    if step.request.pack_later:
        return not_needed(_PACK_LATER)
    if step.run.packing_option_id:
        return not_needed("Not needed: a packing option is confirmed.")
    options = await _offered(step)
    return done(f"Amazon offers {count(len(options), 'packing option')}.")


async def confirm_packing(step: Step) -> StepOutcome:
    """Confirm the cheapest packing option that fits the boxes."""
    if step.request.pack_later:
        return not_needed(_PACK_LATER)
    option_id = step.run.packing_option_id
    if option_id is None:
        option = await choose(step, lambda: _accepted(step), lambda again: _confirm_best(step, again=again))
        option_id = text_field(option, "packingOptionId", "listPackingOptions")
        incentives = [*(option.get("fees") or ()), *(option.get("discounts") or ())]
        await step.blocking(step.store.choose_packing, step.run.id, option_id, incentives)
    return done(f"Confirmed packing option {option_id}.")


async def _confirm_best(step: Step, *, again: bool) -> Mapping[str, Any]:
    """The option that is confirmed already, or the cheapest one that fits, which is confirmed now."""
    options = await _offered(step, again=again)
    accepted = next((each for each in options if each.get("status") == "ACCEPTED"), None)
    if accepted is not None:
        return accepted
    option, groups = await _best(step, options)
    option_id = text_field(option, "packingOptionId", "listPackingOptions")

    async def look() -> Mapping[str, Any] | None:
        accepted = await _accepted(step)
        is_ours = accepted is not None and accepted.get("packingOptionId") == option_id
        return {"packingOptionId": option_id} if is_ours else None

    row = await step.operation(
        "confirmPackingOption",
        "POST",
        step.path("packingOptions", option_id, "confirmation"),
        found_by="The packing option's status in listPackingOptions is ACCEPTED.",
        look=look,
        subject=option_id,
    )
    await step.blocking(step.store.record_answer, row.id, None, {"groups": groups})
    return option


async def _accepted(step: Step) -> Mapping[str, Any] | None:
    return next((each for each in await _list(step) if each.get("status") == "ACCEPTED"), None)


async def set_box_contents(step: Step) -> StepOutcome:
    """Send the boxes of every packing group."""
    if step.request.pack_later:
        return not_needed(_PACK_LATER)
    plan = assign_boxes(step.request.boxes, await _confirmed_groups(step))
    if not plan.fits:
        raise _does_not_fit(step, plan)

    async def look() -> Mapping[str, Any] | None:
        for group_id, boxes in plan.boxes.items():
            path = step.path("packingGroups", group_id, "boxes")
            listed = await step.services.reads.list_all("listPackingGroupBoxes", path, "boxes")
            if sum(int(box.get("quantity") or 1) for box in listed) != count_boxes(boxes):
                return None
        return {}

    groupings = [
        {"packingGroupId": group_id, "boxes": box_inputs(boxes, step.request.items)}
        for group_id, boxes in sorted(plan.boxes.items())
    ]
    await step.operation(
        "setPackingInformation",
        "POST",
        step.path("packingInformation"),
        found_by="listPackingGroupBoxes lists the boxes of every packing group.",
        look=look,
        body={"packageGroupings": groupings},
    )
    boxes = count_boxes(step.request.boxes)
    return done(f"Sent the contents of {count(boxes, 'box')} in {count(len(groupings), 'packing group')}.")


async def _offered(step: Step, *, again: bool = False) -> list[Mapping[str, Any]]:
    async def generate(again: bool) -> None:
        await step.operation(
            "generatePackingOptions",
            "POST",
            step.path("packingOptions"),
            found_by=_REPEATABLE,
            step="offer_packing",
            again=again,
        )

    async def list_once() -> list[Mapping[str, Any]] | None:
        moment = await step.services.now()
        usable = [
            each
            for each in await _list(step)
            if each.get("packingGroups")
            and (
                each.get("status") == "ACCEPTED"
                or (
                    each.get("status") == "OFFERED"
                    and not has_expired(time_field(each, "expiration", "listPackingOptions"), moment)
                )
            )
        ]
        return usable or None

    return await offered(step, "packing options", generate, list_once, again=again)


async def _list(step: Step) -> list[Mapping[str, Any]]:
    return await step.services.reads.list_all(
        "listPackingOptions", step.path("packingOptions"), "packingOptions"
    )


async def _best(
    step: Step, options: list[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], dict[str, dict[str, int]]]:
    """The cheapest option whose groups the boxes fit, and these groups. GiveUpError if there is none."""
    plan: BoxPlan | None = None
    for option in sorted(options, key=_cost):
        if not _supports(step, option):
            continue
        groups = await _groups(step, option)
        plan = assign_boxes(step.request.boxes, groups)
        if plan.fits:
            return option, groups
    if plan is None:
        raise GiveUpError(
            f"none of Amazon's packing options allows {step.request.shipping} with these boxes.",
            where=f"inbound run {step.run.id}, plan {step.plan_id}",
            remedy="Cancel this run (DAG fba_inbound_cancel) and start one with another way of shipping or "
            "lighter boxes.",
        )
    raise _does_not_fit(step, plan)


async def _confirmed_groups(step: Step) -> dict[str, dict[str, int]]:
    """The groups of the confirmed option: as read when it was confirmed, else from Amazon."""
    option_id = step.run.packing_option_id or ""
    row = await step.blocking(step.store.newest_step, step.run.id, "confirm_packing", option_id)
    if row and row.result.get("groups"):
        return dict(row.result["groups"])
    options = {str(each.get("packingOptionId")): each for each in await _list(step)}
    if option_id not in options:
        raise GiveUpError(
            "Amazon does not list the confirmed packing option.",
            where=f"inbound run {step.run.id}, plan {step.plan_id}",
            remedy="Clear the task `confirm_packing` and those after it.",
        )
    return await _groups(step, options[option_id])


async def _groups(step: Step, option: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Units per SKU of every packing group of an option; ``packingGroups`` are their ids."""
    return {
        str(group_id): units_of(
            await step.services.reads.list_all(
                "listPackingGroupItems", step.path("packingGroups", str(group_id), "items"), "items"
            )
        )
        for group_id in option.get("packingGroups") or ()
    }


def _cost(option: Mapping[str, Any]) -> tuple[Decimal, int, str]:
    fees = net_fees(option.get("fees") or (), option.get("discounts") or ())
    groups = option.get("packingGroups") or ()
    return fees.amount if fees else Decimal(0), len(groups), str(option.get("packingOptionId"))


def _supports(step: Step, option: Mapping[str, Any]) -> bool:
    """Whether one of the option's configurations allows the way of shipping and the heaviest box."""
    configurations = option.get("supportedConfigurations") or ()
    if not configurations:
        return True
    return any(_allows(step, each) for each in configurations)


def _allows(step: Step, configuration: Mapping[str, Any]) -> bool:
    methods = configuration.get("boxPackingMethods") or ()
    if methods and "BOX_CONTENT_PROVIDED" not in methods:
        return False
    requirements = configuration.get("shippingRequirements") or ()
    modes = {mode for each in requirements for mode in each.get("modes") or ()}
    if modes and not modes & set(MODES[step.request.shipping]):
        return False
    weight = (configuration.get("boxRequirements") or {}).get("weight") or {}
    if not weight.get("maximum"):
        return True
    heaviest = Decimal(str(weight["maximum"]))
    return all(
        weight_in(box.weight, box.weight_unit, str(weight["unit"])) <= heaviest for box in step.request.boxes
    )


def _does_not_fit(step: Step, plan: BoxPlan) -> GiveUpError:
    names = ", ".join(box.name for box in plan.left[:5])
    missing = ", ".join(
        f"{units} × {sku}" for needs in plan.missing.values() for sku, units in list(needs.items())[:5]
    )
    cause = (
        f"the boxes {names} mix items that Amazon wants in separate boxes" if names else "units are missing"
    )
    return GiveUpError(
        f"{cause}. Units without a suitable box: {missing or 'none'}.",
        where=f"inbound run {step.run.id}, packing groups of plan {step.plan_id}",
        remedy="Pack these items in separate boxes and start a new run, or choose to pack later.",
    )
