"""The report types the world can write: one module each, one line each in the registry."""

from __future__ import annotations

from collections.abc import Callable

from amazon_sandbox.world.documents import Document
from amazon_sandbox.world.report_types import (
    all_orders,
    coupon_performance,
    fba_inventory,
    fba_returns,
    fee_preview,
    fulfilled_shipments,
    long_term_storage_fees,
    market_basket,
    overage_fees,
    promotion_performance,
    reimbursements,
    removal_orders,
    removal_shipments,
    repeat_purchase,
    sales_and_traffic,
    search_catalog_performance,
    search_query_performance,
    search_terms,
    seller_feedback,
    shipment_promotions,
    shipment_replacements,
    storage_fees,
)
from amazon_sandbox.world.report_types.request import ReportRequest

REQUESTABLE: dict[str, Callable[[ReportRequest], Document | None]] = {
    all_orders.REPORT_TYPE: all_orders.write,
    fba_inventory.REPORT_TYPE: fba_inventory.write,
    fba_returns.REPORT_TYPE: fba_returns.write,
    sales_and_traffic.REPORT_TYPE: sales_and_traffic.write,
    coupon_performance.REPORT_TYPE: coupon_performance.write,
    market_basket.REPORT_TYPE: market_basket.write,
    promotion_performance.REPORT_TYPE: promotion_performance.write,
    repeat_purchase.REPORT_TYPE: repeat_purchase.write,
    search_catalog_performance.REPORT_TYPE: search_catalog_performance.write,
    search_query_performance.REPORT_TYPE: search_query_performance.write,
    search_terms.REPORT_TYPE: search_terms.write,
    fee_preview.REPORT_TYPE: fee_preview.write,
    fulfilled_shipments.REPORT_TYPE: fulfilled_shipments.write,
    long_term_storage_fees.REPORT_TYPE: long_term_storage_fees.write,
    overage_fees.REPORT_TYPE: overage_fees.write,
    reimbursements.REPORT_TYPE: reimbursements.write,
    removal_orders.REPORT_TYPE: removal_orders.write,
    removal_shipments.REPORT_TYPE: removal_shipments.write,
    seller_feedback.REPORT_TYPE: seller_feedback.write,
    shipment_promotions.REPORT_TYPE: shipment_promotions.write,
    shipment_replacements.REPORT_TYPE: shipment_replacements.write,
    storage_fees.REPORT_TYPE: storage_fees.write,
}

__all__ = ["REQUESTABLE", "ReportRequest"]
