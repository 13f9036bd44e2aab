"""Marts of stock and shipments from rows written by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.built_marts import MartRows

from sellerops.destinations.mart_store import Span
from sellerops.ledger import Ledger

DAY = date(2026, 3, 10)
DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
EU = "northwind_eu"


@pytest.fixture
def given(ledger: Ledger) -> MartRows:
    return MartRows(ledger)


def _stock(marketplace: str, at: str, available: int, total: int) -> dict[str, Any]:
    return {
        "account_id": EU,
        "marketplace_id": marketplace,
        "seller_sku": "A",
        "fn_sku": "X1",
        "asin": "ASINA",
        "condition": "NewItem",
        "snapshot_at": at,
        "fulfillable_quantity": available,
        "total_quantity": total,
    }


def test_shared_stock_is_counted_once_and_a_day_without_snapshot_is_unknown(given: MartRows) -> None:
    given.add(
        "amazon_sp.fba_inventory_summaries",
        _stock(DE, "2026-03-10T08:00:00Z", 90, 95),
        _stock(DE, "2026-03-10T22:00:00Z", 80, 85),  # the last of the day in Berlin
        _stock(DE, "2026-03-10T23:30:00Z", 70, 75),  # 11 March in Berlin
        _stock(FR, "2026-03-10T22:00:00Z", 79, 84),
    )
    ledger = {"account_id": EU, "marketplace_id": None, "msku": "A", "fnsku": "X1", "asin": "ASINA"}
    given.add(
        "amazon_sp.inventory_ledger_summary",
        {**ledger, "date": DAY, "location": "DE", "disposition": "SELLABLE", "ending_warehouse_balance": 60},
        {**ledger, "date": DAY, "location": "FR", "disposition": "SELLABLE", "ending_warehouse_balance": 25},
        {**ledger, "date": DAY, "location": "CZ", "disposition": "SELLABLE", "ending_warehouse_balance": 7},
        {
            **ledger,
            "date": DAY,
            "location": "DE",
            "disposition": "DEFECTIVE",
            "ending_warehouse_balance": 2,
            "lost": -3,
            "found": 1,
        },
        {
            **ledger,
            "date": date(2026, 3, 8),
            "location": "DE",
            "disposition": "SELLABLE",
            "ending_warehouse_balance": 50,
        },
    )
    rows = {(row["marketplace_id"], row["day"]): row for row in given.built("inventory_day", [Span(EU)])}
    de, fr, nowhere = rows[DE, DAY], rows[FR, DAY], rows["", DAY]
    assert (de["available"], de["stock_pool"], de["is_counted"]) == (80, "pan_eu", True)
    assert (fr["available"], fr["stock_pool"], fr["is_counted"]) == (79, "pan_eu", False)
    assert (de["ledger_sellable"], de["ledger_unsellable"], de["ledger_lost"]) == (60, 2, 2)
    assert (nowhere["ledger_sellable"], nowhere["available"]) == (7, None)
    assert rows[DE, date(2026, 3, 11)]["missing"] == "ledger"
    before = rows[DE, date(2026, 3, 8)]
    assert (before["available"], before["sellable"], before["status"]) == (None, 50, "estimated")
    assert before["missing"] == "snapshot"
    assert (DE, date(2026, 3, 9)) not in rows


def test_stock_of_no_marketplace_has_rows_of_its_own(given: MartRows) -> None:
    given.add("amazon_sp.fba_inventory_summaries", _stock(DE, "2026-03-10T08:00:00Z", 90, 95))
    given.add(
        "amazon_sp.awd_inventory",
        {
            "account_id": EU,
            "marketplace_id": None,
            "sku": "A",
            "snapshot_at": "2026-03-10T08:00:00Z",
            "available_distributable_quantity": 40,
            "reserved_distributable_quantity": 5,
            "replenishment_quantity": 3,
            "total_inbound_quantity": 11,
        },
    )
    elsewhere = {"account_id": EU, "sku": "A", "reference": "", "valid_to": date(9999, 12, 31)}
    given.add(
        "reference.stock_elsewhere",
        {**elsewhere, "kind": "warehouse", "valid_from": date(2026, 3, 1), "quantity": 200},
        {**elsewhere, "kind": "purchase_order", "valid_from": date(2026, 3, 11), "quantity": 500},
    )
    levels = {row["marketplace_id"]: row for row in given.built("inventory_levels", [Span(EU)])}
    nowhere = levels[""]
    assert [nowhere[f"awd_{name}"] for name in ("available", "reserved", "replenishing", "inbound")] == [
        40,
        5,
        3,
        11,
    ]
    assert (nowhere["own_warehouse"], nowhere["on_order"], nowhere["available"]) == (200, None, None)
    assert (levels[DE]["available"], levels[DE]["own_warehouse"]) == (90, None)


def test_open_shipments_have_dates_and_closed_ones_differences(given: MartRows) -> None:
    given.add("amazon_sp.fba_inventory_summaries", _stock(DE, "2026-03-10T08:00:00Z", 90, 95))
    of = {"account_id": EU, "marketplace_id": DE}
    given.add(
        "amazon_sp.inbound_shipments",
        {**of, "shipment_id": "FBA1", "shipment_status": "SHIPPED"},
        {
            **of,
            "shipment_id": "FBA2",
            "shipment_status": "RECEIVING",
            "confirmed_need_by_date": date(2026, 4, 5),
        },
        {**of, "shipment_id": "FBA3", "shipment_status": "CLOSED"},
        {**of, "shipment_id": "FBA4", "shipment_status": "WORKING"},
    )
    given.add(
        "amazon_sp.inbound_shipment_items",
        {**of, "shipment_id": "FBA1", "seller_sku": "A", "quantity_shipped": 100, "quantity_received": 0},
        {**of, "shipment_id": "FBA2", "seller_sku": "A", "quantity_shipped": 50, "quantity_received": 20},
        {**of, "shipment_id": "FBA3", "seller_sku": "A", "quantity_shipped": 30, "quantity_received": 28},
    )
    given.add(
        "amazon_sp.inbound_plan_shipments",
        {
            "account_id": EU,
            "marketplace_id": DE,
            "inbound_plan_id": "p1",
            "shipment_id": "s1",
            "shipment_confirmation_id": "FBA1",
            "delivery_window_end": "2026-03-20T10:00:00Z",
        },
    )
    receipt = {
        "account_id": EU,
        "marketplace_id": None,
        "event_type": "Receipts",
        "reference_id": "FBA3",
        "msku": "A",
    }
    given.add(
        "amazon_sp.inventory_ledger_detail",
        {**receipt, "date": date(2026, 3, 2), "quantity": 20},
        {**receipt, "date": date(2026, 3, 5), "quantity": 8},
        {**receipt, "date": date(2026, 3, 6), "quantity": 9, "event_type": "CustomerReturns"},
    )
    shipments = {row["shipment_id"]: row for row in given.built("fba_shipments", [Span(EU)])}
    assert (shipments["FBA1"]["expected_on"], shipments["FBA1"]["units_open"]) == (date(2026, 3, 20), 100)
    assert (shipments["FBA2"]["expected_on"], shipments["FBA2"]["units_open"]) == (date(2026, 4, 5), 30)
    closed = shipments["FBA3"]
    assert (closed["units_open"], closed["units_difference"], closed["status"]) == (0, -2, "complete")
    assert (closed["first_received_on"], closed["last_received_on"]) == (date(2026, 3, 2), date(2026, 3, 5))
    assert closed["units_in_ledger"] == 28
    assert (shipments["FBA4"]["status"], shipments["FBA4"]["missing"]) == (
        "incomplete",
        "expected_date, items",
    )
    (level,) = given.built("inventory_levels", [Span(EU)])
    assert (level["inbound_open"], level["inbound_14_days"], level["inbound_30_days"]) == (130, 100, 130)
    assert level["next_expected_on"] == date(2026, 3, 20)
