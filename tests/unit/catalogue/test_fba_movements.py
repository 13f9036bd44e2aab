"""Shipments, fees, reimbursements, removals and feedback of the local Amazon: readable, and in agreement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from support.catalogue import Parsed, assert_documented, document_of, parse, simulation, slice_of, spec_of

NA, EU = ("northwind_na", ("US", "CA", "MX")), ("northwind_eu", ("GB", "DE", "FR"))
AS_OF = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
DAYS = (date(2026, 11, 2), date(2026, 11, 8))
OLDER_ONLY = ("asin", "storage_rate")
NEWER_ONLY = (
    "sku", "storage_utilization_ratio", "storage_utilization_ratio_units", "base_rate",
    "utilization_surcharge_rate", "avg_qty_for_sus", "est_vol_for_sus", "est_base_msf", "est_sus",
)  # fmt: skip
NA_FEES = (
    "amazon_store", "product_size_tier", "estimated_order_handling_fee_per_order",
    "estimated_pick_pack_fee_per_unit", "estimated_weight_handling_fee_per_unit",
    "expected_fulfillment_fee_per_unit", "estimated_future_fee",
    "estimated_future_order_handling_fee_per_order", "estimated_future_pick_pack_fee_per_unit",
    "estimated_future_weight_handling_fee_per_unit", "expected_future_fulfillment_fee_per_unit",
)  # fmt: skip
EU_FEES = (
    "has_local_inventory", "product_size_weight_band", "expected_domestic_fulfilment_fee_per_unit",
    *(f"expected_efn_fulfilment_fee_per_unit_{country}" for country in ("uk", "de", "fr", "it", "es", "se")),
)  # fmt: skip


@cache
def read(report: str, seller: tuple[str, tuple[str, ...]], days: Any, as_of: datetime = AS_OF) -> Parsed:
    account, countries = seller
    first, last = days or (None, None)
    return parse(report, account, countries, first, last, as_of)


def rows_of(report: str, seller: Any, days: Any, as_of: datetime = AS_OF) -> list[dict[str, Any]]:
    return read(report, seller, days, as_of).rows


@pytest.mark.parametrize(
    ("report", "seller", "days", "absent"),
    [
        ("fulfilled_shipments", NA, DAYS, ()),
        ("fulfilled_shipments", EU, DAYS, ()),
        ("shipment_promotions", NA, DAYS, ()),
        ("shipment_replacements", NA, (date(2026, 10, 10), date(2026, 11, 8)), ()),
        ("reimbursements", NA, OCTOBER, ()),
        ("reimbursements", EU, OCTOBER, ()),
        ("removal_orders", NA, OCTOBER, ()),
        ("removal_orders", EU, OCTOBER, ()),
        ("removal_shipments", NA, OCTOBER, ()),
        ("removal_shipments", EU, OCTOBER, ()),
        ("storage_fees", NA, OCTOBER, OLDER_ONLY),
        ("storage_fees", EU, OCTOBER, NEWER_ONLY),
        ("long_term_storage_fees", NA, OCTOBER, ()),
        ("long_term_storage_fees", EU, OCTOBER, ()),
        ("fee_preview", (NA[0], ("US",)), None, EU_FEES),
        ("fee_preview", (EU[0], ("DE",)), None, NA_FEES),
        ("seller_feedback", (NA[0], ("US",)), (date(2026, 10, 10), date(2026, 11, 8)), ()),
        ("seller_feedback", (EU[0], ("DE",)), (date(2026, 10, 10), date(2026, 11, 8)), ()),
        ("seller_feedback", (EU[0], ("FR",)), (date(2026, 10, 10), date(2026, 11, 8)), ()),
    ],
)
def test_every_documented_column_is_read_and_no_row_is_lost(
    report: str, seller: Any, days: Any, absent: tuple[str, ...]
) -> None:
    parsed = read(report, seller, days)
    assert_documented(parsed, absent)
    key = spec_of(report).tables[report].primary_key
    keys = Counter(tuple(row[name] for name in key) for row in parsed.rows)
    assert not key or max(keys.values()) == 1


@pytest.mark.parametrize("seller", [NA, EU])
def test_shipments_are_the_shipped_fba_items_of_the_orders(seller: Any) -> None:
    """Same items, quantities and money as the orders file; an order ships a few days after its purchase."""
    days = (DAYS[0] - timedelta(days=6), DAYS[1])
    items = [row for row in rows_of("all_orders", seller, days) if row["fulfillment_channel"] == "Amazon"]
    names = ("amazon_order_id", "sku", "asin", "currency", "item_price", "item_tax", "ship_city")

    def known(row: dict[str, Any], quantity: str) -> tuple[Any, ...]:
        return (*(row.get(name) for name in names if name != "asin"), row[quantity])

    shipped = Counter(
        known(row, "quantity")
        for row in items
        if row["order_status"] == "Shipped" and DAYS[0] <= row["last_updated_date"].date() <= DAYS[1]
    )
    assert shipped == Counter(
        known(row, "quantity_shipped") for row in rows_of("fulfilled_shipments", seller, DAYS)
    )


def test_promotions_are_those_of_the_shipments_and_only_of_north_america() -> None:
    sums: Counter[str] = Counter()
    for row in rows_of("shipment_promotions", NA, DAYS):
        sums[row["shipment_item_id"]] += row["item_promotion_discount"]
    given = {
        row["shipment_item_id"]: row["item_promotion_discount"] + row["ship_promotion_discount"]
        for row in rows_of("fulfilled_shipments", NA, DAYS)
    }
    assert sum(sums.values()) == sum(given.values())

    def known(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Without shipments across a border, which come without an id."""
        return {item: amount for item, amount in amounts.items() if amount and not item.startswith("none")}

    assert known(sums) == known(given)

    def nameless(amounts: Mapping[str, Decimal]) -> list[Decimal]:
        return sorted(amount for item, amount in amounts.items() if amount and item.startswith("none"))

    assert nameless(sums) == nameless(given)
    assert nameless(given)
    countries = spec_of("shipment_promotions").marketplaces
    assert not set(EU[1]) & set(countries)


