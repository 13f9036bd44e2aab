"""The Inventory page's API: totals equal their rows, stock pools count once, and own stock is edited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.hand_made_rows import make_landing_table
from support.hub import ACCOUNT, US, Hub, HubServer

API = "/hub/api/inventory"
TODAY = date(2026, 11, 21)
EU, FR, DE = "northwind_eu", "A13V1IB3VIYZZH", "A1PA6795UKMFR9"
LEVEL = {
    "day": date(2026, 11, 20), "stock_pool": US, "is_counted": True, "available": 10, "fc_transfer": 2,
    "fc_processing": 0, "reserved_customer_orders": 3, "inbound_working": 0, "inbound_shipped": 5,
    "inbound_receiving": 0, "unsellable": 1, "researching": 0, "total": 21, "inbound_open": 5,
    "inbound_14_days": 5, "inbound_30_days": 5, "inbound_undated": 0, "next_expected_on": date(2026, 11, 28),
    "snapshot_at": datetime.fromisoformat("2026-11-20T23:00:00+00:00"), "status": "complete", "missing": "",
}  # fmt: skip
POOL = {**LEVEL, "account_id": EU, "stock_pool": "pan_eu", "sku": "shared", "available": 100, "total": 100}
DEMAND = {"day": TODAY, "stock_pool": US, "daily_units": 2, "order_status": "ok", "status": "complete"}
STOCK = {"account_id": ACCOUNT, "sku": "A", "kind": "warehouse", "reference": "Dallas"}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        hub.add(
            "inventory_levels",
            {**LEVEL, "sku": "A", "asin": "B0A"},
            {**LEVEL, "sku": "B", "available": 0, "fc_transfer": 0, "total": 4, "missing": "ledger"},
            {**LEVEL, "sku": "A", "marketplace_id": "", "stock_pool": "", "total": None, "available": None,
             "own_warehouse": 30, "on_order": 50, "awd_available": 6, "inbound_open": None},
            {**POOL, "marketplace_id": DE, "is_counted": False},
            {**POOL, "marketplace_id": FR},
        )  # fmt: skip
        hub.add(
            "restock",
            {**DEMAND, "sku": "A"},
            {**DEMAND, "sku": "A", "day": date(2026, 11, 1), "daily_units": 99},
            {**DEMAND, "account_id": EU, "marketplace_id": DE, "sku": "shared", "stock_pool": "pan_eu",
             "daily_units": 4, "order_status": "overstock"},
        )  # fmt: skip
        hub.add("product", {"sku": "A", "title": "Blue kettle"}, {"sku": "B"})
        dated = {"shipment_id": "FBA2", "expected_on": date(2026, 11, 28)}
        shipment = {"sku": "A", "stage": "shipped", "status": "complete", "missing": ""}
        hub.add(
            "fba_shipments",
            {**shipment, **dated, "units_open": 5},
            {**shipment, **dated, "sku": "B", "units_open": 2},
            {**shipment, "shipment_id": "FBA3", "units_open": 7, "missing": "expected_date"},
            {**shipment, "shipment_id": "FBA1", "units_open": 0},
        )
        for account, currency in ((ACCOUNT, "EUR"), (EU, "EUR")):
            hub.add_to(
                "sellerops_reference.account_setting",
                {"account_id": account, "reporting_currency": currency},
            )
        hub.add_to(
            "sellerops_reference.fx_rate",
            {"day": date(2026, 11, 20), "from_currency": "USD", "to_currency": "EUR", "rate": 0.5,
             "source": "given", "age_days": 0},
        )  # fmt: skip
        cost = {"sku": "A", "valid_from": date(2026, 1, 1), "currency": "USD", "manufacturing": 3}
        hub.add_to(
            "sellerops_reference.cost",
            {**cost, "account_id": ACCOUNT, "freight": 1},
            {**cost, "account_id": ACCOUNT, "marketplace_id": US, "manufacturing": 7},
            {**cost, "account_id": EU, "sku": "shared", "currency": "EUR", "manufacturing": 2},
        )
        yield hub


def _get(hub: Hub, path: str, **params: Any) -> Any:
    found = hub.owner.get(f"{API}{path}", params=params)
    assert found.status_code == 200, found.text
    return found.json()


def test_totals_equal_their_rows_and_a_pool_counts_once(hub: Hub) -> None:
    table = _get(hub, "/levels")
    rows, totals = table["rows"], table["totals"]
    assert table["row_count"] == 5
    counted = [row for row in rows if row["is_counted"]]
    for name in ("available", "total", "own_warehouse", "on_order", "units_owned", "inbound_shipped"):
        assert totals[name] == sum(row[name] or 0 for row in counted), name
    values = [Decimal(row["stock_value"]) for row in counted if row["stock_value"] is not None]
    assert Decimal(totals["stock_value"]) == sum(values)
    assert (totals["available"], totals["total"]) == (110, 125), "the pool's 100 units once"
    # A: 21 units at 7 USD in the US, 36 elsewhere at 4 USD; shared: 100 at 2 EUR; half a EUR for a USD.
    assert Decimal(totals["stock_value"]) == Decimal("345.5")
    assert (totals["status"], totals["missing"]) == ("incomplete", ["cost", "ledger"])
    assert totals["without_cost"] == 1, "B"
    by_place = {(row["sku"], row["marketplace"]): row for row in rows}
    us = by_place["A", "US"]
    assert (us["title"], us["daily_units"], Decimal(us["cover_days"])) == ("Blue kettle", "2", 6)
    assert by_place["B", "US"]["stock_value"] is None, "unknown, not 0"
    assert (by_place["B", "US"]["status"], us["status"]) == ("incomplete", "complete")
    assert Decimal(by_place["shared", "DE"]["cover_days"]) == Decimal("25.5")
    german = _get(hub, "/levels", marketplace=DE)["totals"]
    assert (german["available"], german["stock_value"]) == (100, "200"), "a pool's stock, whichever is asked"
    assert [row["sku"] for row in _get(hub, "/levels", order_status="overstock")["rows"]] == ["shared"] * 2
    assert [row["marketplace"] for row in _get(hub, "/levels", q="kettle")["rows"]] == ["US", ""]
    partner = hub.partner.get(f"{API}/levels").json()
    assert partner["totals"]["stock_value"] is None
    assert partner["hidden"] == ["unit_cost", "stock_value"]
    units = [row["units_owned"] for row in partner["rows"]]
    assert units == sorted(units, reverse=True), "not by value"
    assert [row["units_owned"] for row in rows] != units


def test_ages_come_from_the_newest_snapshot(hub: Hub) -> None:
    assert _get(hub, "/ages") == {"rows": [], "totals": None, "row_count": 0, "hidden": []}
    make_landing_table(hub.conninfo, "fba_inventory_planning")
    row = {
        "account_id": ACCOUNT, "marketplace_id": US, "region": "na", "sku": "A", "currency": "USD",
        "snapshot_date": TODAY, "available": 12, "inv_age_0_to_90_days": 5, "inv_age_181_to_270_days": 4,
        "inv_age_456_plus_days": 3, "estimated_ais_181_210_days": 2, "estimated_ais_456_plus_days": 1,
        "source_line": 1, "load_id": 1, "snapshot_at": "2026-11-21T06:00:00Z", "reported_at": TODAY,
    }  # fmt: skip
    hub.add_to(
        "amazon_sp.fba_inventory_planning",
        row,
        {**row, "snapshot_at": "2026-11-21T01:00:00Z", "inv_age_456_plus_days": 99},
        {**row, "snapshot_date": date(2026, 11, 1), "sku": "gone"},
        {**row, "sku": "B", "inv_age_181_to_270_days": 0, "inv_age_456_plus_days": None},
    )
    table = _get(hub, "/ages")
    assert [(each["sku"], each["aged_units"]) for each in table["rows"]] == [("A", 7), ("B", 0)]
    assert table["rows"][1]["age_456"] is None
    for name in ("age_0_90", "age_181_270", "age_456", "aged_units", "available"):
        assert table["totals"][name] == sum(each[name] or 0 for each in table["rows"]), name
    assert (Decimal(table["totals"]["surcharge"]), table["totals"]["currency"]) == (3, "EUR")


def test_arrivals_are_shipments_by_expected_day(hub: Hub) -> None:
    found = _get(hub, "/arrivals")
    assert [(each["shipment_id"], each["skus"], each["units_open"]) for each in found] == [
        ("FBA2", 2, 7),
        ("FBA3", 1, 7),
    ]
    assert (found[0]["expected_on"], found[1]["missing"]) == ("2026-11-28", ["expected_date"])


def test_own_stock_is_edited_deleted_and_audited(hub: Hub) -> None:
    wanted = {**STOCK, "valid_from": "2026-11-20", "quantity": 30, "note": "counted"}
    assert hub.partner.put(f"{API}/elsewhere", json={"rows": [wanted]}).status_code == 403
    assert hub.stranger.put(f"{API}/elsewhere", json={"rows": [wanted]}).status_code == 401
    wrong = [
        {**wanted, "quantity": -1},
        {**wanted, "kind": "cellar", "valid_from": "soon"},
        {**wanted, "sku": "none such", "valid_from": "2026-11-20"},
    ]
    refused = hub.owner.put(f"{API}/elsewhere", json={"rows": wrong})
    assert refused.status_code == 422, refused.text
    places = [each["place"].split(",")[0] for each in refused.json()["problems"]]
    assert set(places) == {"row 1", "row 2", "row 3"}
    assert places.count("row 2") == 2, "every problem of a row"
    assert _get(hub, "/elsewhere")["rows"] == []
    stored = hub.owner.put(f"{API}/elsewhere", json={"rows": [wanted]})
    assert stored.status_code == 200, stored.text
    assert stored.json()["before"] == []
    recounted = {**wanted, "valid_from": "2026-11-21", "quantity": 25}
    assert hub.owner.put(f"{API}/elsewhere", json={"rows": [recounted]}).status_code == 200
    table = _get(hub, "/elsewhere")
    assert [(row["valid_from"], row["quantity"], row["valid_to"]) for row in table["rows"]] == [
        ("2026-11-21", 25, None)
    ]
    assert (table["rows"][0]["title"], table["totals"]["quantity"]) == ("Blue kettle", 25)
    past = _get(hub, "/elsewhere", past=True)["rows"]
    assert [(row["quantity"], row["valid_to"], row["is_valid"]) for row in past] == [
        (30, "2026-11-20", False),
        (25, None, True),
    ]
    key = {**STOCK, "valid_from": "2026-11-21"}
    moved = {**recounted, "reference": "Reno", "replaces": key}
    answer = hub.owner.put(f"{API}/elsewhere", json={"rows": [moved]})
    assert answer.status_code == 200, answer.text
    assert [row["reference"] for row in _get(hub, "/elsewhere")["rows"]] == ["Reno"]
    gone = hub.owner.request("DELETE", f"{API}/elsewhere", json={"keys": [key]})
    assert gone.status_code == 404, "it has been moved"
    key["reference"] = "Reno"
    assert hub.partner.request("DELETE", f"{API}/elsewhere", json={"keys": [key]}).status_code == 403
    assert hub.owner.request("DELETE", f"{API}/elsewhere", json={"keys": [key]}).status_code == 200
    assert _get(hub, "/elsewhere")["rows"] == []
    entries = hub.rows(
        "SELECT action, subject, account_id, before, after FROM sellerops.audit_entry ORDER BY id"
    )
    assert [(row["action"], row["subject"], row["account_id"]) for row in entries] == [
        *[("inventory.edit", "A", ACCOUNT)] * 3,
        ("inventory.delete", "A", ACCOUNT),
    ]
    assert [row["quantity"] for row in entries[1]["after"]] == [30, 25], "the older row ends earlier now"
    assert (entries[3]["before"][0]["reference"], entries[3]["after"]) == ("Reno", None)
    noted = hub.rows(
        "SELECT edited_by, source FROM sellerops.reference_edit WHERE table_name = 'stock_elsewhere'"
    )
    assert {(row["edited_by"], row["source"]) for row in noted} == {("owner", "seller hub")}
