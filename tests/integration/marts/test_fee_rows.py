"""Marts of fees, returns and search queries from rows written by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from support.built_marts import MartRows

from sellerops.ledger import Ledger

DAY = date(2026, 3, 10)


@pytest.fixture
def given(ledger: Ledger) -> MartRows:
    return MartRows(ledger)


def test_a_fee_is_estimated_for_what_was_ordered_and_kept_beside_the_charge(given: MartRows) -> None:
    order = {
        "ordinal": 1,
        "purchase_date": "2026-03-10T20:00:00Z",
        "last_updated_date": "2026-03-12T12:00:00Z",
        "order_status": "Shipped",
        "item_status": "Shipped",
        "asin": "ASINA",
        "item_price": Decimal("10.00"),
    }
    given.add(
        "amazon_sp.all_orders",
        {**order, "amazon_order_id": "1", "sku": "A", "quantity": 2, "fulfillment_channel": "Amazon"},
        {**order, "amazon_order_id": "2", "sku": "M", "quantity": 1, "fulfillment_channel": "Merchant"},
    )
    given.add(
        "amazon_sp.fee_preview",
        {
            "sku": "A",
            "snapshot_at": "2026-03-09T03:00:00Z",
            "estimated_referral_fee_per_unit": Decimal("1.50"),
            "expected_fulfillment_fee_per_unit": Decimal("3.22"),
        },
    )
    fee = {"date": DAY, "msku": "A", "reported_at": "2026-03-20T00:00:00Z", "tax_amount": Decimal("0")}
    given.add(
        "amazon_sp.economics_fees",
        {**fee, "fee_type_name": "FbaFulfilmentFee", "total_amount": Decimal("3.30"), "quantity": 1},
        {
            **fee,
            "fee_type_name": "SomethingNew",
            "total_amount": Decimal("0.12"),
            "tax_amount": Decimal("0.02"),
            "quantity": 1,
        },
    )
    part = {"date": DAY, "msku": "A", "fee_type_name": "FbaFulfilmentFee", "tax_amount": Decimal("0")}
    given.add(
        "amazon_sp.economics_fee_components",
        {**part, "component_name": "BaseFbaFulfilmentFee", "total_amount": Decimal("3.20")},
        {**part, "component_name": "FuelSurcharge", "total_amount": Decimal("0.10")},
    )
    rows = {(row["sku"], row["fee_type"]): row for row in given.built("fees_day")}
    fulfilment = rows["A", "fee.fba_fulfilment"]
    assert (fulfilment["amount_actual"], fulfilment["amount_estimated"]) == (
        Decimal("-3.30"),
        Decimal("-6.44"),
    )
    assert (fulfilment["status"], fulfilment["estimate_source"]) == ("complete", "fee_preview")
    assert (fulfilment["amount_fuel"], fulfilment["amount_low_inventory"]) == (Decimal("-0.10"), None)
    new = rows["A", "SomethingNew"]
    assert (new["amount_actual"], new["tax_actual"], new["is_mapped"]) == (
        Decimal("-0.10"),
        Decimal("-0.02"),
        False,
    )
    assert rows["M", "fee.referral"]["missing"] == "rate"
    assert ("M", "fee.fba_fulfilment") not in rows


def test_returns_count_in_the_month_of_their_shipment(given: MartRows) -> None:
    shipped = {"sku": "A", "shipment_id": "s", "quantity_shipped": 30}
    given.add(
        "amazon_sp.fulfilled_shipments",
        {**shipped, "amazon_order_id": "1", "shipment_item_id": "1", "shipment_date": "2026-03-31T12:00:00Z"},
        {**shipped, "amazon_order_id": "2", "shipment_item_id": "2", "shipment_date": "2026-04-01T06:59:00Z"},
        {**shipped, "amazon_order_id": "3", "shipment_item_id": "3", "shipment_date": "2026-04-01T07:01:00Z"},
    )
    returned = {
        "marketplace_id": None,
        "sku": "A",
        "reported_at": "2026-06-10T00:00:00Z",
        "reason": "UNWANTED_ITEM",
    }
    given.add(
        "amazon_sp.fba_customer_returns",
        {
            **returned,
            "order_id": "1",
            "quantity": 4,
            "return_date": "2026-05-31T10:00:00Z",
            "detailed_disposition": "SELLABLE",
        },
        {
            **returned,
            "order_id": "2",
            "quantity": 3,
            "return_date": "2026-06-01T10:00:00Z",
            "detailed_disposition": "DEFECTIVE",
        },
        {
            **returned,
            "order_id": "3",
            "quantity": 6,
            "return_date": "2026-06-01T10:00:00Z",
            "detailed_disposition": "DEFECTIVE",
        },
    )
    given.add(
        "amazon_sp.fee_preview", {"sku": "A", "snapshot_at": "2026-03-20T03:00:00Z", "product_group": "Toys"}
    )
    march, april = given.built("return_rate_month")
    assert (march["units_shipped"], march["units_returned"], march["return_rate"]) == (
        60,
        4,
        Decimal("0.066667"),
    )
    assert (march["category"], march["threshold"]) == ("toys", Decimal("0.047"))
    assert march["units_above_threshold"] == 4 - 60 * Decimal("0.047")
    assert (march["status"], april["status"]) == ("complete", "estimated")
    assert (april["units_returned"], april["units_returned_unsellable"], april["missing"]) == (
        6,
        6,
        "threshold",
    )
    by_disposition = given.built("returns_day")
    assert [(row["disposition"], row["units"], row["is_sellable"]) for row in by_disposition] == [
        ("SELLABLE", 4, True),
        ("DEFECTIVE", 9, False),
    ]


def test_paid_clicks_of_a_query_are_taken_off_its_own(given: MartRows) -> None:
    week = date(2026, 3, 8)
    query = {
        "start_date": week,
        "search_query": "garden hose",
        "search_query_volume": 900,
        "total_query_impression_count": 1000,
        "total_click_count": 100,
        "total_cart_add_count": 20,
        "total_purchase_count": 10,
    }
    given.add(
        "amazon_sp.search_query_performance_weekly",
        {
            **query,
            "asin": "ASINA",
            "asin_impression_count": 50,
            "asin_click_count": 10,
            "asin_cart_add_count": 3,
            "asin_purchase_count": 2,
        },
        {
            **query,
            "asin": "ASINB",
            "asin_impression_count": 30,
            "asin_click_count": 4,
            "asin_cart_add_count": 1,
            "asin_purchase_count": 0,
        },
    )
    term = {"campaign_id": "1", "search_term": "garden hose", "reported_at": "2026-04-01T00:00:00Z"}
    given.add(
        "amazon_ads.sp_search_terms",
        {**term, "date": week, "ad_group_id": "11", "clicks": 3, "purchases_7d": 1, "cost": Decimal("2.10")},
        {**term, "date": date(2026, 3, 14), "ad_group_id": "12", "clicks": 4, "purchases_7d": 2},
        {**term, "date": date(2026, 3, 15), "ad_group_id": "11", "clicks": 99},
    )
    advertised = {"date": week, "campaign_id": "1"}
    given.add(
        "amazon_ads.sp_advertised_products",
        {**advertised, "ad_group_id": "11", "advertised_asin": "ASINA"},
        {**advertised, "ad_group_id": "12", "advertised_asin": "ASINA"},
        {**advertised, "ad_group_id": "12", "advertised_asin": "ASINB"},
    )
    rows = {row["asin"]: row for row in given.built("search_query_week")}
    assert (rows["ASINA"]["paid_clicks"], rows["ASINA"]["organic_clicks"]) == (3, 7)
    assert (rows["ASINB"]["paid_clicks"], rows["ASINB"]["organic_clicks"]) == (0, 4)
    everything = rows[""]
    assert (everything["clicks"], everything["paid_clicks"], everything["organic_clicks"]) == (14, 7, 7)
    assert (everything["clicks_total"], everything["click_share"]) == (100, Decimal("0.14"))
    assert (everything["organic_purchases"], everything["warning"]) == (0, "paid_exceeds_own")
    assert everything["status"] == "complete"
    found = given.rows(
        "SELECT count(*) AS n FROM sellerops_marts.search_query_week "
        "WHERE to_tsvector('simple', search_query) @@ websearch_to_tsquery('simple', 'hose')"
    )
    assert found == [{"n": 3}]
    indexes = given.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'search_query_week'")
    assert any("to_tsvector" in row["indexdef"] for row in indexes)