def test_rows_of_the_last_hours_come_later() -> None:
    """What Amazon has shipped in the last hour has no row yet."""
    closed = datetime(2026, 11, 9, 0, 0, tzinfo=UTC)
    early = rows_of("fulfilled_shipments", NA, DAYS, closed)
    late = rows_of("fulfilled_shipments", NA, DAYS)
    early_ids = {row["shipment_item_id"] for row in early}
    missing = [row for row in late if row["shipment_item_id"] not in early_ids]
    assert missing
    assert len(early) + len(missing) == len(late)
    assert min(row["shipment_date"] for row in missing) > closed - timedelta(hours=3)


def test_replacements_follow_a_shipment_of_the_same_item() -> None:
    window = (date(2026, 10, 10), date(2026, 11, 8))
    replaced = rows_of("shipment_replacements", NA, window)
    orders: dict[tuple[str, str], datetime] = {}
    for first in (date(2026, 9, 10), date(2026, 10, 10)):
        for row in rows_of("fulfilled_shipments", NA, (first, first + timedelta(days=29))):
            orders[row["amazon_order_id"], row["sku"]] = row["shipment_date"]
    for row in replaced:
        assert orders[row["original_amazon_order_id"], row["sku"]] < row["shipment_date"]
        assert (row["replacement_amazon_order_id"], row["sku"]) not in orders


def test_reimbursements_add_up_and_point_to_refunded_items() -> None:
    rows = rows_of("reimbursements", NA, OCTOBER)
    assert {row["currency_unit"] for row in rows} <= {"USD", "CAD", "MXN"}
    for row in rows:
        assert row["amount_total"] == row["amount_per_unit"] * row["quantity_reimbursed_cash"]
        total = row["quantity_reimbursed_cash"] + row["quantity_reimbursed_inventory"]
        assert row["quantity_reimbursed_total"] == total
        assert (
            (total < 0)
            == (row["reason"] == "Reimbursement_Reversal")
            == bool(row["original_reimbursement_id"])
        )
    returns = rows_of("fba_customer_returns", NA, (date(2026, 9, 20), date(2026, 10, 15)))
    given_up = {row["order_id"] for row in returns if row["status"] == "Reimbursed"}
    paid = {row["amazon_order_id"] for row in rows if row["amazon_order_id"]}
    decided = {
        row["order_id"]
        for row in returns
        if row["status"] == "Reimbursed"
        and date(2026, 10, 1) <= row["return_date"].date() <= date(2026, 10, 15)
    }
    assert decided
    assert given_up & paid
    assert decided <= paid


