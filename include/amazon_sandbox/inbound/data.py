"""FBA inbound: usage plans, and which plans and shipments a seller has.

What there is comes from the world: the deliveries behind its stock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from amazon_sandbox.quotas import UsagePlan
from amazon_sandbox.world.documents import iso_utc
from amazon_sandbox.world.inbound import BLOCK_DAYS, KEPT_DAYS, LONGEST_OPEN_DAYS, PLANNED_DAYS, Plan
from amazon_sandbox.world.inventory import DAY
from amazon_sandbox.world.shop import Shop

# Usage plans as the descriptions in fulfillmentInbound_2024-03-20.json and fulfillmentInboundV0.json give
# them.
USAGE_PLANS = {
    "listInboundPlans": UsagePlan(2.0, 6),
    "getInboundPlan": UsagePlan(2.0, 6),
    "listInboundPlanItems": UsagePlan(2.0, 6),
    "getShipment": UsagePlan(2.0, 6),
    "getShipments": UsagePlan(2.0, 30),
    "getShipmentItems": UsagePlan(2.0, 30),
    "getShipmentItemsByShipmentId": UsagePlan(2.0, 30),
}
PLANS_PATH = "/inbound/fba/2024-03-20/inboundPlans"
V0_PATH = "/fba/inbound/v0"
PLAN_STATUSES = ("ACTIVE", "VOIDED", "SHIPPED")
MOST_PLANS, MOST_ITEMS, USUAL_SIZE = 30, 1000, 10
V0_STATUSES = (
    "WORKING", "READY_TO_SHIP", "SHIPPED", "RECEIVING", "CANCELLED", "DELETED", "CLOSED", "ERROR",
    "IN_TRANSIT", "DELIVERED", "CHECKED_IN",
)  # fmt: skip
V0_PAGE_SIZE = 50
_EPOCH_DAY = 719_163  # 1970-01-01 as an ordinal


def newest_plans(shops: Sequence[Shop], now: int, *, by_update: bool) -> Iterator[Plan]:
    """The plans of two years by last update or by creation, latest first; made as far as they are taken."""
    waiting: list[Plan] = []
    today = now // DAY + _EPOCH_DAY

    def time(plan: Plan) -> int:
        return plan.updated_at(now) if by_update else plan.made_at

    for block in range((today + PLANNED_DAYS + 1) // BLOCK_DAYS, (today - KEPT_DAYS) // BLOCK_DAYS - 1, -1):
        for shop in shops:
            waiting += [plan for plan in shop.inbound_plans(block) if plan.made_at <= now]
        waiting.sort(key=time)
        # No plan of an earlier block has changed since.
        border = (block * BLOCK_DAYS + LONGEST_OPEN_DAYS + 1 - _EPOCH_DAY) * DAY
        while waiting and time(waiting[-1]) >= border:
            yield waiting.pop()
    yield from reversed(waiting)


def find_plan(shops: Sequence[Shop], plan_id: str, now: int) -> Plan | None:
    """A plan by its id."""
    plans = newest_plans(shops, now, by_update=True)
    return next((plan for plan in plans if plan.plan_id == plan_id), None)


def written(moment: int) -> str:
    """UTC epoch seconds as the API writes them."""
    return iso_utc(moment).replace("+00:00", "Z")
