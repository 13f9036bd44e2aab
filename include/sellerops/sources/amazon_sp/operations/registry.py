"""The operations that can be collected, by the name a spec calls them (``request.operation``)."""

from __future__ import annotations

from sellerops.sources.amazon_sp.operations import (
    get_inventory_summaries,
    get_order_metrics,
    get_orders_v0,
    list_transactions,
    search_orders,
)
from sellerops.sources.amazon_sp.operations.pages import Pages

OPERATIONS: dict[str, Pages] = {
    "getInventorySummaries": get_inventory_summaries.pages,
    "getOrderMetrics": get_order_metrics.pages,
    "getOrders": get_orders_v0.pages,
    "listTransactions": list_transactions.pages,
    "searchOrders": search_orders.pages,
}