def test_removals_take_the_units_that_became_unsellable_thirty_days_before() -> None:
    requested = Counter[str]()
    for row in rows_of("removal_orders", NA, OCTOBER):
        if date(2026, 10, 2) <= (row["request_date"] - timedelta(hours=7)).date() <= date(2026, 10, 29):
            requested[row["sku"]] += row["requested_quantity"]
    returned = Counter[str]()
    for row in rows_of("fba_customer_returns", NA, (date(2026, 9, 1), date(2026, 9, 30))):
        leaves = (row["return_date"] + timedelta(days=30, hours=-7)).date()
        if row["detailed_disposition"] != "SELLABLE" and date(2026, 10, 2) <= leaves <= date(2026, 10, 29):
            returned[row["sku"]] += row["quantity"]
    assert requested == returned


def test_removal_lines_change_until_they_are_complete() -> None:
    """Asked again later, a line says more; its parts never exceed what was requested."""
    early = rows_of("removal_orders", NA, OCTOBER, datetime(2026, 11, 1, 1, 0, tzinfo=UTC))
    late = rows_of("removal_orders", NA, OCTOBER, datetime(2027, 1, 5, tzinfo=UTC))

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        return (row["order_id"], row["sku"], row["disposition"])

    final = {key(row): row for row in late}
    assert {row["order_status"] for row in late} <= {"Completed", "Cancelled"}
    assert {row["order_status"] for row in early} >= {"Pending", "Processing", "Completed"}
    parts = ("cancelled_quantity", "disposed_quantity", "shipped_quantity", "in_process_quantity")
    for row in early:
        assert sum(row[part] for part in parts) in (0, row["requested_quantity"])
        if key(row) in final:
            assert final[key(row)]["last_updated_date"] >= row["last_updated_date"]


def test_removal_shipments_are_what_the_orders_shipped() -> None:
    """Over all parcels of the orders requested in a fortnight: exactly the shipped quantity of each line."""
    as_of = datetime(2026, 12, 20, tzinfo=UTC)
    orders = {
        (row["order_id"], row["sku"], row["disposition"]): row["shipped_quantity"]
        for row in rows_of("removal_orders", EU, OCTOBER, as_of)
        if row["request_date"] >= datetime(2026, 10, 2, tzinfo=UTC)
    }
    parcels: Counter[tuple[str, str, str]] = Counter()
    for month in (OCTOBER, (date(2026, 11, 1), date(2026, 11, 30))):
        for row in rows_of("removal_shipments", EU, month, as_of):
            line = (row["order_id"], row["sku"], row["disposition"])
            if line in orders:
                parcels[line] += row["shipped_quantity"]
    assert parcels == {line: units for line, units in orders.items() if units}


@pytest.mark.parametrize("seller", [NA, EU])
def test_storage_fees_are_volume_times_rate_for_what_lay_in_stock(seller: Any) -> None:
    rows = rows_of("storage_fees", seller, OCTOBER)
    for row in rows:
        rate = row["base_rate"] or row["storage_rate"]
        assert row["month_of_charge"] == "2026-10"
        volume = row["average_quantity_on_hand"] * row["item_volume"]
        assert abs(row["estimated_total_item_volume"] - volume) <= Decimal("0.0001")
        assert abs(
            row["estimated_monthly_storage_fee"] - row["estimated_total_item_volume"] * rate
        ) <= Decimal("0.0001")
    first, middle = (datetime(2026, 10, day, 20, 0, tzinfo=UTC) for day in (1, 16))
    for moment in (first, middle):
        stock = parse("fba_manage_inventory", seller[0], seller[1][:1], None, None, moment).rows
        charged = {row["fnsku"] for row in rows if row["country_code"] == seller[1][0]}
        assert {row["fnsku"] for row in stock if row["afn_warehouse_quantity"] > 3} <= charged


