"""The Overview: every tile equals the sum of the rows that it opens, and of the mart behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.hand_made_rows import make_landing_table
from support.hub import ACCOUNT, US, Hub, HubServer

UK = "A1F83G8C2ARO7P"
TODAY = date(2026, 11, 21)
DAY = TODAY - timedelta(days=1)
OVERVIEW = "/hub/api/overview"
# A point's name, and the sums that it shows.
POINTS = {
    "yesterday": ("units", "product_sales", "ads", "cm2", "profit"),
    "orders": ("order_quantity", "cash_needed", "cash_deposit", "lost_margin"),
    "broken": ("money_per_day",),
    "ads": ("money_per_day",),
    "payouts": ("forecast", "deferred_later"),
    "fees": ("money_per_day", "expected"),
    "owed": ("units", "value"),
    "returns": ("units_above_threshold",),
    "shipments": ("units_missing", "value"),
}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        _fill(hub)
        yield hub


@pytest.mark.parametrize("currency", ["reporting", "marketplace"])
def test_every_tile_is_the_sum_of_its_rows(hub: Hub, currency: str) -> None:
    tiles = _overview(hub, currency=currency)
    for point, sums in POINTS.items():
        rows = _all_rows(hub, point, currency)
        assert rows, f"{point} has no rows: the test would hold for anything"
        assert tiles[point]["row_count"] == len(rows)
        for total in tiles[point]["totals"]:
            group = {"currency": total["currency"]} | ({"kind": total["kind"]} if "kind" in total else {})
            of_currency = [row for row in rows if {"currency": "", **row}.items() >= group.items()]
            assert total["row_count"] == len(of_currency)
            for column in sums:
                known = [Decimal(row[column]) for row in of_currency if row[column] is not None]
                told = total[column]
                assert (None if told is None else Decimal(told)) == (sum(known) if known else None), (
                    point, column,
                )  # fmt: skip
        assert sum(total["row_count"] for total in tiles[point]["totals"]) == len(rows)


def test_the_day_compares_with_the_same_weekday_and_says_what_is_missing(hub: Hub) -> None:
    found = _overview(hub)
    assert (found["day"], found["compared_day"]) == ("2026-11-20", "2026-11-13")
    (total,) = found["yesterday"]["totals"]
    # The United Kingdom had figures a week before and has none of the day.
    assert (total["units"], total["units_before"], total["without_profit"]) == (5, 9, 1)
    assert Decimal(total["profit"]) == 20
    assert total["profit_before"] is None
    assert found["yesterday"]["status"] == "incomplete"
    assert found["yesterday"]["missing"] == ["day", "storage"]
    assert _overview(hub, compare="year")["compared_day"] == "2025-11-21"


def test_tiles_are_those_of_the_marts(hub: Hub) -> None:
    found = _overview(hub)
    (orders,) = found["orders"]["totals"]
    # 100 USD at 0.9; the older recommendation and the one that is not due do not count.
    assert (orders["order_quantity"], Decimal(orders["cash_needed"]), orders["without_cash"]) == (12, 90, 1)
    assert [row["name"] for row in found["broken"]["rows"]] == ["buy_box_lost", "my_own_alert"]
    assert [row["subject"] for row in found["ads"]["rows"]] == ["B"]
    (payout,) = found["payouts"]["totals"]
    assert (Decimal(payout["forecast"]), payout["next_on"]) == (Decimal("930"), "2026-11-23")
    (owed,) = found["owed"]["totals"]
    assert (owed["units"], Decimal(owed["value"]), owed["days_left"], owed["without_value"]) == (5, 18, 4, 1)
    assert found["owed"]["missing"] == ["cost"]
    (returns,) = found["returns"]["totals"]
    assert (returns["row_count"], returns["above"]) == (2, 1)
    short, approval = (
        [each for each in found["shipments"]["rows"] if each["kind"] == kind]
        for kind in ("short", "approval")
    )
    assert (short[0]["units_missing"], Decimal(short[0]["value"])) == (3, Decimal("5.4"))
    assert approval[0]["run_id"] == "manual__1"
    kinds = {row["kind"]: row for row in found["fees"]["rows"]}
    assert (kinds["rule"]["fee"], kinds["rule"]["starts_on"]) == ("storage_monthly", "2027-01-01")
    assert Decimal(kinds["preview"]["expected"]) == 9
    assert Decimal(kinds["size_tier"]["money_per_day"]) == 2


def test_alerts_that_were_never_evaluated_are_not_all_well(hub: Hub) -> None:
    other = hub.owner.get(OVERVIEW, params={"account": "northwind_eu"}).json()
    assert (other["broken"]["row_count"], other["broken"]["status"]) == (0, "incomplete")
    assert other["broken"]["missing"] == ["alerts"]
    assert _overview(hub)["broken"]["missing"] == ["stale_data"]


def test_partners_see_no_costs(hub: Hub) -> None:
    shown = hub.partner.get(OVERVIEW).json()
    assert shown["yesterday"]["totals"][0]["profit"] is None
    assert shown["yesterday"]["totals"][0]["units"] == 5
    assert shown["orders"]["totals"][0]["cash_needed"] is None
    assert shown["ads"]["rows"][0]["summary_of_costs"] is None
    # Without a file nobody knows what its text tells.
    texts = {row["name"]: (row["summary"], row["summary_of_costs"]) for row in shown["broken"]["rows"]}
    assert texts == {"my_own_alert": (None, None), "buy_box_lost": ("because", None)}


def test_the_order_of_a_partners_rows_tells_no_costs(hub: Hub) -> None:
    owners, partners = (_overview(hub), hub.partner.get(OVERVIEW).json())
    assert [row["sku"] for row in owners["orders"]["rows"]] == ["A", "B"]
    assert [row["sku"] for row in partners["orders"]["rows"]] == ["B", "A"]
    assert [row["sku"] for row in hub.partner.get(f"{OVERVIEW}/orders").json()["rows"]] == ["B", "A"]
    # The newest first, though the older one costs more.
    assert [row["name"] for row in owners["broken"]["rows"]] == ["buy_box_lost", "my_own_alert"]
    assert [row["name"] for row in partners["broken"]["rows"]] == ["my_own_alert", "buy_box_lost"]
    shown = hub.partner.get(f"{OVERVIEW}/broken").json()["rows"]
    assert [row["name"] for row in shown] == ["my_own_alert", "buy_box_lost"]


def test_missing_units_are_counted_beside_approvals_and_costs_are_converted(hub: Hub) -> None:
    shipped = {
        "marketplace_id": UK,
        "last_received_on": DAY,
        "units_shipped": 10,
        "status": "complete",
        "missing": "",
    }
    cost = {"account_id": ACCOUNT, "valid_from": date(2026, 1, 1)}
    hub.add(
        "fba_shipments",
        {**shipped, "shipment_id": "UK1", "sku": "pounds", "units_difference": -1},
        {**shipped, "shipment_id": "UK1", "sku": "euros", "units_difference": -2},
        {**shipped, "shipment_id": "UK2", "sku": "unknown", "units_difference": -7},
    )
    hub.add_to(
        "sellerops_reference.cost",
        {**cost, "sku": "pounds", "manufacturing": 3, "currency": "GBP"},
        {**cost, "sku": "euros", "manufacturing": 4, "currency": "EUR"},
    )
    hub.add_to(
        "sellerops_reference.fx_rate",
        {**_rate(TODAY, "EUR", "0.9"), "to_currency": "GBP"},
    )
    try:
        found = _overview(hub, currency="marketplace", marketplace=UK)["shipments"]
        together = _overview(hub, currency="marketplace")["shipments"]["totals"]
    finally:
        hub.rows("DELETE FROM sellerops_marts.fba_shipments WHERE marketplace_id = %s", UK)
        hub.rows("DELETE FROM sellerops_reference.cost WHERE sku IN ('pounds', 'euros')")
    (total,) = found["totals"]
    # 1 x 3 GBP, and 2 x 4 EUR at 0.9.
    assert (total["currency"], Decimal(total["value"])) == ("GBP", Decimal("10.2"))
    assert (total["short"], total["units_missing"], total["without_value"]) == (2, 10, 1)
    assert [(each["kind"], each["currency"], each["units_missing"]) for each in together] == [
        ("approval", "", None), ("short", "GBP", 10), ("short", "USD", 3),
    ]  # fmt: skip


def test_a_day_whose_last_orders_are_not_loaded_is_incomplete_and_not_compared(hub: Hub) -> None:
    collected = {"report": "all_orders", "account_id": ACCOUNT, "state": "LOADED"}
    try:
        # Until midnight UTC: 16:00 in Los Angeles, and the end of the day in London.
        hub.add_to(
            "sellerops.slice_state", {**collected, "day": DAY}, {**collected, "day": TODAY, "state": "FAILED"}
        )
        partly = _overview(hub)["yesterday"]
        london = _overview(hub, marketplace=UK)["yesterday"]
        hub.rows("UPDATE sellerops.slice_state SET state = 'CONFIRMED_EMPTY' WHERE day = %s", TODAY)
        whole = _overview(hub)["yesterday"]
    finally:
        hub.rows("DELETE FROM sellerops.slice_state")
    rows = {row["marketplace_id"]: row for row in partly["rows"]}
    assert (rows[US]["status"], rows[US]["missing"]) == ("incomplete", ["storage", "orders"])
    assert (rows[US]["units"], rows[US]["units_before"], rows[UK]["units_before"]) == (5, None, 5)
    (total,) = partly["totals"]
    assert (total["without_orders"], total["units_before"], total["product_sales_before"]) == (1, None, None)
    assert "orders" in partly["missing"]
    assert (london["totals"][0]["without_orders"], london["totals"][0]["units_before"]) == (0, 5)
    assert (whole["totals"][0]["without_orders"], whole["totals"][0]["units_before"]) == (0, 9)
    assert "orders" not in whole["missing"]


def test_without_a_ledger_the_newest_order_tells_how_far_orders_are_loaded(hub: Hub) -> None:
    make_landing_table(hub.conninfo, "all_orders")
    hub.add("order_money", {"day": DAY, "order_id": "1", "sku": "A"})
    order = {"account_id": ACCOUNT, "marketplace_id": US, "sku": "A", "amazon_order_id": "1"}
    try:
        hub.add_to("amazon_sp.all_orders", {**order, "purchase_date": "2026-11-20T23:56:00Z"})
        partly = _overview(hub)["yesterday"]
        # 23:20 in Los Angeles.
        hub.rows("UPDATE amazon_sp.all_orders SET purchase_date = '2026-11-21T07:20:00Z'")
        whole = _overview(hub)["yesterday"]
    finally:
        hub.rows("DELETE FROM sellerops_marts.order_money")
        hub.rows("DROP TABLE amazon_sp.all_orders")
    lacking = [row["marketplace_id"] for row in partly["rows"] if "orders" in row["missing"]]
    assert lacking == [US]
    assert "orders" not in whole["missing"]


def test_alerts_without_a_rate_are_counted_and_not_added(hub: Hub) -> None:
    hub.add_to(
        "sellerops.alert",
        {"account_id": ACCOUNT, "marketplace_id": US, "severity": "urgent", "summary": "because",
         "name": "stock_out", "subject": "peso", "currency": "MXN", "money_per_day": 50},
    )  # fmt: skip
    try:
        (reporting,) = _overview(hub)["broken"]["totals"]
        by_marketplace = _overview(hub, currency="marketplace")["broken"]["totals"]
    finally:
        hub.rows("DELETE FROM sellerops.alert WHERE subject = 'peso'")
    assert (reporting["currency"], Decimal(reporting["money_per_day"])) == ("EUR", 9)
    assert (reporting["row_count"], reporting["without_money"], reporting["without_rate"]) == (3, 1, 1)
    assert [(each["currency"], each["without_rate"]) for each in by_marketplace] == [("MXN", 0), ("USD", 0)]


def test_a_point_whose_mart_is_not_built_leaves_the_others(hub: Hub) -> None:
    hub.rows("ALTER TABLE sellerops_marts.owed RENAME TO owed_away")
    try:
        found = _overview(hub)
    finally:
        hub.rows("ALTER TABLE sellerops_marts.owed_away RENAME TO owed")
    assert found["owed"] is None
    assert found["orders"]["row_count"] == 2


def _overview(hub: Hub, **scope: str) -> Any:
    found = hub.owner.get(OVERVIEW, params=scope)
    assert found.status_code == 200, found.text
    return found.json()


def _all_rows(hub: Hub, point: str, currency: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        query: dict[str, Any] = {"currency": currency, "limit": 1, "offset": len(rows)}
        found = hub.owner.get(f"{OVERVIEW}/{point}", params=query)
        assert found.status_code == 200, found.text
        if not found.json()["rows"]:
            return rows
        rows += found.json()["rows"]


def _fill(hub: Hub) -> None:
    before = DAY - timedelta(days=7)
    for table in ("fx_rate", "fee_rule", "cost", "account_setting"):
        hub.rows(f"DELETE FROM sellerops_reference.{table}")
    hub.add_to(
        "sellerops_reference.account_setting",
        *({"account_id": name, "reporting_currency": "EUR"} for name in (ACCOUNT, "northwind_eu")),
    )
    for day in (DAY, TODAY):
        hub.add_to("sellerops_reference.fx_rate", *(_rate(day, *pair) for pair in _RATES))
    _fill_marts(hub, before)
    _fill_alerts(hub)
    hub.add_to(
        "sellerops_reference.fee_rule",
        {"rule": "storage_monthly", "marketplace_id": US, "amount": 0.78, "unit": "currency",
         "first_month": 1, "last_month": 9, "valid_from": date(2024, 4, 1), "source": "test"},
        {"rule": "returns_exempt_units", "marketplace_id": US, "amount": 25, "unit": "units",
         "valid_from": date(2024, 6, 1), "source": "test"},
    )  # fmt: skip
    hub.add_to(
        "sellerops_reference.cost",
        {"account_id": ACCOUNT, "sku": "A", "valid_from": date(2026, 1, 1), "manufacturing": 2,
         "currency": "USD"},
    )  # fmt: skip
    hub.add_to(
        "sellerops.inbound_run",
        {"account_id": ACCOUNT, "marketplace_id": US, "name": "november", "state": "awaiting_approval",
         "request": "{}", "dag_id": "fba_inbound", "run_id": "manual__1"},
    )  # fmt: skip
    hub.rows("CREATE SCHEMA amazon_sp")
    hub.rows("GRANT USAGE ON SCHEMA amazon_sp TO sellerops_reader")
    hub.rows(
        "CREATE TABLE amazon_sp.economics_preview_fees (account_id text, marketplace_id text, msku text,"
        " first_day date, last_day date, fee_type_name text, total_amount numeric, total_currency_code text)"
    )
    hub.rows("GRANT SELECT ON amazon_sp.economics_preview_fees TO sellerops_reader")
    preview = {"account_id": ACCOUNT, "marketplace_id": US, "msku": "A", "first_day": TODAY,
               "last_day": date(2027, 3, 20), "total_currency_code": "USD"}  # fmt: skip
    hub.add_to(
        "amazon_sp.economics_preview_fees",
        {**preview, "fee_type_name": "LowInventoryLevelFee", "total_amount": 10},
        {**preview, "fee_type_name": "ReferralFee", "total_amount": 500},
        {**preview, "fee_type_name": "LowInventoryLevelFee", "total_amount": 77,
         "first_day": TODAY - timedelta(days=3)},
    )  # fmt: skip


_RATES = (("USD", "0.9"), ("GBP", "1.1"), ("EUR", "1"))


def _rate(day: date, currency: str, rate: str) -> dict[str, Any]:
    return {"day": day, "from_currency": currency, "to_currency": "EUR", "rate": rate, "source": "test",
            "age_days": 0}  # fmt: skip


def _fill_marts(hub: Hub, before: date) -> None:
    done = {"status": "complete", "missing": ""}
    us = {"currency": "USD", "reporting_currency": "EUR", "status": "estimated", "missing": "storage"}
    uk = {"marketplace_id": UK, "currency": "GBP", "reporting_currency": "EUR", **done}
    hub.add(
        "profit_day",
        {**us, "day": DAY, "units": 5, "product_sales": 100, "product_sales_reporting": 90, "cm2": 25,
         "cm2_reporting": 22, "profit": 22, "profit_reporting": 20, "ads": -10, "ads_reporting": -9},
        {**us, "day": before, "units": 4, "product_sales": 80, "product_sales_reporting": 72,
         "profit_reporting": 9},
        {**uk, "day": before, "units": 5, "product_sales": 50, "product_sales_reporting": 55},
    )  # fmt: skip
    due = {"day": DAY, "currency": "USD", "order_status": "order_now", **done}
    hub.add(
        "restock",
        {
            **due,
            "sku": "A",
            "order_quantity": 10,
            "cash_needed": 100,
            "cash_deposit": 30,
            "lost_margin": 5,
            "order_by": TODAY,
        },
        {**due, "sku": "B", "order_quantity": 2, "status": "incomplete", "missing": "cost", "order_by": DAY},
        {**due, "sku": "C", "order_quantity": 9, "cash_needed": 9, "order_status": "soon"},
        {**due, "sku": "A", "order_quantity": 70, "cash_needed": 700, "day": before},
    )
    hub.make("product")
    payout = {"status": "estimated", "missing": ""}
    hub.add(
        "payout_forecast",
        {**payout, "day": DAY, "currency": "USD", "forecast": 1000, "deferred_later": 20,
         "pays_on": date(2026, 11, 23)},
        {**payout, "day": before, "currency": "USD", "forecast": 1, "pays_on": date(2026, 11, 9)},
        {**payout, "day": DAY, "currency": "EUR", "forecast": 30, "pays_on": date(2026, 12, 2)},
    )  # fmt: skip
    owed = {"day": before, "kind": "lost", "reference": "", "claim_from": before, "currency": "USD",
            "value_basis": "manufacturing_cost"}  # fmt: skip
    hub.add(
        "owed",
        {**owed, **done, "sku": "A", "open": 4, "value": 20, "claim_until": TODAY + timedelta(days=4)},
        {**owed, "sku": "B", "open": 1, "claim_until": TODAY + timedelta(days=9), "status": "incomplete",
         "missing": "cost"},
        {**owed, **done, "sku": "C", "open": 3, "value": 9, "claim_until": DAY},
        {**owed, **done, "sku": "D", "open": 0, "value": 0, "claim_until": TODAY},
    )  # fmt: skip
    returned = {"month": date(2026, 10, 1), "category": "toys", "threshold": 0.05, **done}
    hub.add(
        "return_rate_month",
        {**returned, "sku": "A", "units_shipped": 100, "units_returned": 6, "return_rate": 0.06,
         "units_above_threshold": 1},
        {**returned, "sku": "B", "units_shipped": 100, "units_returned": 4, "return_rate": 0.04,
         "units_above_threshold": 0},
        {**returned, "sku": "C", "units_shipped": 100, "units_returned": 1, "return_rate": 0.01,
         "units_above_threshold": 0},
        {**returned, "sku": "D", "units_shipped": 9, "units_returned": 9, "return_rate": 1},
        {**returned, "sku": "E", "units_shipped": 100, "units_returned": 9, "return_rate": 0.09,
         "month": date(2026, 7, 1)},
    )  # fmt: skip
    shipped = {"shipment_id": "FBA1", "last_received_on": before, **done}
    hub.add(
        "fba_shipments",
        {**shipped, "sku": "A", "units_shipped": 10, "units_difference": -3},
        {**shipped, "sku": "B", "units_shipped": 10, "units_difference": 1},
        {**shipped, "sku": "A", "shipment_id": "FBA2", "units_shipped": 10, "units_difference": 0},
    )


def _fill_alerts(hub: Hub) -> None:
    alert = {"account_id": ACCOUNT, "marketplace_id": US, "severity": "urgent", "summary": "because",
             "currency": "USD"}  # fmt: skip
    hub.add_to(
        "sellerops.alert",
        {**alert, "name": "buy_box_lost", "subject": "A", "money_per_day": 10, "rank_money": 9,
         "opened_at": DAY},
        {**alert, "name": "my_own_alert", "subject": "A"},
        {**alert, "name": "stock_out", "subject": "A", "money_per_day": 5, "rank_money": 4, "ended_at": DAY},
        {**alert, "name": "stock_out", "subject": "B", "money_per_day": 5, "rank_money": 4,
         "snoozed_until": TODAY + timedelta(days=9)},
        {**alert, "name": "ads_above_break_even", "subject": "B", "money_per_day": 3, "rank_money": 2.7},
        {**alert, "name": "fee_tier_changed", "subject": "A", "money_per_day": 2.5, "rank_money": 2},
        {**alert, "name": "order_passed", "subject": "A"},
    )  # fmt: skip
    hub.add_to(
        "sellerops.alert_evaluation",
        {"name": "buy_box_lost", "account_id": ACCOUNT, "found": 1},
        {"name": "stale_data", "account_id": ACCOUNT, "reason": "a mart is missing"},
        {"name": "ads_above_break_even", "account_id": ACCOUNT, "found": 1},
    )
