"""listInboundPlans (Fulfillment Inbound 2024-03-20), and of each plan that changed the plan itself, its items
and its shipments.

The list takes no dates: it is read from the plan updated last back to the first that is older than the
window. There is no list of a plan's shipments: getInboundPlan names them, getShipment tells each, with the
confirmation id by which the v0 operations and the reports call it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sellerops.base.errors import ConfigurationError, UnexpectedAnswer
from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.paging import read_pages

_PATH = "/inbound/fba/2024-03-20/inboundPlans"
# The largest pages the model allows.
_PLANS_A_PAGE, _ITEMS_A_PAGE = "30", "1000"


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """Of the plans updated in the slice's window: pages ``list``, then for each plan ``plan``, ``items`` and
    a ``shipment`` each.
    """
    slice_ = asked.slice_
    if slice_.start is None or slice_.end is None:
        raise ConfigurationError("listInboundPlans needs a window.", remedy="Set `period.kind: range`.")
    changed: dict[str, None] = {}
    query = {
        "pageSize": _PLANS_A_PAGE,
        "sortBy": "LAST_UPDATED_TIME",
        "sortOrder": "DESC",
        **asked.options,
    }
    async for page in _plans(calls, query):
        times = {plan["inboundPlanId"]: _time(plan) for plan in page.answer["inboundPlans"]}
        changed.update((plan, None) for plan, at in times.items() if slice_.start <= at < slice_.end)
        yield page
        if any(at < slice_.start for at in times.values()):
            break
    for plan_id in changed:
        async for page in _plan(calls, plan_id):
            yield page


def _plans(calls: Calls, query: Mapping[str, Any]) -> AsyncIterator[Page]:
    return read_pages(
        calls,
        "listInboundPlans",
        _PATH,
        query,
        list_at="inboundPlans",
        token_at="pagination.nextToken",
        token_as="paginationToken",
        name="list",
    )


async def _plan(calls: Calls, plan_id: str) -> AsyncIterator[Page]:
    path = f"{_PATH}/{quote(plan_id, safe='')}"
    plan = await calls.get("getInboundPlan", path)
    yield Page({"operation": "getInboundPlan", "inboundPlanId": plan_id}, plan, "plan")
    async for page in read_pages(
        calls,
        "listInboundPlanItems",
        f"{path}/items",
        {"pageSize": _ITEMS_A_PAGE},
        list_at="items",
        token_at="pagination.nextToken",
        token_as="paginationToken",
        name="items",
    ):
        yield Page({**page.request, **_of(plan_id, plan)}, page.answer, page.name)
    for shipment in plan.get("shipments") or ():
        shipment_id = shipment["shipmentId"]
        answer = await calls.get("getShipment", f"{path}/shipments/{quote(shipment_id, safe='')}")
        request = {"operation": "getShipment", "shipmentId": shipment_id, **_of(plan_id, plan)}
        yield Page(request, answer, "shipment")


def _of(plan_id: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """What tells items and shipments their plan, which their own answers do not."""
    return {
        "inboundPlanId": plan_id,
        "plan": {name: plan.get(name) for name in ("createdAt", "lastUpdatedAt", "marketplaceIds")},
    }


def _time(plan: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(plan["lastUpdatedAt"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnexpectedAnswer("listInboundPlans does not tell when a plan changed.", where=_PATH) from error
