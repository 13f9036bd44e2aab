"""How each landed table is derived from ``bench.day_<marketplace>`` (alias ``d``) and ``bench.sku`` (``s``).

Expressions take ``{marketplace}``, ``{country}``, ``{currency}``, ``{channel}``, ``{zone}``, ``{prefix}`` (of
order ids), ``{books}`` (of settlements), ``{inside}`` (1 where prices include the tax) and ``{until}``, the
last day of all. Columns that are not named here stay null; ``writing`` adds the columns of loads.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mart_rows.demand import REFUNDED_AFTER

DAYS = "bench.day_{marketplace} AS d JOIN bench.sku AS s USING (n)"
# One order per unit.
UNITS = f"{DAYS} CROSS JOIN LATERAL generate_series(1, d.units) AS i"


@dataclass(frozen=True)
class TableRows:
    """Rows of one landed table. ``days_later``: how much later than ``d.day`` they are dated."""

    report: str
    table: str
    values: dict[str, str]
    rows: str = DAYS
    where: str = "true"
    days_later: int = 0
    newest_days_only: int | None = None
    tail: str = field(default="")


def money(cents: str) -> str:
    """SQL that converts cents to a decimal amount."""
    return f"(({cents})::bigint / 100.0)::numeric(14, 2)"


ORDER_ID = (
    "'{prefix}-' || lpad(n::text, 7, '0') || '-' || "
    "lpad(((d.day - date '2020-01-01') * 100 + i)::text, 7, '0')"
)
BOUGHT = "(d.day + time '08:00' + i * interval '7 minutes') AT TIME ZONE '{zone}'"
SHIPPED = "(d.day + time '13:00' + i * interval '7 minutes') AT TIME ZONE '{zone}'"
REFUNDED = f"(d.day + {REFUNDED_AFTER} + time '15:00') AT TIME ZONE '{{zone}}'"
REFUNDED_BY_NOW = f"d.refunded > 0 AND d.day + {REFUNDED_AFTER} <= date '{{until}}'"
ONE = "CROSS JOIN (SELECT 1 AS i) AS first"
SB_CLICKS, SD_CLICKS = "(d.clicks / 5)", "(d.clicks / 8)"
AD_COST = f"(d.clicks + {SB_CLICKS} + {SD_CLICKS}) * d.click_price"
# Some units of every seventh SKU are in stock for half a year.
AGED = "extract(day FROM d.day) = 15 AND s.n % 7 = 0"
AGED_FEE = "round(d.stock * s.cubic_feet * 0.5, 2)"
AD = {
    "profile_id": "'8{marketplace}'",
    "currency_code": "'{currency}'",
    "date": "d.day",
    "campaign_id": "'6{marketplace}' || lpad(s.campaign::text, 9, '0')",
    "campaign_name": "'Campaign ' || s.campaign",
    "campaign_status": "'ENABLED'",
}

TABLES = (
    TableRows(
        "all_orders", "all_orders",
        {
            "amazon_order_id": ORDER_ID, "merchant_order_id": ORDER_ID, "purchase_date": BOUGHT,
            "last_updated_date": SHIPPED, "order_status": "'Shipped'", "fulfillment_channel": "'Amazon'",
            "sales_channel": "'{channel}'", "product_name": "s.title", "sku": "s.sku", "asin": "s.asin",
            "item_status": "'Shipped'", "quantity": "1", "currency": "'{currency}'",
            "item_price": money("d.price"),
            "item_tax": money("d.tax"), "is_business_order": "'false'",
        },
        UNITS,
    ),
    TableRows(
        "inventory_ledger_summary", "inventory_ledger_summary",
        {
            "date": "d.day", "fnsku": "s.fnsku", "asin": "s.asin", "msku": "s.sku", "title": "s.title",
            "disposition": "'SELLABLE'", "starting_warehouse_balance": "d.stock + d.units - d.received",
            "in_transit_between_warehouses": "0", "receipts": "d.received", "customer_shipments": "-d.units",
            "customer_returns": "0", "vendor_returns": "0", "warehouse_transfer_in_out": "0", "found": "0",
            "lost": "0",
            "damaged": "0", "disposed": "0", "other_events": "0", "ending_warehouse_balance": "d.stock",
            "unknown_events": "0", "location": "'{country}'",
        },
    ),
    TableRows(
        "fba_customer_returns", "fba_customer_returns",
        {
            "return_date": REFUNDED, "order_id": ORDER_ID, "sku": "s.sku", "asin": "s.asin",
            "fnsku": "s.fnsku",
            "product_name": "s.title", "quantity": "1", "fulfillment_center_id": "'XX{marketplace}'",
            "detailed_disposition": "'CUSTOMER_DAMAGED'", "reason": "'UNWANTED_ITEM'",
            "line_hash": f"md5({ORDER_ID})",
        },
        f"{DAYS} {ONE}", REFUNDED_BY_NOW, REFUNDED_AFTER,
    ),
    TableRows(
        "economics", "economics",
        {
            "date": "d.day", "marketplace": "'{marketplace_id}'", "msku": "s.sku", "fnsku": "s.fnsku",
            "child_asin": "s.asin", "parent_asin": "s.parent_asin",
            "ordered_product_sales_amount": money("d.units * d.price"),
            "ordered_product_sales_currency_code": "'{currency}'",
            "refunded_product_sales_amount": money("d.refunded_now * d.price"),
            "refunded_product_sales_currency_code": "'{currency}'",
            "net_product_sales_amount": money("(d.units - d.refunded_now) * d.price"),
            "net_product_sales_currency_code": "'{currency}'", "units_ordered": "d.units",
            "units_refunded": "d.refunded_now", "net_units_sold": "d.units - d.refunded_now",
            "net_proceeds_amount": money(
                "(d.units - d.refunded_now) * (d.price - d.commission) - d.units * d.fulfilment"
                f" - d.refunded_now * (d.commission / 5) - {AD_COST}"
            ),
            "net_proceeds_currency_code": "'{currency}'",
        },
        where="d.units + d.refunded_now + d.clicks > 0",
    ),
    TableRows(
        "economics", "economics_fees",
        {
            "date": "d.day", "marketplace": "'{marketplace_id}'", "msku": "s.sku",
            "fee_type_name": "fee.name",
            "fee_start_date": "d.day", "rate_card_amount": money("fee.cents"),
            "rate_card_currency_code": "'{currency}'",
            "promotion_amount": "0", "tax_amount": "0", "total_amount": money("fee.cents"),
            "total_currency_code": "'{currency}'", "quantity": "fee.units",
        },
        f"""{DAYS} CROSS JOIN LATERAL (VALUES ('ReferralFee', d.units * d.commission, d.units),
            ('FbaFulfilmentFee', d.units * d.fulfilment, d.units),
            ('RefundedReferralFee', -d.refunded_now * d.commission, d.refunded_now),
            ('RefundCommissionFee', d.refunded_now * (d.commission / 5), d.refunded_now))
            AS fee (name, cents, units)""",
        "d.units + d.refunded_now > 0 AND fee.units > 0",
    ),
    TableRows(
        "economics", "economics_fee_components",
        {
            "date": "d.day", "marketplace": "'{marketplace_id}'", "msku": "s.sku",
            "fee_type_name": "'FbaFulfilmentFee'", "fee_start_date": "d.day",
            "component_name": "'BaseFbaFulfilmentFee'", "rate_card_amount": money("d.units * d.fulfilment"),
            "rate_card_currency_code": "'{currency}'", "promotion_amount": "0", "tax_amount": "0",
            "total_amount": money("d.units * d.fulfilment"), "total_currency_code": "'{currency}'",
            "quantity": "d.units",
        },
        where="d.units > 0",
    ),
    TableRows(
        "economics", "economics_ads",
        {
            "date": "d.day", "marketplace": "'{marketplace_id}'", "msku": "s.sku",
            "ad_type_name": "'Sponsored Products charge'",
            "rate_card_amount": money("d.clicks * d.click_price"),
            "rate_card_currency_code": "'{currency}'", "promotion_amount": "0", "tax_amount": "0",
            "total_amount": money("d.clicks * d.click_price"), "total_currency_code": "'{currency}'",
            "quantity": "d.clicks",
        },
        where="d.clicks > 0",
    ),
    TableRows(
        "sp_advertised_products", "sp_advertised_products",
        {
            **AD, "ad_group_id": "'7{marketplace}' || lpad(s.campaign::text, 9, '0')",
            "ad_group_name": "'Group'",
            "ad_id": "'5{marketplace}' || lpad(n::text, 9, '0')", "advertised_asin": "s.asin",
            "advertised_sku": "s.sku",
            "impressions": "d.clicks * 150", "clicks": "d.clicks", "cost": money("d.clicks * d.click_price"),
            "spend": money("d.clicks * d.click_price"), "purchases_7d": "d.ad_units",
            "units_sold_clicks_7d": "d.ad_units",
            "sales_7d": money("d.ad_units * d.price"),
            "attributed_sales_same_sku_7d": money("d.ad_units * d.price"),
            "sales_other_sku_7d": "0", "units_sold_same_sku_7d": "d.ad_units", "units_sold_other_sku_7d": "0",
        },
        where="d.clicks > 0",
    ),
    TableRows(
        "sp_campaigns", "sp_campaigns",
        {
            **AD, "impressions": "sum(d.clicks) * 150", "clicks": "sum(d.clicks)",
            "cost": money("sum(d.clicks * d.click_price)"), "spend": money("sum(d.clicks * d.click_price)"),
            "purchases_7d": "sum(d.ad_units)", "units_sold_clicks_7d": "sum(d.ad_units)",
            "sales_7d": money("sum(d.ad_units * d.price)"),
            "attributed_sales_same_sku_7d": money("sum(d.ad_units * d.price)"),
            "units_sold_same_sku_7d": "sum(d.ad_units)",
        },
        where="d.clicks > 0", tail="GROUP BY d.day, s.campaign",
    ),
    TableRows(
        "reimbursements", "reimbursements",
        {
            "approval_date": "(d.day + time '10:00') AT TIME ZONE '{zone}'",
            "reimbursement_id": "'4{marketplace}' || lpad(n::text, 6, '0') || (d.day - date '2020-01-01')",
            "reason": "'Lost_Warehouse'", "sku": "s.sku", "fnsku": "s.fnsku", "asin": "s.asin",
            "product_name": "s.title", "condition": "'NewItem'", "currency_unit": "'{currency}'",
            "amount_per_unit": money("d.price * 6 / 10"), "amount_total": money("d.price * 6 / 10"),
            "quantity_reimbursed_cash": "1", "quantity_reimbursed_inventory": "0",
            "quantity_reimbursed_total": "1",
            "line_hash": "md5('{marketplace}' || n || d.day)",
        },
        where="d.luck > 0.998",
    ),
    TableRows(
        "storage_fees", "storage_fees",
        {
            "month": "date_trunc('month', d.day)::date", "asin": "s.asin", "fnsku": "s.fnsku",
            "product_name": "s.title",
            "fulfillment_center": "'XX{marketplace}'", "country_code": "'{country}'",
            "item_volume": "s.cubic_feet",
            "volume_units": "'cubic feet'", "product_size_tier": "'Standard-Size'",
            "average_quantity_on_hand": "round(avg(d.stock), 2)",
            "estimated_total_item_volume": "round(avg(d.stock) * s.cubic_feet, 4)",
            "month_of_charge": "to_char(date_trunc('month', d.day), 'YYYY-MM')", "currency": "'{currency}'",
            "estimated_monthly_storage_fee": "round(avg(d.stock) * s.cubic_feet * 0.78, 4)", "sku": "s.sku",
            "line_hash": "md5('{marketplace}' || s.sku || date_trunc('month', d.day))",
        },
        tail="GROUP BY date_trunc('month', d.day), s.n, s.sku, s.asin, s.fnsku, s.title, s.cubic_feet",
    ),
    TableRows(
        "fba_inventory_planning", "fba_inventory_planning",
        {
            "snapshot_at": "d.day + 1 + time '02:00'", "snapshot_date": "d.day", "sku": "s.sku",
            "fnsku": "s.fnsku",
            "asin": "s.asin", "product_name": "s.title", "condition": "'New'", "available": "d.stock",
            "fc_transfer": "0",
            "currency": "'{currency}'", "units_shipped_t7": "d.units * 7",
            "units_shipped_t30": "d.units * 30",
            "your_price": money("d.price"), "item_volume": "s.cubic_feet", "storage_type": "'Standard-size'",
            "marketplace": "'{country}'", "inbound_quantity": "0", "total_reserved_quantity": "0",
            "unfulfillable_quantity": "0",
        },
        newest_days_only=30,
    ),
    TableRows(
        "fba_inventory_summaries", "fba_inventory_summaries",
        {
            "snapshot_at": "d.day + 1 + time '02:00'", "asin": "s.asin", "fn_sku": "s.fnsku",
            "seller_sku": "s.sku",
            "condition": "'NewItem'", "fulfillable_quantity": "d.stock", "inbound_working_quantity": "0",
            "inbound_shipped_quantity": "0", "inbound_receiving_quantity": "0",
            "total_reserved_quantity": "0",
            "total_unfulfillable_quantity": "0", "total_quantity": "d.stock", "product_name": "s.title",
        },
        newest_days_only=30,
    ),
)  # fmt: skip
