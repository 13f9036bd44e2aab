"""FBA inbound: usage plans, and which plans and shipments a seller has.

They are the deliveries behind the simulation's stock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.inbound import (
    ACTIVE,
    BLOCK_DAYS,
    KEPT_DAYS,
    LONGEST_OPEN_DAYS,
    PLANNED_DAYS,
    Plan,
    inbound_ids,
    inbound_plans,
)
from amazon_sandbox.simulation.inventory import DAY, INBOUND_SEEN_DAYS
from amazon_sandbox.simulation.storefront import Storefront

# Usage plans as the descriptions in fulfillmentInbound_2024-03-20.json and fulfillmentInboundV0.json give
# them.
USAGE_PLANS = {
    **dict.fromkeys(
        (
            "createInboundPlan", "cancelInboundPlan", "setPackingInformation", "generatePackingOptions",
            "confirmPackingOption", "generatePlacementOptions", "confirmPlacementOption",
            "updateShipmentTrackingDetails", "generateTransportationOptions", "confirmTransportationOptions",
        ),
        UsagePlan(2.0, 2),
    ),
    **dict.fromkeys(
        (
            "listInboundPlans", "getInboundPlan", "listInboundPlanBoxes", "listInboundPlanItems",
            "listPackingOptions", "listInboundPlanPallets", "listPlacementOptions", "getShipment",
            "getDeliveryChallanDocument", "listTransportationOptions", "listItemComplianceDetails",
            "updateItemComplianceDetails", "getInboundOperationStatus",
            # The model names no rate for these.
            "cancelSelfShipAppointment", "getSelfShipAppointmentSlots", "generateSelfShipAppointmentSlots",
            "scheduleSelfShipAppointment", "listPrepDetails",
        ),
        UsagePlan(2.0, 6),
    ),
    **dict.fromkeys(
        (
            "updateInboundPlanName", "listPackingGroupBoxes", "listPackingGroupItems", "listShipmentBoxes",
            "listShipmentContentUpdatePreviews", "generateShipmentContentUpdatePreviews",
            "getShipmentContentUpdatePreview", "confirmShipmentContentUpdatePreview",
            "listDeliveryWindowOptions", "generateDeliveryWindowOptions", "confirmDeliveryWindowOptions",
            "listShipmentItems", "updateShipmentName", "listShipmentPallets", "updateShipmentSourceAddress",
            "createMarketplaceItemLabels", "setPrepDetails",
            "getPrepInstructions", "getLabels", "getBillOfLading", "getShipments", "getShipmentItems",
            "getShipmentItemsByShipmentId",
        ),
        UsagePlan(2.0, 30),
    ),
}  # fmt: skip
BASE_PATH = "/inbound/fba/2024-03-20"
PLANS_PATH = f"{BASE_PATH}/inboundPlans"
V0_PATH = "/fba/inbound/v0"
VOIDED = "VOIDED"  # a status that no simulated plan ever has
PLAN_STATUSES = (ACTIVE, VOIDED, "SHIPPED")
MOST_PLANS, MOST_ITEMS, USUAL_SIZE = 30, 1000, 10
V0_STATUSES = (
    "WORKING", "READY_TO_SHIP", "SHIPPED", "RECEIVING", "CANCELLED", "DELETED", "CLOSED", "ERROR",
    "IN_TRANSIT", "DELIVERED", "CHECKED_IN",
)  # fmt: skip
V0_PAGE_SIZE = 50
_EPOCH_DAY = 719_163  # 1970-01-01 as an ordinal


def newest_plans(
    storefronts: Sequence[Storefront], now: int, *, by_update: bool, status: str | None = None
) -> Iterator[Plan]:
    """The plans of the last two years by last update or by creation, latest first; generated lazily.

    `status`: only plans with this status. Blocks in which all plans have left are not searched for ACTIVE
    ones.
    """
    waiting: list[Plan] = []
    time = _time(now, by_update)
    for block in _blocks(now, status):
        waiting = sorted(waiting + _shown(storefronts, block, now, status), key=time)
        # No plan of an earlier block has changed since.
        border = (block * BLOCK_DAYS + LONGEST_OPEN_DAYS + 1 - _EPOCH_DAY) * DAY
        while waiting and time(waiting[-1]) >= border:
            yield waiting.pop()
    yield from reversed(waiting)


def oldest_plans(
    storefronts: Sequence[Storefront], now: int, *, by_update: bool, status: str | None = None
) -> Iterator[Plan]:
    """`newest_plans` in reverse order."""
    waiting: deque[Plan] = deque()
    time = _time(now, by_update)
    for block in reversed(_blocks(now, status)):
        # Among equal times, plans of the later block come first here, because `newest_plans` has them last.
        waiting = deque(sorted([*_shown(storefronts, block, now, status), *waiting], key=time))
        # No plan of a later block was made before.
        border = ((block + 1) * BLOCK_DAYS - PLANNED_DAYS - 1 - _EPOCH_DAY) * DAY
        while waiting and time(waiting[0]) < border:
            yield waiting.popleft()
    yield from waiting


def plans_with(storefronts: Sequence[Storefront], ids: Iterable[str], now: int) -> list[Plan]:
    """The plans of the last two years whose id, or a shipment's confirmation id, is among `ids`; latest
    update first. Only blocks that contain one of the ids are generated.
    """
    left, found = frozenset(ids), list[Plan]()
    for block in _blocks(now):
        if not left:
            break
        for storefront in storefronts:
            if here := left & inbound_ids(storefront, block):
                left -= here
                found += [plan for plan in inbound_plans(storefront, block) if _has(plan, here)]
    made = [plan for plan in found if plan.made_at <= now]
    return sorted(made, key=lambda plan: plan.updated_at(now))[::-1]


def find_plan(storefronts: Sequence[Storefront], plan_id: str, now: int) -> Plan | None:
    """A plan by its id."""
    return next(iter(plans_with(storefronts, (plan_id,), now)), None)


def _blocks(now: int, status: str | None = None) -> range:
    """The blocks of the delivery days whose plans may be shown, latest first."""
    if status == VOIDED:
        return range(0)
    today = now // DAY + _EPOCH_DAY
    # One day less: in the marketplace's time zone it may still be yesterday.
    oldest = today + INBOUND_SEEN_DAYS - 1 if status == ACTIVE else today - KEPT_DAYS
    return range((today + PLANNED_DAYS + 1) // BLOCK_DAYS, oldest // BLOCK_DAYS - 1, -1)


def _shown(storefronts: Sequence[Storefront], block: int, now: int, status: str | None) -> list[Plan]:
    plans = (plan for storefront in storefronts for plan in inbound_plans(storefront, block))
    return [plan for plan in plans if plan.made_at <= now and status in (None, plan.status(now))]


def _time(now: int, by_update: bool) -> Callable[[Plan], int]:
    return lambda plan: plan.updated_at(now) if by_update else plan.made_at


def _has(plan: Plan, ids: frozenset[str]) -> bool:
    return plan.plan_id in ids or any(shipment.confirmation_id in ids for shipment in plan.shipments)


def written(moment: int) -> str:
    """UTC epoch seconds as the API writes them."""
    return iso_utc(moment).replace("+00:00", "Z")
