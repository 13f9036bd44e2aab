"""What the Fulfillment Inbound API adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.faults import Stage
from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.inbound import data, downloads, faults, routes
from amazon_sandbox.inbound.store import InboundStore

FAMILY = Family(
    routes=tuple(routes.routes),
    usage_plans=data.USAGE_PLANS,
    operations=(downloads.OPERATION,),
    faults=faults.MENU,
    stages={Stage.INBOUND: (*faults.ASYNCHRONOUS, *faults.OPTION_LISTS, "getInboundPlan", "getShipment")},
    states=(InboundStore,),
)
