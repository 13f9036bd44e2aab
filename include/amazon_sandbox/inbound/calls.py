"""What the handlers share: bodies, plans and shipments of the path, starting operations, pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from amazon_sandbox.inbound import data, history, state
from amazon_sandbox.inbound.faults import OPERATION_FAULTS, drawn
from amazon_sandbox.inbound.operations_queue import Effect
from amazon_sandbox.inbound.records import ACTIVE, PlanRecord, ShipmentRecord
from amazon_sandbox.inbound.shapes import Record, bad_request
from amazon_sandbox.inbound.store import InboundStore
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.sp_api import queries
from amazon_sandbox.sp_api.bodies import body_object
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, storefront_of

T = TypeVar("T")


def now_of(call: Operation) -> int:
    """The sandbox's now, in whole seconds."""
    return int(call.sandbox.clock.now())


def store_of(call: Operation) -> InboundStore:
    """The state of this API."""
    return call.sandbox.state(InboundStore)


def body_of(call: Operation, shape: Record) -> dict[str, Any]:
    """The JSON body. Raises ApiError for one that the model does not allow."""
    if not call.body.strip():
        raise bad_request("The request body is missing")
    body = body_object(call.body, call.request.headers.get("content-type"))
    shape.check(body, "")
    return body


def own_marketplace(call: Operation, marketplace_id: str) -> Storefront:
    """The caller's storefront in a marketplace. Raises ApiError for one it does not sell in."""
    if marketplace_id not in call.caller.marketplace_ids:
        raise bad_request("Invalid marketplaceId provided.", marketplace_id)
    call.marketplace_ids = (marketplace_id,)
    return storefront_of(call, marketplace_id)


def listing_of(storefront: Storefront, msku: str) -> Listing:
    """A SKU of the storefront. Raises ApiError."""
    found = next((each for each in storefront.listings if each.sku == msku), None)
    if found is None:
        raise bad_request(f"ERROR: MSKU {msku} does not exist in this marketplace.")
    return found


async def plan_of(call: Operation) -> PlanRecord:
    """The plan of the path, created or of the generated history. Raises ApiError."""
    plan_id = state.checked_id("inboundPlanId", call.request.path_params["plan_id"])
    plan = store_of(call).find(plan_id, call.caller.seller_id)
    if plan is None:
        now = now_of(call)
        storefronts = [storefront_of(call, each) for each in call.caller.marketplace_ids]
        generated = await asyncio.to_thread(data.find_plan, storefronts, plan_id, now)
        if generated is None:
            raise state.not_found("inboundPlanId", plan_id)
        plan = history.plan_record(generated, call.caller.seller_id)
    call.marketplace_ids = (plan.storefront.marketplace.marketplace_id,)
    return plan


async def created_plan(call: Operation) -> PlanRecord:
    """The plan of the path, which a client must have created: the generated history does not change."""
    plan = await plan_of(call)
    if store_of(call).find(plan.plan_id, call.caller.seller_id) is None:
        raise bad_request(f"ERROR: Inbound plan {plan.plan_id} was not created through this API.")
    return plan


async def open_plan(call: Operation) -> PlanRecord:
    """The plan of the path, which a client must have created and is ACTIVE. Raises ApiError."""
    plan = await created_plan(call)
    status = plan.status(now_of(call))
    if status != ACTIVE:
        raise bad_request(f"ERROR: Inbound plan {plan.plan_id} is {status}.")
    return plan


def shipment_of(call: Operation, plan: PlanRecord) -> ShipmentRecord:
    """The shipment of the path. Raises ApiError."""
    wanted = state.checked_id("shipmentId", call.request.path_params["shipment_id"])
    for shipment in plan.all_shipments():
        if shipment.shipment_id == wanted:
            return shipment
    raise state.not_found("shipmentId", wanted)


def placed_shipment_of(call: Operation, plan: PlanRecord) -> ShipmentRecord:
    """The shipment of the path, which must be of the confirmed placement option. Raises ApiError."""
    shipment = shipment_of(call, plan)
    if shipment not in plan.shipments:
        raise bad_request("ERROR: A placement option must be confirmed first.", shipment.shipment_id)
    return shipment


def start(
    call: Operation,
    effect: Effect | Callable[[float], None],
    *,
    plan: PlanRecord | None = None,
    topic: str = "",
    **answer: str,
) -> Answer:
    """Start an asynchronous operation: 202 with its id.

    `topic`: what it changes; if empty, the operation itself.
    """
    operation = store_of(call).operations.start(
        call.name,
        call.caller.seller_id,
        effect,
        call.sandbox.clock.now(),
        plan=plan,
        topic=topic or call.name,
        faults=drawn(call, *OPERATION_FAULTS),
    )
    return 202, {**answer, "operationId": operation.operation_id}


def paged(
    call: Operation,
    name: str,
    rows: Sequence[T],
    render: Callable[[T], dict[str, Any]],
    *,
    most: int,
) -> Answer:
    """One page of `rows`: 10 of them unless the call says otherwise; `most` is the largest `pageSize`."""
    query = call.request.query_params
    size = queries.integer(query, "pageSize", 1, most, data.USUAL_SIZE)
    if drawn(call, "option_left_out"):
        rows = rows[:-1]
    arguments = {key: query[key] for key in query if key != "paginationToken"}
    arguments["path"] = call.request.url.path
    first, as_of = 0, call.sandbox.clock.now()
    if token := query.get("paginationToken"):
        resumed = read_next_token(call.sandbox, call.name, arguments, token, name="paginationToken")
        first, as_of = resumed.position[0], resumed.as_of
    body: dict[str, Any] = {name: [render(row) for row in rows[first : first + size]]}
    if first + size < len(rows):
        following = next_token(call.sandbox, call.name, arguments, [first + size], as_of)
        body["pagination"] = {"nextToken": following}
    return 200, body
