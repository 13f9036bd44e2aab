"""Sets prep details and creates the plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sellerops.base.errors import ConfigurationError, GiveUpError, OperationFailed
from sellerops.inbound.amazon_lists import BASE, plan_path
from sellerops.inbound.amount_text import count
from sellerops.inbound.facts import read_prep_details
from sellerops.inbound.models import Item
from sellerops.inbound.operations import Intent, OperationPending, carry_out
from sellerops.inbound.outcomes import StepOutcome, done, not_needed
from sellerops.inbound.request_bodies import item_input
from sellerops.inbound.requests.request_facts import NO_PREP
from sellerops.inbound.steps.step import Step
from sellerops.inbound.store import RowState, StepRow
from sellerops.sources.common.answers import text_field, time_field
from sellerops.sources.common.paging import PageWatch

# The most SKUs that setPrepDetails takes at once.
_SKUS_PER_CALL = 100
# Amazon's clock and ours may differ by this much.
_CLOCK_SLACK = timedelta(minutes=5)
_PLANS_PER_PAGE = 30
_ACTIVE, _ERRORED = "ACTIVE", "ERRORED"


async def set_prep_details(step: Step) -> StepOutcome:
    """Classify the SKUs that Amazon does not know yet: without that the plan fails (FBA_INB_0182)."""
    skus = tuple(dict.fromkeys(item.sku for item in step.request.items))
    known = await read_prep_details(step.services, step.run.marketplace_id, skus)
    missing = [
        item
        for item in _by_sku(step.request.items)
        if item.sku not in known or not known[item.sku].is_classified
    ]
    wanted = [detail for detail in (_prep_of(step, item) for item in missing) if detail]
    if not wanted:
        return not_needed("Not needed: Amazon has a prep classification for every SKU.")
    for number in range(0, len(wanted), _SKUS_PER_CALL):
        body = {
            "marketplaceId": step.run.marketplace_id,
            "mskuPrepDetails": wanted[number : number + _SKUS_PER_CALL],
        }
        await step.operation(
            "setPrepDetails",
            "POST",
            f"{BASE}/items/prepDetails",
            found_by="Nothing to look for: setting the same details again changes nothing.",
            body=body,
            subject=str(number // _SKUS_PER_CALL + 1) if len(wanted) > _SKUS_PER_CALL else "",
        )
    return done(f"Set the prep classification of {count(len(wanted), 'SKU')}.")


def _by_sku(items: tuple[Item, ...]) -> list[Item]:
    """One item per SKU: the one that says how it is prepared, if any does."""
    found: dict[str, Item] = {}
    for item in items:
        if item.sku not in found or (item.prep_category and not found[item.sku].prep_category):
            found[item.sku] = item
    return list(found.values())


def _prep_of(step: Step, item: Item) -> Mapping[str, Any]:
    """Amazon's input for a SKU. Raises ConfigurationError if nobody has said how it is prepared.

    Source: for category NONE the only accepted type is ITEM_NO_PREP.
    """
    settings = step.services.settings.sku(item.sku)
    category = item.prep_category or settings.prep_category
    types = item.prep_types or settings.prep_types
    if not category:
        raise ConfigurationError(
            f"Amazon does not know how {item.sku} must be prepared, and "
            "neither the packing list nor the configuration says it.",
            where=f"inbound run {step.run.id}, SKU {item.sku}",
            remedy=f"Add `skus: {{{item.sku}: {{prep_category: NONE}}}}`, or the right category, to "
            "config/inbound.yaml, then clear the task.",
        )
    if category == NO_PREP:
        types = ("ITEM_NO_PREP",)
    return {"msku": item.sku, "prepCategory": category, "prepTypes": list(types)}


async def create_plan(step: Step) -> StepOutcome:
    """Create the plan, or adopt the one whose answer was lost."""

    async def look() -> Mapping[str, Any] | None:
        return await find_plan(step)

    async def record(answer: Mapping[str, Any]) -> None:
        plan_id = text_field(answer, "inboundPlanId", "createInboundPlan")
        await step.blocking(step.store.set_ids, step.run.id, plan_id=plan_id)

    async def took_effect(row: StepRow) -> Mapping[str, Any] | None:
        plan_id = str(row.result["inboundPlanId"])
        status, has_items = await _read_plan(step, plan_id)
        return {"inboundPlanId": plan_id} if status == _ACTIVE and has_items else None

    intent = Intent(
        step.name,
        "createInboundPlan",
        "POST",
        f"{BASE}/inboundPlans",
        found_by=f"A plan named {step.run.name!r} in listInboundPlans, newest first.",
        look=look,
        body=_plan_body(step),
        # A plan is listed from the start, while Amazon still checks its items.
        is_done_once_found=False,
        took_effect=took_effect,
        answered=record,
    )
    row = await carry_out(step.services, step.run.id, intent)
    await record(row.result)
    await step.reload()
    if row.result.get("was_found"):
        await _wait_until_active(step, row)
    return done(f"Created plan {step.run.name!r} ({step.plan_id}).")


def _plan_body(step: Step) -> dict[str, Any]:
    request = step.request
    address = step.services.settings.addresses.get(request.source_address)
    if address is None:
        raise ConfigurationError(
            f"the address {request.source_address!r} no longer exists.",
            where="config/inbound.yaml, key `addresses`",
            remedy="Restore it, then clear the task.",
        )
    return {
        "destinationMarketplaces": [step.run.marketplace_id],
        "items": [item_input(item) for item in request.items],
        "name": step.run.name,
        "sourceAddress": address.for_amazon(),
    }


async def find_plan(step: Step) -> Mapping[str, Any] | None:
    """The run's plan by its name, which is unique; None if Amazon lists none.

    Reads the newest plans first, page by page, until they are older than the run. A plan whose creation
    failed (ERRORED, or known from an earlier generation) does not count.
    """
    failed = await _failed_plans(step)
    oldest = step.run.created_at - _CLOCK_SLACK
    query: dict[str, Any] = {"pageSize": _PLANS_PER_PAGE, "sortBy": "CREATION_TIME", "sortOrder": "DESC"}
    watch = PageWatch("listInboundPlans", step.run.name)
    while True:
        page = await step.services.reads.get("listInboundPlans", f"{BASE}/inboundPlans", query)
        plans = page.get("inboundPlans") or []
        watch.is_repeat(plans)
        for plan in plans:
            is_ours = plan.get("name") == step.run.name and plan.get("status") != _ERRORED
            if is_ours and plan.get("inboundPlanId") not in failed:
                return {"inboundPlanId": text_field(plan, "inboundPlanId", "listInboundPlans")}
        token = (page.get("pagination") or {}).get("nextToken")
        if not token or not plans or _created_at(plans[-1]) < oldest:
            return None
        query = {**query, "paginationToken": watch.use(str(token))}


async def _failed_plans(step: Step) -> set[str]:
    rows = await step.blocking(step.store.steps, step.run.id)
    return {
        str(row.result["inboundPlanId"])
        for row in rows
        if row.step == step.name and row.state is RowState.FAILED and row.result.get("inboundPlanId")
    }


def _created_at(plan: Mapping[str, Any]) -> datetime:
    moment = time_field(plan, "createdAt", "listInboundPlans")
    if moment is None:
        raise GiveUpError("listInboundPlans listed a plan without createdAt.", where="listInboundPlans")
    return moment


async def _wait_until_active(step: Step, row: StepRow) -> None:
    """Wait for a plan that was found by its name: it may not be complete yet, and its operation is not known.

    Raises OperationFailed for a plan that Amazon gave up, so that the next try creates another one, and
    OperationPending if the plan stays incomplete.
    """
    for pause in (0.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0):
        await step.services.pause(pause)
        status, has_items = await _read_plan(step, step.plan_id)
        if status == _ERRORED:
            await step.blocking(step.store.renew_step, row)
            raise OperationFailed(
                "Amazon could not create the plan; the answer with its reason was lost.",
                where=f"inbound run {step.run.id}, plan {step.plan_id}",
                problems=[],
            )
        if has_items:
            return
    raise OperationPending(
        "Amazon has not filled in the plan's items.", where=f"inbound run {step.run.id}, plan {step.plan_id}"
    )


async def _read_plan(step: Step, plan_id: str) -> tuple[str, bool]:
    """A plan's status, and whether it lists its items; only then is it complete."""
    reads = step.services.reads
    plan = await reads.get("getInboundPlan", plan_path(plan_id))
    items = await reads.list_all("listInboundPlanItems", plan_path(plan_id, "items"), "items")
    return str(plan.get("status")), bool(items)
