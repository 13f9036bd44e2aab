"""Sales of a day from rows written by hand: what is missing, odd or ambiguous."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.built_marts import MartRows

from sellerops.ledger import Ledger

DAY = date(2026, 3, 10)
LATE = "2026-04-20T12:00:00Z"  # all windows of attribution have passed


@pytest.fixture
def given(ledger: Ledger) -> MartRows:
    return MartRows(ledger)


def _order(number: str, at: str, sku: str = "A", **more: Any) -> dict[str, Any]:
    return {
        "amazon_order_id": number,
        "ordinal": 1,
        "purchase_date": at,
        "last_updated_date": "2026-03-12T12:00:00Z",
        "reported_at": LATE,
        "order_status": "Shipped",
        "item_status": "Shipped",
        "fulfillment_channel": "Amazon",
        "sku": sku,
        "asin": f"ASIN{sku}",
        "quantity": 1,
        "item_price": Decimal("10.00"),
        **more,
    }


def test_orders_count_on_the_marketplaces_day_without_cancelled_lines(given: MartRows) -> None:
    given.add(
        "amazon_sp.all_orders",
        _order("1", "2026-03-11T06:59:59Z"),  # 10 March, 23:59:59 in Los Angeles
        _order("2", "2026-03-11T07:00:01Z"),
        _order(
            "3", "2026-03-10T20:00:00Z", quantity=2, item_price=Decimal("20.00"), is_business_order="true"
        ),
        _order("3", "2026-03-10T20:00:00Z", ordinal=2, fulfillment_channel="Merchant"),
        _order("4", "2026-03-10T20:00:00Z", order_status="Cancelled", item_status="Cancelled", quantity=0),
    )
    first, second = given.built("sales_day")
    assert (first["day"], second["day"]) == (DAY, DAY + timedelta(days=1))
    assert (first["units_ordered"], first["orders"], first["lines_cancelled"]) == (4, 2, 1)
    assert (first["units_fba"], first["units_b2b"], first["sales_ordered"]) == (3, 2, 40)
    assert first["status"] == "complete"
    assert first["missing"] == "economics, sales_and_traffic"
    assert first["reported_units"] is None
    assert first["units_refunded"] is None


def test_a_pending_order_is_estimated_from_the_last_price_then_from_the_listing(given: MartRows) -> None:
    pending = {"order_status": "Pending", "item_status": "Unshipped", "item_price": None, "quantity": 3}
    given.add(
        "amazon_sp.all_orders",
        _order("1", "2026-03-10T15:00:00Z", item_price=Decimal("9.00")),
        _order("2", "2026-03-10T16:00:00Z", item_price=Decimal("16.00"), quantity=2),
        _order("3", "2026-03-10T17:00:00Z", **pending),
        _order("4", "2026-03-10T18:00:00Z", item_price=Decimal("99.00")),
        _order("5", "2026-03-10T18:00:00Z", "B", **pending),
        _order("6", "2026-03-10T18:00:00Z", "C", **pending),
    )
    given.add(
        "amazon_sp.listings_all",
        {"seller_sku": "B", "price": Decimal("5.00"), "snapshot_at": "2026-03-09T04:00:00Z"},
        {"seller_sku": "B", "price": Decimal("6.00"), "snapshot_at": "2026-03-10T04:00:00Z"},
        {"seller_sku": "C", "price": Decimal("7.00"), "snapshot_at": "2026-03-07T04:00:00Z"},
    )
    by_sku = {row["sku"]: row for row in given.built("sales_day")}
    assert (by_sku["A"]["sales_estimated"], by_sku["A"]["sales_ordered"]) == (24, 9 + 16 + 24 + 99)
    assert by_sku["A"]["status"] == "estimated"
    assert by_sku["B"]["sales_estimated"] == 18
    assert by_sku["C"]["units_pending"] == 3
    assert (by_sku["C"]["sales_ordered"], by_sku["C"]["status"]) == (None, "incomplete")
    assert "price" in by_sku["C"]["missing"].split(", ")


def test_reported_units_find_their_sku_or_stay_without_one(given: MartRows) -> None:
    given.add("amazon_sp.all_orders", _order("1", "2026-03-10T20:00:00Z"))
    reported = {"date": DAY, "reported_at": LATE, "ordered_product_sales_amount": Decimal("10.00")}
    given.add(
        "amazon_sp.sales_daily",
        {**reported, "child_asin": "ASINA", "units_ordered": 2},
        {**reported, "child_asin": "ASINX", "units_ordered": 5},
        {**reported, "child_asin": "ASINY", "units_ordered": 1, "date": DAY + timedelta(days=4)},
    )
    rows = {(row["day"], row["sku"]): row for row in given.built("sales_day")}
    assert rows[DAY, "A"]["units_difference"] == 1
    assert (rows[DAY, ""]["reported_units"], rows[DAY, ""]["units_ordered"]) == (5, 0)
    alone = rows[DAY + timedelta(days=4), ""]
    assert (alone["units_ordered"], alone["status"]) == (None, "incomplete")
    assert alone["missing"] == "economics, orders"


def test_a_day_is_open_until_orders_show_that_it_is_over(given: MartRows) -> None:
    given.add(
        "amazon_sp.all_orders",
        _order("1", "2026-03-10T20:00:00Z", last_updated_date="2026-03-10T23:00:00Z"),
        _order("2", "2026-03-11T18:00:00Z", last_updated_date="2026-03-11T20:00:00Z"),
    )
    assert [row["status"] for row in given.built("sales_day")] == ["complete", "estimated"]
