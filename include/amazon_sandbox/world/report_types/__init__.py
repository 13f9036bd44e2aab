"""The report types the world can write: one module each, one line each in the registry."""

from __future__ import annotations

from collections.abc import Callable

from amazon_sandbox.world.documents import Document
from amazon_sandbox.world.report_types import all_orders, fba_inventory, fba_returns, sales_and_traffic
from amazon_sandbox.world.report_types.request import ReportRequest

REQUESTABLE: dict[str, Callable[[ReportRequest], Document | None]] = {
    all_orders.REPORT_TYPE: all_orders.write,
    fba_inventory.REPORT_TYPE: fba_inventory.write,
    fba_returns.REPORT_TYPE: fba_returns.write,
    sales_and_traffic.REPORT_TYPE: sales_and_traffic.write,
}

__all__ = ["REQUESTABLE", "ReportRequest"]
