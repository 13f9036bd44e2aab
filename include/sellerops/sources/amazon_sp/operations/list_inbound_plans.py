"""listInboundPlans (Fulfillment Inbound 2024-03-20), and each changed plan with its items and shipments.

The list accepts no dates, so it is read from the most recently updated plan back to the first that is older
than the window. Shipments have no list of their own: getInboundPlan names them and getShipment returns each,
with the confirmation id that the v0 operations and the reports use.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sellerops.base.errors import UnexpectedAnswer
from sellerops.sources.common.operations import Calls, OperationInput, Page, window_of
from sellerops.sources.common.paging import read_pages

_PATH = "/inbound/fba/2024-03-20/inboundPlans"
# The largest pages the model allows.
_PLANS_A_PAGE, _ITEMS_A_PAGE = "30", "1000"


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """The plans updated in the slice's window: pages ``list``, then for each plan its ``plan``, ``items`` and
    one ``shipment`` per shipment.
    """
    start, end = window_of(wanted.slice_, "listInboundPlans")
    changed: dict[str, None] = {}
    query = {
        "pageSize": _PLANS_A_PAGE,
        "sortBy": "LAST_UPDATED_TIME",
        "sortOrder": "DESC",
        **wanted.options,
    }
    async for page in _plans(calls, query):
        times = {plan["inboundPlanId"]: _time(plan) for plan in page.answer["inboundPlans"]}
        changed.update((plan, None) for plan, at in times.items() if start <= at < end)
        yield page
        if any(at < start for at in times.values()):
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
    """The plan to which items and shipments belong; their own answers do not name it."""
    return {
        "inboundPlanId": plan_id,
        "plan": {name: plan.get(name) for name in ("createdAt", "lastUpdatedAt", "marketplaceIds")},
    }


def _time(plan: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(plan["lastUpdatedAt"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnexpectedAnswer(
            "listInboundPlans answered without the time of a plan's last update.", where=_PATH
        ) from error
