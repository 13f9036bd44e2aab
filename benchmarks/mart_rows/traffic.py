"""Sales and traffic by ASIN, SKU and day, and what reports of the catalogue say about each SKU."""

from __future__ import annotations

from mart_rows.tables import TableRows, money

_SALES = {
    "date": "d.day", "parent_asin": "s.parent_asin", "child_asin": "s.asin", "units_ordered": "d.units",
    "ordered_product_sales_amount": money("d.units * d.price"),
    "ordered_product_sales_currency_code": "'{currency}'", "total_order_items": "d.units",
    "sessions": "d.sessions", "browser_sessions": "d.sessions", "mobile_app_sessions": "0",
    "page_views": "d.sessions * 2", "browser_page_views": "d.sessions * 2", "mobile_app_page_views": "0",
    "buy_box_percentage": "97.5", "units_ordered_b2b": "0",
    "unit_session_percentage": "round(100.0 * d.units / greatest(d.sessions, 1), 2)",
}  # fmt: skip
_SNAPSHOT = "d.day + 1 + time '02:00'"

TRAFFIC = (
    TableRows("sales_and_traffic", "sales_daily", _SALES, where="d.sessions > 0"),
    TableRows(
        "sales_and_traffic_by_sku", "sales_daily_by_sku", {**_SALES, "sku": "s.sku"}, where="d.sessions > 0"
    ),
    TableRows(
        "sales_and_traffic", "sales_daily_totals",
        {
            "date": "d.day", "ordered_product_sales_amount": money("sum(d.units * d.price)"),
            "ordered_product_sales_currency_code": "'{currency}'", "units_ordered": "sum(d.units)",
            "total_order_items": "sum(d.units)", "units_refunded": "sum(d.refunded_now)",
        },
        tail="GROUP BY d.day",
    ),
    TableRows(
        "listings_all", "listings_all",
        {
            "snapshot_at": _SNAPSHOT, "item_name": "s.title", "seller_sku": "s.sku",
            "price": money("d.price"),
            "item_condition": "'11'", "asin1": "s.asin", "product_id": "s.asin", "product_id_type": "'1'",
            "fulfillment_channel": "'AMAZON_NA'", "status": "'Active'",
        },
        newest_days_only=30,
    ),
    TableRows(
        "fee_preview", "fee_preview",
        {
            "snapshot_at": _SNAPSHOT, "sku": "s.sku", "fnsku": "s.fnsku", "asin": "s.asin",
            "product_name": "s.title", "fulfilled_by": "'Amazon'", "your_price": money("d.price"),
            "sales_price": money("d.price"), "currency": "'{currency}'",
            "estimated_fee_total": money("d.commission + d.fulfilment"),
            "estimated_referral_fee_per_unit": money("d.commission"),
            "expected_fulfillment_fee_per_unit": money("d.fulfilment"),
        },
        newest_days_only=30,
    ),
)  # fmt: skip
