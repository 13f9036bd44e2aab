"""A created plan as the control calls show it."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.inbound import shipment_views, views
from amazon_sandbox.inbound.records import PlanRecord
from amazon_sandbox.inbound.store import InboundStore


def inside(store: InboundStore, plan: PlanRecord, now: float) -> dict[str, Any]:
    """The plan as getInboundPlan shows it, its shipments as getShipment does, and its operations."""
    return {
        **views.plan_details(plan, now),
        "account": plan.storefront.account,
        "shipments": [shipment_views.shipment_details(plan, shipment, now) for shipment in plan.shipments],
        "operations": [
            {**operation.as_dict(), "startedAt": views.time(operation.started_at)}
            for operation in store.operations.of_plan(plan)
        ],
    }
