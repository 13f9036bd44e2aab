"""Tables of web pages against those of the API: agreeing rows are OK, a broken figure is found, and one side
alone is silent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql
from support.specs import shipped_specs

from sellerops.base.clock import Clock
from sellerops.base.reader_role import grant_table
from sellerops.ledger import Ledger
from sellerops.reconciliation.checks import CheckSpec, load_checks
from sellerops.reconciliation.results import Verdict
from sellerops.reconciliation.running import run_check
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import TableSpec
from sellerops.settings.specs.sql_types import SQL_TYPES

NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)
US = marketplace("US").id
AT = "2026-11-10 20:00:00+00"
DAY = "2026-11-10"
PAGE_SCHEMA = "seller_portal"
TABLES: dict[str, TableSpec] = {
    f"{spec.source}.{name}": table for spec in shipped_specs() for name, table in spec.tables.items()
}
PAGE_CHECKS = [
    check for check in load_checks() if any(each.startswith(f"{PAGE_SCHEMA}.") for each in check.inputs)
]
Rows = list[dict[str, Any]]

# For each check the rows of its tables, of the page first, and the figure of the page that is broken later.
RETURN = {"order_id": "111-1", "sku": "A", "return_date": AT}
SHIPPED = {"shipment_item_id": "i1", "shipment_id": "s1", "shipment_date": AT}
REPLACED = {"replacement_amazon_order_id": "111-1", "sku": "A", "shipment_date": AT}
PROMOTED = {"shipment_item_id": "i1", "item_promotion_id": "p1", "description": "none", "shipment_date": AT}
REIMBURSED = {"reimbursement_id": "r1", "sku": "A", "approval_date": AT}
REMOVED = {"order_id": "o1", "sku": "A", "disposition": "Sellable", "request_date": AT}
SENT_BACK = {"order_id": "o1", "sku": "A", "tracking_number": None, "shipment_date": AT}
STORED = {
    "fnsku": "X1",
    "fulfillment_center": "PHX7",
    "month_of_charge": "2026-10",
    "country_code": "US",
    "month": "2026-10-01",
}
AGED = {"sku": "A", "country": "US", "surcharge_age_tier": "271-365", "snapshot_date": "2026-10-15"}
STOCK = {"sku": "A", "snapshot_at": "2026-11-25 20:00:00+00"}
LISTED = {"seller_sku": "A", "snapshot_at": STOCK["snapshot_at"]}
SALES = {"date": DAY, "units_ordered": 7}
TERM = {"date": DAY, "clicks": 10}
# Tables that were filled for weeks: what their first days lack is not held against them.
OLD_PAYMENT = {"date_time": "2026-09-01 20:00:00+00", "type": "Order", "order_id": "100-1", "total": "1.00"}
OLD_TRANSACTION = {"order_id": "100-1", "total_amount": "1.00", "posted_date": "2026-09-01 20:00:00+00"}
CASES: dict[str, tuple[dict[str, Rows], str]] = {
    "page_customer_returns": (
        {
            "seller_portal.fba_customer_returns": [{**RETURN, "quantity": 1}, {**RETURN, "quantity": 1}],
            "amazon_sp.fba_customer_returns": [{**RETURN, "quantity": 1}, {**RETURN, "quantity": 1}],
        },
        "quantity",
    ),
    "page_fulfilled_shipments": (
        {
            "seller_portal.fulfilled_shipments": [{**SHIPPED, "quantity_shipped": 3}],
            "amazon_sp.fulfilled_shipments": [{**SHIPPED, "quantity_shipped": 3}],
        },
        "quantity_shipped",
    ),
    "page_replacements": (
        {
            "seller_portal.shipment_replacements": [{**REPLACED, "quantity": 2}],
            "amazon_sp.shipment_replacements": [{**REPLACED, "quantity": 2}],
        },
        "quantity",
    ),
    "page_promotions": (
        {
            "seller_portal.shipment_promotions": [{**PROMOTED, "item_promotion_discount": "1.25"}],
            "amazon_sp.shipment_promotions": [{**PROMOTED, "item_promotion_discount": "1.25"}],
        },
        "item_promotion_discount",
    ),
    "page_reimbursements": (
        {
            "seller_portal.reimbursements": [{**REIMBURSED, "amount_total": "12.50"}],
            "amazon_sp.reimbursements": [{**REIMBURSED, "amount_total": "12.50"}],
        },
        "amount_total",
    ),
    "page_removal_orders": (
        {
            "seller_portal.removal_orders": [{**REMOVED, "requested_quantity": 5}],
            "amazon_sp.removal_orders": [{**REMOVED, "requested_quantity": 5}],
        },
        "requested_quantity",
    ),
    "page_removal_shipments": (
        {
            "seller_portal.removal_shipments": [{**SENT_BACK, "shipped_quantity": 5}],
            "amazon_sp.removal_shipments": [{**SENT_BACK, "shipped_quantity": 5}],
        },
        "shipped_quantity",
    ),
    "page_storage_fees": (
        {
            "seller_portal.storage_fees": [{**STORED, "estimated_monthly_storage_fee": "3.10"}],
            "amazon_sp.storage_fees": [{**STORED, "estimated_monthly_storage_fee": "3.10"}],
        },
        "estimated_monthly_storage_fee",
    ),
    "page_inventory_surcharge": (
        {
            "seller_portal.long_term_storage_fees": [{**AGED, "amount_charged": "3.10"}],
            "amazon_sp.long_term_storage_fees": [{**AGED, "amount_charged": "3.10"}],
        },
        "amount_charged",
    ),
    "page_manage_inventory": (
        {
            "seller_portal.fba_manage_inventory": [
                {**STOCK, "afn_total_quantity": 500, "afn_fulfillable_quantity": 400}
            ],
            "amazon_sp.fba_manage_inventory": [
                {
                    **STOCK,
                    "snapshot_at": "2026-11-25 20:20:00+00",
                    "afn_total_quantity": 500,
                    "afn_fulfillable_quantity": 398,
                },
                {
                    **STOCK,
                    "snapshot_at": "2026-11-25 23:00:00+00",
                    "afn_total_quantity": 9,
                    "afn_fulfillable_quantity": 9,
                },
            ],
        },
        "afn_total_quantity",
    ),
    "page_inventory_planning": (
        {
            "seller_portal.fba_inventory_planning": [{**STOCK, "available": 500}],
            "amazon_sp.fba_inventory_planning": [{**STOCK, "available": 500}],
        },
        "available",
    ),
    "page_listings": (
        {
            "seller_portal.listings_all": [{**LISTED, "quantity": 500}],
            "amazon_sp.listings_all": [{**LISTED, "quantity": 500}],
        },
        "quantity",
    ),
    "page_awd_inventory": (
        {
            "seller_portal.awd_inventory": [{**STOCK, "available_in_awd": 500, "reserved_in_awd": 0}],
            "amazon_sp.awd_inventory": [
                {**STOCK, "available_distributable_quantity": 500, "reserved_distributable_quantity": 0}
            ],
        },
        "available_in_awd",
    ),
    "page_awd_inbound_shipments": (
        {
            "seller_portal.awd_inbound_shipments": [{"shipment_id": "s1", "sku": "A", "units_expected": 40}],
            "amazon_sp.awd_inbound_shipment_skus": [
                {"shipment_id": "s1", "sku": "A", "expected_quantity": "40", "created_at": AT}
            ],
        },
        "units_expected",
    ),
    "page_shipment_queue": (
        {
            "seller_portal.shipment_queue": [{"shipment_id": "s1", "units_expected": 40}],
            "amazon_sp.inbound_shipment_items": [
                {"shipment_id": "s1", "seller_sku": "A", "quantity_shipped": 30},
                {"shipment_id": "s1", "seller_sku": "B", "quantity_shipped": 10},
            ],
        },
        "units_expected",
    ),
    "page_sales_by_day": (
        {
            "seller_portal.business_report_by_date": [
                {**SALES, "ordered_product_sales": "70.00", "sessions": 90}
            ],
            "amazon_sp.sales_daily_totals": [
                {**SALES, "ordered_product_sales_amount": "70.00", "sessions": 90}
            ],
        },
        "ordered_product_sales",
    ),
    "page_sales_by_child": (
        {
            "seller_portal.business_report_by_child": [
                {**SALES, "child_asin": "B1", "parent_asin": "P1", "ordered_product_sales": "70.00"}
            ],
            "amazon_sp.sales_daily": [{**SALES, "child_asin": "B1", "ordered_product_sales_amount": "70.00"}],
        },
        "ordered_product_sales",
    ),
    "payments_against_transactions": (
        {
            "seller_portal.payments_date_range": [
                OLD_PAYMENT,
                {
                    "date_time": AT,
                    "type": "Order",
                    "order_id": "111-1",
                    "sku": "A",
                    "total": "7.00",
                    "transaction_release_date": "2026-11-20 10:00:00+00",
                },
                {
                    "date_time": AT,
                    "type": "Order",
                    "order_id": "111-1",
                    "sku": "A",
                    "total": "7.00",
                    "transaction_release_date": "2026-11-20 10:00:00+00",
                },
                {"date_time": AT, "type": "Service Fee", "order_id": "none", "sku": "none", "total": "-3.00"},
            ],
            "amazon_sp.transactions": [
                OLD_TRANSACTION,
                {
                    "order_id": "111-1",
                    "total_amount": "14.00",
                    "transaction_status": "DEFERRED_RELEASED",
                    "posted_date": AT,
                },
                {
                    "order_id": "111-1",
                    "total_amount": "14.00",
                    "transaction_status": "RELEASED",
                    "posted_date": "2026-11-20 10:00:00+00",
                },
            ],
        },
        "total",
    ),
    "payments_against_settlements": (
        {
            "seller_portal.payments_date_range": [],
            "amazon_sp.settlements": [
                {
                    "order_id": "111-1",
                    "sku": "A",
                    "amount": "20.00",
                    "posted_date_time": "2026-11-20 11:00:00+00",
                },
                {
                    "order_id": "111-1",
                    "sku": "A",
                    "amount": "-6.00",
                    "posted_date_time": "2026-11-20 11:00:00+00",
                },
            ],
        },
        "total",
    ),
    "awd_fees_against_settlements": (
        {
            "seller_portal.awd_storage_fees": [
                {"month": "2026-09-01", "total_charged_amount": "0.48"},
                {"month": "2026-09-01", "total_charged_amount": "1.02"},
            ],
            "seller_portal.awd_processing_fees": [{"month": "2026-09-01", "total_charged_amount": "2.70"}],
            "seller_portal.awd_transportation_fees": [
                {"month": "2026-09-01", "total_charged_amount": "5.75"}
            ],
            "amazon_sp.settlements": [
                {
                    "amount": "-1.00",
                    "amount_type": "Amazon Warehousing & Distribution (AWD)",
                    "posted_date": "2026-08-31",
                    "transaction_type": "other-transaction",
                    "amount_description": "Something else",
                },
                {
                    "amount": "-1.50",
                    "amount_type": "Amazon Warehousing & Distribution (AWD)",
                    "posted_date": "2026-10-06",
                    "transaction_type": "other-transaction",
                    "amount_description": "AWD Storage Fee",
                },
                {
                    "amount": "-2.70",
                    "amount_type": "AWD Processing Fee",
                    "posted_date": "2026-09-12",
                    "transaction_type": "FBAFees",
                },
                {
                    "amount": "-5.75",
                    "amount_type": "AWD Transportation Fee",
                    "posted_date": "2026-09-20",
                    "transaction_type": "FBAFees",
                },
            ],
        },
        "total_charged_amount",
    ),
    "page_sp_search_terms": (
        {
            "seller_portal.sp_search_terms": [{**TERM, "spend": "9.00"}],
            "amazon_ads.sp_search_terms": [{**TERM, "cost": "9.00"}],
        },
        "spend",
    ),
    "page_search_terms_unified": (
        {
            "seller_portal.search_terms_unified": [
                {
                    "week": "2026-11-08",
                    "start_date": "2026-11-08",
                    "end_date": "2026-11-14",
                    "budget_currency": "USD",
                    "clicks": 15,
                    "cost": "12.00",
                }
            ],
            "amazon_ads.sb_search_terms": [{**TERM, "clicks": 5, "cost": "3.00", "currency_code": "USD"}],
        },
        "cost",
    ),
    "search_query_volumes": (
        {
            "seller_portal.search_query_performance_brand_weekly": [
                {
                    "start_date": "2026-11-08",
                    "brand": "Northwind",
                    "search_query": "lamp",
                    "search_query_volume": 900,
                }
            ],
            "amazon_sp.search_query_performance_weekly": [
                {
                    "start_date": "2026-11-08",
                    "asin": "B1",
                    "search_query": "lamp",
                    "search_query_volume": 900,
                },
                {
                    "start_date": "2026-11-08",
                    "asin": "B2",
                    "search_query": "lamp",
                    "search_query_volume": 900,
                },
            ],
        },
        "search_query_volume",
    ),
}


def create_tables(connection: psycopg.Connection[Any], names: set[str]) -> None:
    """The landing tables with the columns that their specs declare."""
    for schema in sorted({name.partition(".")[0] for name in names}):
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for name in sorted(names):
        schema, _, table = name.partition(".")
        spec = TABLES[name]
        columns = {
            each: SQL_TYPES[column.type] for each, column in spec.columns.items() if not column.personal
        }
        if spec.day_from_window:
            columns[spec.day_from_window] = "date"
        system = {
            "account_id": "text",
            "marketplace_id": "text",
            "load_id": "text",
            "snapshot_at": "timestamptz",
        }
        declared = sql.SQL(", ").join(
            sql.SQL("{} " + kind).format(sql.Identifier(column))
            for column, kind in {**columns, **system}.items()
        )
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(schema, table), declared))
        grant_table(connection, schema, table)


def insert(connection: psycopg.Connection[Any], name: str, rows: Rows) -> None:
    for row in rows:
        values = {"account_id": "northwind_na", "marketplace_id": US, "load_id": name, **row}
        connection.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(*name.split(".")),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            list(values.values()),
        )


@pytest.fixture
def tables(conninfo: str, ledger: Ledger) -> Ledger:
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    with psycopg.connect(conninfo) as connection:
        create_tables(connection, {each for check in PAGE_CHECKS for each in check.inputs})
    return ledger


def of_page(check: CheckSpec) -> list[str]:
    return [each for each in check.inputs if each.startswith(f"{PAGE_SCHEMA}.")]


def test_every_check_of_pages_has_a_case() -> None:
    assert {check.name for check in PAGE_CHECKS} == set(CASES)


def test_agreeing_rows_are_ok_and_a_broken_one_is_found(tables: Ledger, conninfo: str, reader: str) -> None:
    with psycopg.connect(conninfo) as connection:
        for given, _ in CASES.values():
            for name, rows in given.items():
                insert(connection, name, rows)
        # The two shares of a week's clicks are of one table.
        insert(
            connection,
            "amazon_ads.sp_search_terms",
            [{"date": "2026-11-11", "clicks": 10, "cost": "9.00", "currency_code": "USD"}],
        )
        insert(
            connection,
            "seller_portal.sp_search_terms",
            [{"date": "2026-11-11", "clicks": 10, "spend": "9.00"}],
        )
    for check in PAGE_CHECKS:
        found = run_check(tables, check, reader).results
        assert {each.verdict for each in found} == {Verdict.OK}, (check.name, found)
        assert all(each.evidence for each in found), check.name
    with psycopg.connect(conninfo) as connection:
        for check in PAGE_CHECKS:
            column = CASES[check.name][1]
            broken = sql.SQL("UPDATE {} SET {} = {} + 100").format(
                sql.Identifier(*of_page(check)[0].split(".")), sql.Identifier(column), sql.Identifier(column)
            )
            connection.execute(broken)
    for check in PAGE_CHECKS:
        off = run_check(tables, check, reader).off
        assert off and all(each.day for each in off), check.name
        assert all(abs(Decimal(each.difference or 0)) >= 100 for each in off), check.name


@pytest.mark.parametrize("is_page", [True, False], ids=["page alone", "API alone"])
def test_one_side_alone_is_silent(tables: Ledger, conninfo: str, reader: str, is_page: bool) -> None:
    with psycopg.connect(conninfo) as connection:
        for given, _ in CASES.values():
            for name, rows in given.items():
                if name.startswith(PAGE_SCHEMA) is is_page:
                    insert(connection, name, rows)
    for check in PAGE_CHECKS:
        found = {each.verdict for each in run_check(tables, check, reader).results}
        assert found <= {Verdict.NOT_YET}, check.name


def test_fees_of_a_month_wait_until_settlements_reach_its_end(
    tables: Ledger, conninfo: str, reader: str
) -> None:
    (check,) = [each for each in PAGE_CHECKS if each.name == "awd_fees_against_settlements"]
    with psycopg.connect(conninfo) as connection:
        insert(
            connection,
            "seller_portal.awd_storage_fees",
            [{"month": "2026-10-01", "total_charged_amount": "5.00"}],
        )
        settled = {"amount": "-1.00", "transaction_type": "Order", "posted_date": "2026-09-20"}
        insert(connection, "amazon_sp.settlements", [settled, {**settled, "posted_date": "2026-11-05"}])
    assert [each.verdict for each in run_check(tables, check, reader).results] == [Verdict.NOT_YET]
    with psycopg.connect(conninfo) as connection:
        insert(connection, "amazon_sp.settlements", [{**settled, "posted_date": "2026-11-20"}])
    (missing,) = run_check(tables, check, reader).results
    assert (missing.verdict, missing.left, missing.right) == (Verdict.OFF, Decimal(5), Decimal(0))
