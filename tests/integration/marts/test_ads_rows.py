"""Marts of ads from rows written by hand: no cent of spend is lost, and sales are with what was bought."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.built_marts import MartRows

from sellerops.destinations.mart_store import Span
from sellerops.ledger import Ledger

DAY = date(2026, 3, 10)
LATE = "2026-04-20T12:00:00Z"  # all windows of attribution have passed


@pytest.fixture
def given(ledger: Ledger) -> MartRows:
    return MartRows(ledger)


def _sp(sku: str, cost: str, same: str, other: str) -> dict[str, Any]:
    sales = Decimal(same) + Decimal(other)
    return {
        "date": DAY,
        "campaign_id": "1",
        "ad_group_id": "11",
        "ad_id": f"ad{sku}",
        "advertised_sku": sku,
        "advertised_asin": f"ASIN{sku}",
        "currency_code": "USD",
        "impressions": 10,
        "clicks": 2,
        "cost": Decimal(cost),
        "sales_7d": sales,
        "attributed_sales_same_sku_7d": Decimal(same),
        "sales_other_sku_7d": Decimal(other),
        "reported_at": LATE,
    }


def test_sales_go_to_the_product_bought_and_the_rest_of_the_spend_to_no_sku(given: MartRows) -> None:
    given.add("amazon_ads.sp_advertised_products", _sp("A", "3.00", "20", "15"), _sp("B", "1.00", "0", "0"))
    bought = {
        "date": DAY,
        "campaign_id": "1",
        "ad_group_id": "11",
        "advertised_sku": "A",
        "currency_code": "USD",
    }
    given.add(
        "amazon_ads.sp_purchased_products",
        {**bought, "purchased_asin": "ASINB", "sales_other_sku_7d": Decimal("10")},
        {**bought, "purchased_asin": "ASINZ", "sales_other_sku_7d": Decimal("5")},
    )
    given.add(
        "amazon_ads.sp_campaigns",
        {
            "date": DAY,
            "campaign_id": "1",
            "cost": Decimal("4.05"),
            "sales_7d": 35,
            "currency_code": "USD",
            "clicks": 4,
            "impressions": 20,
            "reported_at": LATE,
        },
    )
    rows = {(row["sku"], row["asin"]): row for row in given.built("ads_day")}
    assert sum(row["spend"] for row in rows.values()) == Decimal("4.05")
    assert sum(row["ad_sales"] for row in rows.values()) == 35
    assert (rows["A", "ASINA"]["ad_sales"], rows["A", "ASINA"]["attributed_sales"]) == (20, 35)
    assert (rows["B", "ASINB"]["ad_sales"], rows["B", "ASINB"]["halo_sales"]) == (10, 10)
    assert (rows["", "ASINZ"]["ad_sales"], rows["", "ASINZ"]["missing"]) == (5, "mapping")
    assert (rows["", ""]["spend"], rows["", ""]["missing"]) == (Decimal("0.05"), "allocation")
    assert rows["A", "ASINA"]["status"] == "complete"


def _brand_ad(
    given: MartRows, cost: str, sales: dict[str, int], *, snapshot: bool = True
) -> list[dict[str, Any]]:
    ad = {"date": DAY, "campaign_id": "1", "ad_group_id": "11", "ad_id": "111", "currency_code": "USD"}
    given.add("amazon_ads.sb_ads", {**ad, "cost": Decimal(cost), "clicks": 5, "reported_at": LATE})
    given.add(
        "amazon_ads.sb_campaigns",
        {
            "date": DAY,
            "campaign_id": "1",
            "cost": Decimal(cost),
            "clicks": 5,
            "currency_code": "USD",
            "reported_at": LATE,
        },
    )
    if snapshot:
        ad_product = {
            "ad_id": "111",
            "ad_group_id": "11",
            "product_id_type": "ASIN",
            "snapshot_at": "2026-03-08T04:00:00Z",
        }
        given.add("amazon_ads.ad_products", *({**ad_product, "product_id": f"ASIN{one}"} for one in "ABC"))
    for sku in "ABCD":
        given.add(
            "amazon_sp.sales_daily_by_sku",
            {
                "date": DAY,
                "sku": sku,
                "child_asin": f"ASIN{sku}",
                "sessions": 1,
                "units_ordered": 0,
                "reported_at": LATE,
            },
        )
    for asin, amount in sales.items():
        given.add(
            "amazon_ads.sb_purchased_products",
            {
                "date": DAY + timedelta(days=14),
                "campaign_id": "1",
                "ad_group_id": "11",
                "purchased_asin": asin,
                "attribution_type": "Promoted",
                "sales_14d": amount,
                "currency_code": "USD",
            },
        )
    return given.built("ads_day", [Span("northwind_na", None, DAY, DAY)])


@pytest.mark.parametrize(
    ("sales", "parts"),
    [
        ({}, {"A": "3.34", "B": "3.33", "C": "3.33"}),
        ({"ASINA": 10, "ASINB": 20, "ASIND": 99}, {"B": "6.67", "A": "3.33", "C": "0"}),
    ],
)
def test_spend_of_a_brand_ad_is_spread_to_the_cent(
    given: MartRows, sales: dict[str, int], parts: dict[str, str]
) -> None:
    rows = {row["sku"]: row for row in _brand_ad(given, "10.00", sales)}
    assert {sku: rows[sku]["spend"] for sku in parts} == {sku: Decimal(part) for sku, part in parts.items()}
    assert sum(row["spend"] for row in rows.values()) == 10
    assert rows[""]["clicks"] == 5


def test_spend_of_an_unknown_brand_ad_is_unallocated(given: MartRows) -> None:
    (row,) = _brand_ad(given, "10.00", {}, snapshot=False)
    assert (row["sku"], row["asin"], row["spend"], row["missing"]) == ("", "", 10, "allocation")


def test_ads_without_a_campaign_report_keep_their_spend_and_are_incomplete(given: MartRows) -> None:
    given.add("amazon_ads.sp_advertised_products", _sp("A", "3.00", "20", "0"))
    (row,) = given.built("ads_day")
    assert (row["sku"], row["spend"], row["status"], row["missing"]) == (
        "A",
        3,
        "incomplete",
        "campaign_report",
    )


def test_ad_sales_above_ordered_sales_leave_no_organic_sales(given: MartRows) -> None:
    order = {
        "ordinal": 1,
        "purchase_date": "2026-03-10T20:00:00Z",
        "last_updated_date": "2026-03-12T12:00:00Z",
        "order_status": "Shipped",
        "quantity": 1,
        "item_price": Decimal("10.00"),
    }
    given.add(
        "amazon_sp.all_orders",
        {**order, "amazon_order_id": "1", "sku": "A", "asin": "ASINA"},
        {**order, "amazon_order_id": "2", "sku": "B", "asin": "ASINB"},
    )
    given.add("amazon_ads.sp_advertised_products", _sp("A", "3.00", "25", "0"))
    a, b = given.built("organic_day")
    assert (a["organic_sales"], a["excess_sales"], a["warning"]) == (0, 15, "attribution_exceeds_sales")
    assert (b["organic_sales"], b["excess_sales"], b["warning"]) == (10, 0, "")
    assert b["ad_sales"] == 0


@pytest.mark.parametrize(("choice", "spent"), [("even", ["3.34", "3.33", "3.33"]), ("none", [])])
def test_the_account_chooses_how_brand_spend_is_spread(
    given: MartRows, choice: str, spent: list[str]
) -> None:
    _brand_ad(given, "10.00", {"ASINB": 20})
    given.rows(f"UPDATE sellerops_reference.account_setting SET sb_attribution = '{choice}' RETURNING 1")
    rows = {row["sku"]: row for row in given.built("ads_day", [Span("northwind_na", None, DAY, DAY)])}
    assert [
        str(rows[sku]["spend"].normalize()) for sku in "ABC" if sku in rows and rows[sku]["spend"]
    ] == spent
    assert sum(row["spend"] for row in rows.values()) == 10
    assert ("" in rows and rows[""]["spend"] == 10) == (choice == "none")
