"""What the Data Kiosk API adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.core.faults import Stage
from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.data_kiosk import data, faults, routes
from amazon_sandbox.data_kiosk.state import QueryStore

FAMILY = Family(
    routes=tuple(routes.routes),
    usage_plans=data.USAGE_PLANS,
    faults=faults.MENU,
    stages={Stage.REPORT: ("createQuery",)},
    states=(QueryStore,),
    report_types=lambda: data.TYPES,
)
