"""The operations that can be collected, by their name in specs (``request.operation``)."""

from __future__ import annotations

from sellerops.sources.amazon_sp.operations import (
    get_inbound_shipments_v0,
    get_inventory_summaries,
    get_my_fees_estimates,
    get_order_metrics,
    get_orders_v0,
    list_awd_inbound_shipments,
    list_awd_inventory,
    list_cases,
    list_inbound_plans,
    list_transactions,
    search_catalog_items,
    search_orders,
)
from sellerops.sources.common.operations import Operation

OPERATIONS: dict[str, Operation] = {
    "getInventorySummaries": get_inventory_summaries.pages,
    "getMyFeesEstimates": get_my_fees_estimates.pages,
    "getOrderMetrics": get_order_metrics.pages,
    "getOrders": get_orders_v0.pages,
    "getShipments": get_inbound_shipments_v0.pages,
    "listCases": list_cases.pages,
    "listInboundPlans": list_inbound_plans.pages,
    "listInboundShipments": list_awd_inbound_shipments.pages,
    "listInventory": list_awd_inventory.pages,
    "listTransactions": list_transactions.pages,
    "searchCatalogItems": search_catalog_items.pages,
    "searchOrders": search_orders.pages,
}
