"""Orders in three reports, listings in three, sales and traffic by period and by level: they say the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from support.catalogue import assert_documented, parse

AS_OF = datetime(2026, 11, 18, 14, tzinfo=UTC)
NA, EU = ("northwind_na", ("US", "CA", "MX")), ("northwind_eu", ("GB", "DE", "FR"))
DAY = date(2026, 11, 5)
WEEK = (date(2026, 11, 1), date(2026, 11, 7))


@pytest.mark.parametrize(("account", "countries"), [NA, EU])
def test_xml_and_flat_file_tell_the_same_orders(account: str, countries: tuple[str, ...]) -> None:
    flat = parse("all_orders", account, countries, DAY, DAY, AS_OF)
    xml = parse("orders_xml", account, countries, DAY, DAY, AS_OF)
    assert_documented(xml, absent=xml.stream.drift.missing)  # a day may have no gift wraps
    same = ("amazon_order_id", "sku", "asin", "order_status", "quantity", "ship_city", "purchase_date")
    assert _counted(flat.rows, same) == _counted(xml.rows, same)
    for column in ("item_price", "item_tax", "shipping_price", "gift_wrap_tax", "item_promotion_discount"):
        sums = [sum((row[column] or Decimal(0) for row in each.rows), Decimal(0)) for each in (flat, xml)]
        assert sums[0] == sums[1], column


@pytest.mark.parametrize(("account", "countries"), [NA, EU])
def test_orders_by_purchase_date_are_the_orders_bought_then(account: str, countries: tuple[str, ...]) -> None:
    bought = parse("orders_by_purchase_date", account, countries, DAY, DAY, AS_OF)
    touched = parse("all_orders", account, countries, DAY, DAY + timedelta(days=12), AS_OF)
    assert_documented(bought, absent=bought.stream.drift.missing)
    assert {row["purchase_date"].date() for row in bought.rows} == {DAY}
    same = ("amazon_order_id", "sku", "order_status", "item_price", "last_updated_date")
    of_the_day = [row for row in touched.rows if row["purchase_date"].date() == DAY]
    assert _counted(bought.rows, same) == _counted(of_the_day, same)


@pytest.mark.parametrize(("account", "country"), [("northwind_na", "US"), ("northwind_eu", "DE")])
def test_open_and_inactive_listings_are_all_listings(account: str, country: str) -> None:
    every = parse("listings_all", account, [country], None, None, AS_OF)
    assert_documented(every)
    status = {row["seller_sku"]: row["status"] for row in every.rows}
    opened = parse("listings_open", account, [country], None, None, AS_OF)
    assert_documented(opened)
    assert {row["sku"] for row in opened.rows} == {sku for sku, said in status.items() if said == "Active"}
    stock = parse("fba_manage_inventory", account, [country], None, None, AS_OF)
    own = {row["seller_sku"] for row in every.rows if row["fulfillment_channel"] == "DEFAULT"}
    sellable = {row["sku"] for row in stock.rows if row["afn_fulfillable_quantity"]}
    assert {sku for sku, said in status.items() if said == "Active"} == own | (sellable & set(status))


def test_inactive_listings_are_those_that_ran_out() -> None:
    for days in range(60):
        as_of = AS_OF - timedelta(days=days)
        every = parse("listings_all", "northwind_na", ["US"], None, None, as_of)
        inactive = {row["seller_sku"] for row in every.rows if row["status"] == "Inactive"}
        if inactive:
            found = parse("listings_inactive", "northwind_na", ["US"], None, None, as_of)
            assert {row["seller_sku"] for row in found.rows} == inactive
            return
    raise AssertionError("nothing ever runs out")


@pytest.mark.parametrize(
    ("report", "table", "by"),
    [
        ("sales_and_traffic_by_parent", "sales_daily_by_parent", ("parent_asin",)),
        ("sales_and_traffic_by_sku", "sales_daily_by_sku", ("sku", "child_asin")),
    ],
)
def test_each_level_sums_up_to_the_same_units(report: str, table: str, by: tuple[str, ...]) -> None:
    daily = parse("sales_and_traffic", "northwind_eu", ["DE"], DAY, DAY, AS_OF, table="sales_daily")
    level = parse(report, "northwind_eu", ["DE"], DAY, DAY, AS_OF, table=table)
    assert_documented(level, absent=level.stream.drift.missing)
    assert len({tuple(row[name] for name in by) for row in level.rows}) == len(level.rows)
    for column in ("units_ordered", "total_order_items", "ordered_product_sales_amount"):
        assert _sum(level.rows, column) == _sum(daily.rows, column)


def test_a_week_is_its_days_and_a_month_has_one_total() -> None:
    weekly = parse("sales_and_traffic_weekly", "northwind_na", ["US"], *WEEK, AS_OF, table="sales_weekly")
    totals = parse(
        "sales_and_traffic_weekly", "northwind_na", ["US"], *WEEK, AS_OF, table="sales_weekly_totals"
    )
    days = [WEEK[0] + timedelta(days=n) for n in range(7)]
    daily = [
        row
        for day in days
        for row in parse("sales_and_traffic", "northwind_na", ["US"], day, day, AS_OF).rows
    ]
    assert (
        _sum(weekly.rows, "units_ordered") == _sum(daily, "units_ordered") == totals.rows[0]["units_ordered"]
    )
    assert [row["week_start"] for row in totals.rows] == [WEEK[0]]
    month = parse(
        "sales_and_traffic_monthly",
        "northwind_na",
        ["US"],
        date(2026, 10, 1),
        date(2026, 10, 31),
        AS_OF,
        table="sales_monthly_totals",
    )
    assert [row["month_start"] for row in month.rows] == [date(2026, 10, 1)]


def _counted(rows: list[dict[str, object]], columns: tuple[str, ...]) -> Counter[tuple[object, ...]]:
    return Counter(tuple(row[name] for name in columns) for row in rows)


def _sum(rows: list[dict[str, Decimal | int | None]], column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))
