"""The Restock page's API: tiles equal their rows, one SKU, purchase orders, overrides and inbound runs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from support.hub import ACCOUNT, US, Hub, HubServer

from sellerops_airflow.dashboard.routes import restock_writes
from sellerops_airflow.dashboard.runs import StartedRun

API = "/hub/api/restock"
TODAY = date(2026, 11, 21)
CA = "A2EUQ1WTGCTBG2"
DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
JSON = {"content-type": "application/json"}
PARTS = {
    "fc_transfer": 1, "fc_processing": 2, "customer_orders": 9, "inbound_working": 3, "inbound_shipped": 4,
    "inbound_receiving": 5, "awd_available": 6, "awd_reserved": 7, "awd_inbound": 8, "own_warehouse": 10,
    "open_orders": 11, "later_units": 0,
}  # fmt: skip
BASE = {
    "day": TODAY, "stock_pool": US, "supplier": "Mill", "route": "sea", "case_pack": 6, "moq": 12,
    "review_days": 7, "lead_time_days": 30, "lead_time_sd_days": 4, "check_in_days": 5, "protection_days": 37,
    "service_level": 0.95, "service_level_from": "class", "abc_class": "A", "available": 20, "position": 77,
    "sellable_position": 23, "order_quantity_reason": "case_pack", "status": "complete", "missing": "",
    "currency": "USD", "unit_cost": 5, "unit_margin": 3, "forecast_day": TODAY - timedelta(days=1), **PARTS,
}  # fmt: skip
FORECAST = {
    "day": TODAY - timedelta(days=1), "stock_pool": US, "class": "regular", "model": "in_stock_mean",
    "horizon_days": 37, "p10": 50, "p50": 74, "p80": 90, "p90": 100, "p95": 110, "daily_units": 2,
    "wape": 0.3, "poisson_floor": 0.1, "baseline_wape": 0.4, "coverage_80": 0.8, "origins": 6, "drift": False,
    "masked_days": 2, "status": "complete", "missing": "",
}  # fmt: skip


def _row(sku: str, order_status: str, quantity: int | None, **more: Any) -> dict[str, Any]:
    cash = {} if quantity is None else {"cash_needed": quantity * 5, "cash_deposit": quantity}
    return {**BASE, "sku": sku, "order_status": order_status, "order_quantity": quantity, **cash, **more}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        hub.make("product", "fba_shipments", "forecast_grade", "restock_grade")
        hub.add(
            "restock",
            _row("late", "order_now", 60, order_by=date(2026, 11, 10), lost_units=8, lost_margin=24,
                 fee_expected=7, fee_weeks=2, amazon_quantity=30),
            _row("now", "order_now", 12, order_by=TODAY, supplier="Foundry", lost_units=1, lost_margin=3),
            _row("soon", "soon", 24, order_by=date(2026, 11, 25), cash_needed=None, unit_cost=None,
                 missing="cost", status="estimated"),
            _row("fine", "ok", 0, order_by=date(2027, 1, 4)),
            _row("set", "ok", 6, order_by=date(2027, 1, 5), override_quantity=6, override_reason="fair"),
            _row("much", "overstock", 0, fee_weeks=1),
            _row("dark", "unknown", None, position=None, status="incomplete", missing="stock"),
            _row("before", "order_now", 999, day=TODAY - timedelta(days=1)),
            _row("abroad", "order_now", 10, order_by=TODAY, marketplace_id=CA, stock_pool=CA, currency="CAD"),
        )  # fmt: skip
        hub.add("product", {"sku": "late", "title": "Blue kettle"})
        hub.add(
            "forecast",
            {**FORECAST, "sku": "late"},
            {**FORECAST, "sku": "late", "day": TODAY - timedelta(days=8), "p50": 60, "masked_days": 2},
            {**FORECAST, "sku": "dark", "p50": None, "wape": None, "status": "incomplete"},
        )
        hub.add(
            "demand_day",
            {"day": TODAY - timedelta(days=2), "sku": "late", "units": 4, "available": 9, "is_masked": False,
             "mask_reason": "", "events": "", "status": "complete"},
            {"day": TODAY - timedelta(days=1), "sku": "late", "units": 0, "available": 0, "is_masked": True,
             "mask_reason": "stock_out", "events": "", "status": "complete"},
        )  # fmt: skip
        pooled = {"account_id": "northwind_eu", "day": TODAY - timedelta(days=1), "sku": "late", "units": 2,
                  "is_masked": False, "mask_reason": "", "events": "", "status": "complete"}  # fmt: skip
        hub.add(
            "demand_day",
            {**pooled, "marketplace_id": DE, "available": 13},
            {**pooled, "marketplace_id": FR, "available": 13},
        )
        graded = {"day": TODAY - timedelta(days=40), "sku": "late", "stock_pool": US, "demand": 70}
        hub.add(
            "restock_grade",
            {**graded, "is_final": True, "short_units": 0, "over_units": 5, "amazon_short_units": 20,
             "amazon_over_units": 0, "stock_out_days": 2},
            {**graded, "sku": "soon", "is_final": True, "short_units": 1, "over_units": 9},
        )  # fmt: skip
        hub.add_to(
            "sellerops_reference.account_setting",
            {"account_id": ACCOUNT, "reporting_currency": "EUR"},
        )
        for currency, rate in (("USD", 0.5), ("CAD", 0.25)):
            hub.add_to(
                "sellerops_reference.fx_rate",
                {"day": date(2026, 11, 20), "from_currency": currency, "to_currency": "EUR", "rate": rate,
                 "source": "given", "age_days": 0},
            )  # fmt: skip
        yield hub


def _get(hub: Hub, path: str = "", **params: Any) -> Any:
    found = hub.owner.get(f"{API}{path}", params=params)
    assert found.status_code == 200, found.text
    return found.json()


def _sum(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows if row[name] is not None), Decimal(0))


def test_tiles_equal_the_rows_that_they_open(hub: Hub) -> None:
    (tile,) = _get(hub)["totals"]
    due = _get(hub, "/proposals", due=True)
    assert [row["sku"] for row in due["rows"]] == ["late", "now", "abroad", "soon", "set"], (
        "most urgent first"
    )
    assert due["totals"]["order_quantity"] == tile["due_units"] == 112
    for mine, theirs in (("due_cash", "cash_needed"), ("due_deposit", "cash_deposit")):
        assert Decimal(tile[mine]) == _sum(due["rows"], theirs) == Decimal(due["totals"][theirs])
    # 60 + 12 + 6 units at 5 USD of 0.5 EUR, 10 at 5 CAD of 0.25 EUR.
    assert (tile["currency"], Decimal(tile["due_cash"])) == ("EUR", Decimal("207.5"))
    assert (tile["due_skus"], tile["due_without_cost"], tile["late_skus"]) == (5, 1, 1)
    assert (tile["overstock_skus"], tile["unknown_skus"], tile["skus"]) == (1, 1, 8)
    assert (tile["status"], tile["missing"]) == ("incomplete", ["cost", "stock"])
    assert (tile["fee_expected"], tile["fee_skus"], tile["fee_skus_without_rate"]) == ("3.5", 2, 1)
    everything = _get(hub, "/proposals")
    assert everything["row_count"] == tile["skus"], "yesterday's recommendations are not among them"
    for name in ("lost_margin", "fee_expected"):
        assert Decimal(tile[name]) == _sum(everything["rows"], name)
    late = due["rows"][0]
    parts = ("available", *(name for name in PARTS if name not in ("customer_orders", "later_units")))
    assert sum(late[name] for name in parts) == late["position"] == 77
    assert (late["title"], late["marketplace"], late["amazon_quantity"]) == ("Blue kettle", "US", 30)
    assert (late["demand_p10"], due["totals"]["demand_p10"]) == ("50", None)
    assert _get(hub, "/proposals", sort="demand_p10")["rows"][0]["sku"] == "late"


def test_currencies_are_never_added(hub: Hub) -> None:
    tiles = _get(hub, currency="marketplace")["totals"]
    assert {tile["currency"]: Decimal(tile["due_cash"]) for tile in tiles} == {"USD": 390, "CAD": 50}
    assert _get(hub, "/proposals", currency="marketplace", due=True)["totals"]["cash_needed"] is None
    one = _get(hub, "/proposals", currency="marketplace", due=True, marketplace=US)
    assert Decimal(one["totals"]["cash_needed"]) == 390


def test_suppliers_quality_and_grades(hub: Hub) -> None:
    page = _get(hub)
    suppliers = {row["supplier"]: row for row in page["suppliers"]}
    assert {name: row["skus"] for name, row in suppliers.items()} == {"Mill": 4, "Foundry": 1}
    mill = _get(hub, "/proposals", due=True, supplier="Mill")
    assert Decimal(mill["totals"]["cash_needed"]) == Decimal(suppliers["Mill"]["cash_needed"])
    (quality,) = page["quality"]
    assert (quality["demand_class"], quality["skus"], quality["refused_skus"]) == ("regular", 2, 1)
    assert (Decimal(quality["wape"]), Decimal(quality["poisson_floor"])) == (Decimal("0.3"), Decimal("0.1"))
    scores = page["scores"]
    assert (scores["skus"], scores["compared_skus"], scores["is_final"]) == (2, 1, True)
    assert (scores["short_units"], scores["amazon_short_units"]) == ("0", "20"), "SKUs that both graded"


def test_filters_and_csv_are_what_is_shown(hub: Hub) -> None:
    assert [row["sku"] for row in _get(hub, "/proposals", q="kettle")["rows"]] == ["late"]
    assert [row["sku"] for row in _get(hub, "/proposals", status="overstock")["rows"]] == ["much"]
    shown = _get(hub, "/proposals", sort="cash_needed", direction="desc", limit=2)
    text = hub.owner.get(
        f"{API}/proposals", params={"sort": "cash_needed", "direction": "desc", "format": "csv"}
    ).content.decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert len(rows) == shown["row_count"] == 8
    assert [row["sku"] for row in rows[:2]] == [row["sku"] for row in shown["rows"]] == ["late", "now"]


def test_a_purchase_order_has_the_chosen_lines(hub: Hub) -> None:
    def order(**params: Any) -> list[dict[str, str]]:
        answer = hub.owner.get(f"{API}/purchase-order", params={"format": "csv", **params})
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))

    everything = order()
    assert sorted(row["sku"] for row in everything) == ["abroad", "late", "now", "set", "soon"]
    assert [row["sku"] for row in order(supplier="Foundry")] == ["now"]
    chosen = order(line=[f"{ACCOUNT}|{US}|late", f"{ACCOUNT}|{US}|fine"])
    (row,) = chosen
    assert (row["sku"], row["quantity"], row["cartons"], row["total"]) == ("late", "60", "10", "300")
    assert (row["order_by"], row["expected_on"]) == ("2026-11-10", "2026-12-21"), "from today on"
    answer = hub.partner.get(f"{API}/purchase-order", params={"supplier": "Foundry"}).json()
    assert (answer["rows"][0]["quantity"], answer["rows"][0]["total"]) == (12, None)


def test_a_stock_pool_that_two_marketplaces_report_is_there_once(hub: Hub) -> None:
    page = _get(hub, "/sku", account_id="northwind_eu", marketplace_id=DE, sku="late")
    assert [(day["units"], day["available"]) for day in page["history"]["days"]] == [(4, 13)]


def test_the_order_of_rows_tells_partners_nothing_about_margins(hub: Hub) -> None:
    def order(client: Any) -> list[str]:
        shown = client.get(f"{API}/proposals", params={"status": "order_now"}).json()["rows"]
        return [row["sku"] for row in shown if row["sku"] != "late"]

    def suppliers(client: Any) -> list[str]:
        return [row["supplier"] for row in client.get(API).json()["suppliers"]]

    owners, partners = order(hub.owner), order(hub.partner)
    change = "UPDATE sellerops_marts.restock SET lost_margin = %s WHERE sku = 'abroad'"
    hub.rows(change, 1000)
    assert (order(hub.owner), order(hub.partner)) == (owners[::-1], partners)
    hub.rows(change, None)
    assert (suppliers(hub.owner), suppliers(hub.partner)) == (["Mill", "Foundry"], ["Foundry", "Mill"])


def test_one_sku_has_its_history_and_what_changed(hub: Hub) -> None:
    page = _get(hub, "/sku", account_id=ACCOUNT, marketplace_id=US, sku="late")
    assert (page["proposal"]["order_quantity"], page["proposal"]["currency"]) == (60, "USD")
    history = page["history"]
    assert [(day["units"], day["is_masked"], day["mask_reasons"]) for day in history["days"]] == [
        (4, False, []),
        (0, True, ["stock_out"]),
    ]
    assert [one["p50"] for one in history["forecasts"]] == ["74", "60"]
    assert history["changes"] == [{"name": "p50", "before": "60", "after": "74"}]
    (grade,) = history["grades"]
    assert (grade["short_units"], grade["amazon_short_units"], grade["forecast"]) == ("0", "20", None)
    assert _get(hub, "/sku", account_id=ACCOUNT, marketplace_id=US, sku="none such")["proposal"] is None


def test_a_what_if_moves_the_order(hub: Hub) -> None:
    place = {"account_id": ACCOUNT, "marketplace_id": US, "sku": "late"}
    same = _get(hub, "/what-if", **place)
    assert same["as_it_is"] == same["what_if"]
    longer = _get(hub, "/what-if", **place, lead_time=60, service_level=0.99)
    assert longer["as_it_is"] == same["as_it_is"]
    assert Decimal(longer["what_if"]["reorder_point"]) > Decimal(same["what_if"]["reorder_point"])
    assert longer["what_if"]["order_quantity"] > same["what_if"]["order_quantity"]
    assert (same["what_if"]["demand_p50"], longer["what_if"]["demand_p50"]) == ("74.0", "134.0")
    assert (longer["outlook"][0]["day"], len(longer["outlook"])) == ("2026-11-21", 37)
    assert hub.partner.get(f"{API}/what-if", params=place).json()["what_if"]["lost_margin"] is None
    refused = hub.owner.get(f"{API}/what-if", params={**place, "sku": "dark"})
    assert (refused.status_code, "stock missing" in refused.text) == (422, True)
    assert hub.owner.get(f"{API}/what-if", params={**place, "sku": "none such"}).status_code == 404
    assert hub.owner.get(f"{API}/what-if", params={**place, "service_level": 2}).status_code == 422


def test_overrides_are_set_ended_and_audited(hub: Hub) -> None:
    place = {"account_id": ACCOUNT, "marketplace_id": US, "sku": "fine"}
    wanted = {**place, "quantity": 30, "last_day": "2026-12-24", "reason": "Christmas fair"}
    assert hub.partner.post(f"{API}/overrides", json=wanted).status_code == 403
    for wrong in ({"quantity": -1}, {"reason": "  "}, {"last_day": "2026-11-20"}, {"last_day": "2028-01-01"}):
        assert hub.owner.post(f"{API}/overrides", json={**wanted, **wrong}).status_code == 422, wrong
    assert hub.owner.post(f"{API}/overrides", json={**wanted, "sku": "none such"}).status_code == 404
    first = hub.owner.post(f"{API}/overrides", json=wanted)
    assert first.status_code == 200, first.text
    assert first.json()["before"] is None
    second = hub.owner.post(f"{API}/overrides", json={**wanted, "quantity": 36}).json()
    assert (second["before"]["quantity"], second["after"]["quantity"]) == (30, 36)
    (shown,) = _get(hub)["overrides"]
    assert (shown["quantity"], shown["author"], shown["is_in_force"]) == (36, "owner", True)
    assert hub.rows("SELECT mart FROM sellerops.mart_pending WHERE mart = 'restock'"), "the mart is queued"
    assert hub.partner.request("DELETE", f"{API}/overrides", params=place, headers=JSON).status_code == 403
    ended = hub.owner.request("DELETE", f"{API}/overrides", params=place, headers=JSON)
    assert ended.status_code == 200, ended.text
    assert hub.owner.request("DELETE", f"{API}/overrides", params=place, headers=JSON).status_code == 404
    assert _get(hub)["overrides"] == []
    history = _get(hub, "/sku", **place)["overrides"]
    assert [(one["quantity"], one["ended_by"]) for one in history] == [(36, "owner"), (30, "owner")]
    entries = hub.rows("SELECT action, subject, before, after FROM sellerops.audit_entry ORDER BY id")
    assert [(row["action"], row["subject"]) for row in entries] == [
        ("restock.override", "US fine"),
        ("restock.override", "US fine"),
        ("restock.end_override", "US fine"),
    ]
    assert (entries[1]["before"]["quantity"], entries[1]["after"]["reason"]) == (30, "Christmas fair")
    assert (entries[2]["before"]["quantity"], entries[2]["after"]) == (36, None)


def test_an_inbound_run_is_checked_and_started(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    form = _get(hub, "/inbound-form", account_id=ACCOUNT, marketplace_id=US)
    assert (form["marketplace"], form["ready"]) == ("US", "2026-11-24")
    assert "dallas" in form["addresses"]
    assert form["approvers"]
    started: list[dict[str, Any]] = []

    def start(request: Any, user: Any, dag_id: str, conf: dict[str, Any], **more: Any) -> StartedRun:
        from sellerops_airflow.dashboard import audit

        started.append({"dag_id": dag_id, "conf": conf, **more})
        audit.only_checked()
        return StartedRun(
            dag_id=dag_id, run_id="hub__1", is_paused=False, path="dags/fba_inbound/runs/hub__1"
        )

    monkeypatch.setattr(restock_writes, "start_run", start)
    wanted = {
        "request_id": "0123456789abcdef",
        "account_id": ACCOUNT, "marketplace_id": US, "source_address": "dallas", "name": "Restock Mill",
        "ready": "2026-11-24", "items": [{"sku": "late", "quantity": 60}, {"sku": "now", "quantity": 12}],
    }  # fmt: skip
    assert hub.partner.post(f"{API}/inbound-runs", json=wanted).status_code == 403
    wrong = {**wanted, "source_address": "atlantis", "ready": "2025-01-01"}
    refused = hub.owner.post(f"{API}/inbound-runs", json=wrong)
    assert refused.status_code == 422, refused.text
    assert {each["place"] for each in refused.json()["problems"]} == {"Ships from", "Ready to ship on"}
    assert started == []
    answer = hub.owner.post(f"{API}/inbound-runs", json=wanted)
    assert answer.status_code == 200, answer.text
    (run,) = started
    assert (run["dag_id"], run["action"], run["account_id"]) == ("fba_inbound", "restock.inbound", ACCOUNT)
    assert run["run_id"] == "hub__0123456789abcdef"
    assert run["conf"] == {
        "account": ACCOUNT, "marketplace": "US", "source_address": "dallas", "name": "Restock Mill",
        "ready": "2026-11-24", "items": wanted["items"], "dry_run": False,
    }  # fmt: skip