def test_a_month_of_storage_fees_is_not_there_before_it_is_published() -> None:
    slice_ = slice_of("storage_fees", *NA, *OCTOBER, AS_OF)
    assert document_of(slice_, datetime(2026, 11, 6, tzinfo=UTC)) is None
    assert document_of(slice_, datetime(2026, 11, 15, tzinfo=UTC)) is not None


def test_the_aged_surcharge_is_of_the_fifteenth_and_seen_from_the_eighteenth() -> None:
    rows = [*rows_of("long_term_storage_fees", NA, OCTOBER), *rows_of("long_term_storage_fees", EU, OCTOBER)]
    assert {row["snapshot_date"] for row in rows} == {date(2026, 10, 15)}
    for row in rows:
        fee = row["qty_charged"] * row["per_unit_volume"] * row["rate_surcharge"]
        by_unit = row["surcharge_age_tier"] in ("366-455 days", "456+ days") and row["amount_charged"] > fee
        assert by_unit or abs(row["amount_charged"] - fee) <= Decimal("0.005")
    slice_ = slice_of("long_term_storage_fees", *NA, *OCTOBER, AS_OF)
    assert document_of(slice_, datetime(2026, 10, 17, tzinfo=UTC)) is None


def test_overage_is_charged_in_rare_months_only() -> None:
    as_of = datetime(2027, 1, 5, tzinfo=UTC)
    charged = 0
    for month in range(1, 13):
        first = date(2026, month, 1)
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        for account, countries in (NA, EU):
            slice_ = slice_of("overage_fees", account, countries, first, last, as_of)
            if document_of(slice_, as_of) is None:
                continue
            charged += 1
            parsed = parse("overage_fees", account, countries, first, last, as_of)
            assert_documented(parsed)
            for row in parsed.rows:
                assert row["overage_volume"] == row["storage_usage_volume"] - row["storage_limit_volume"] > 0
    assert 0 < charged < 12


def test_the_fee_preview_has_each_fba_listing_and_its_fees_add_up() -> None:
    rows = rows_of("fee_preview", (NA[0], ("US",)), None)
    stock = parse("fba_manage_inventory", NA[0], ("US",), None, None, AS_OF).rows
    assert {row["sku"] for row in rows} == {row["sku"] for row in stock}
    for row in rows:
        parts = row["estimated_referral_fee_per_unit"] + row["expected_fulfillment_fee_per_unit"]
        assert row["estimated_fee_total"] == parts
        assert row["estimated_order_handling_fee_per_order"] is None


def test_feedback_is_for_shipped_orders_whatever_the_language_of_the_headers() -> None:
    window = (date(2026, 10, 10), date(2026, 11, 8))
    rows = rows_of("seller_feedback", (EU[0], ("DE",)), window)
    shipped = {
        row["amazon_order_id"]
        for first in (date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 29))
        for row in rows_of("fulfilled_shipments", EU, (first, first + timedelta(days=28)))
    }
    within = [row for row in rows if row["date"] >= date(2026, 10, 12)]
    assert within
    assert {row["order_id"] for row in within} <= shipped
    assert all(1 <= row["rating"] <= 5 and "@" in row["rater_email"] for row in rows)
    header = document_of(slice_of("seller_feedback", EU[0], ("DE",), *window, AS_OF), AS_OF)
    assert header is not None
    assert header.read().startswith(b"Datum\tBewertung\t")


def test_no_two_rows_of_a_report_share_an_invented_id() -> None:
    """Marketplaces of one seller draw from streams of their own."""
    rows = rows_of("reimbursements", NA, OCTOBER)
    assert len({row["reimbursement_id"] for row in rows}) == len(rows)
    assert simulation().seller("northwind_na").region == "NA"
