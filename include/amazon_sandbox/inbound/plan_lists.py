"""listInboundPlans: generated and created plans in one list."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator
from itertools import islice
from typing import Any

from amazon_sandbox.inbound import data, history, state, views
from amazon_sandbox.inbound.calls import now_of, store_of
from amazon_sandbox.inbound.records import PlanRecord
from amazon_sandbox.simulation.inbound import Plan
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, storefront_of

_AnyPlan = Plan | PlanRecord


async def list_inbound_plans(call: Operation) -> Answer:
    """Plans of all storefronts, as of the first page."""
    wanted = state.read_plans(call.request.query_params)
    first, as_of = 0, float(now_of(call))
    if wanted.token is not None:
        resumed = read_next_token(
            call.sandbox, call.name, wanted.arguments, wanted.token, name="paginationToken"
        )
        first, as_of = resumed.position[0], resumed.as_of
    created = _created(call, wanted, as_of)
    storefronts = [storefront_of(call, each) for each in call.caller.marketplace_ids]

    def page() -> list[dict[str, Any]]:
        listed = data.newest_plans if wanted.is_descending else data.oldest_plans
        generated = listed(storefronts, int(as_of), by_update=wanted.by_update, status=wanted.status)
        merged = _merged(generated, created, wanted, as_of)
        return [
            _summary(call.caller.seller_id, plan, as_of)
            for plan in islice(merged, first, first + wanted.size + 1)
        ]

    found = await asyncio.to_thread(page)
    body: dict[str, Any] = {"inboundPlans": found[: wanted.size]}
    if len(found) > wanted.size:
        following = next_token(call.sandbox, call.name, wanted.arguments, [first + wanted.size], as_of)
        body["pagination"] = {"nextToken": following}
    return 200, body


def _created(call: Operation, wanted: state.Plans, as_of: float) -> list[PlanRecord]:
    """The created plans that are listed, in the order of the list."""
    found = [
        plan
        for plan in store_of(call).plans(call.caller.seller_id)
        if plan.listed_at <= as_of and wanted.status in (None, plan.status(as_of))
    ]
    return sorted(found, key=lambda plan: _time(plan, wanted, as_of), reverse=wanted.is_descending)


def _merged(
    generated: Iterator[Plan], created: list[PlanRecord], wanted: state.Plans, as_of: float
) -> Iterator[_AnyPlan]:
    streams: list[Iterator[_AnyPlan]] = [iter(generated), iter(created)]
    return heapq.merge(*streams, key=lambda plan: _time(plan, wanted, as_of), reverse=wanted.is_descending)


def _time(plan: _AnyPlan, wanted: state.Plans, as_of: float) -> float:
    if isinstance(plan, PlanRecord):
        return plan.updated_at(as_of) if wanted.by_update else plan.created_at
    return plan.updated_at(int(as_of)) if wanted.by_update else plan.made_at


def _summary(seller_id: str, plan: _AnyPlan, as_of: float) -> dict[str, Any]:
    record = plan if isinstance(plan, PlanRecord) else history.plan_record(plan, seller_id)
    return views.plan_summary(record, as_of)
