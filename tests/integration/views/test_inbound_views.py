"""The views of inbound shipments and of inventory: from the ledger, from landed lists, or both."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from integration.destinations.documents import Doc, day_slice, spec_with
from integration.destinations.stores import PostgresStore
from integration.inbound.following_parts import add_option, add_run, add_shipment, insert, rows
from integration.views.test_starter_views import stock

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops.settings.specs import ReportSpec, load_spec

V0, PLANS = load_spec("inbound_shipments"), load_spec("inbound_plans")
# The documents of these tests were reported at 12:00.
EARLIER, LATER = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
def store(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def lines(spec: ReportSpec, *answers: dict[str, Any], region: str = "NA") -> Doc:
    content = b"".join(json.dumps({"request": {}, **answer}).encode() + b"\n" for answer in answers)
    slice_ = day_slice(spec, "2026-11-20", account="northwind_na", region=region)
    return Doc(spec, slice_, content, 0, "application/jsonl")


def landed(
    statuses: dict[str, str], units: dict[tuple[str, str], tuple[int, int]], spec: ReportSpec = V0
) -> Doc:
    shipments = [
        {"ShipmentId": name, "ShipmentStatus": status, "DestinationFulfillmentCenterId": "LBA4"}
        for name, status in statuses.items()
    ]
    items = [
        {
            "ShipmentId": name,
            "SellerSKU": sku,
            "FulfillmentNetworkSKU": f"X00{sku}",
            "QuantityShipped": shipped,
            "QuantityReceived": received,
        }
        for (name, sku), (shipped, received) in units.items()
    ]
    return lines(
        spec,
        {"shipments": {"payload": {"ShipmentData": shipments}}},
        {"items": {"payload": {"ItemData": items}}},
    )


def add_own(ledger: Ledger, *, read_at: datetime) -> int:
    run = add_run(ledger, "Winter #1", state="shipped")
    add_option(ledger, run, "t", "a", carrier="UPS")
    add_shipment(
        ledger, run, "a", {"S": 40, "T": 10}, status="IN_TRANSIT", transportation_option_id="t",
        placement_fee=Decimal(10), transportation_fee=Decimal(88), currency="USD", confirmed_at=read_at,
        checked_at=read_at,
    )  # fmt: skip
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.inbound_shipment_item SET shipped = planned, received = 0, checked_at = %s",
            (read_at,),
        )
    return run


def status(ledger: Ledger) -> list[dict[str, Any]]:
    return rows(ledger, "SELECT * FROM sellerops_views.inbound_status ORDER BY shipment, sku")


def test_own_runs_without_any_landed_list(ledger: Ledger) -> None:
    run = add_own(ledger, read_at=EARLIER)
    first, second = status(ledger)
    assert [first[name] for name in ("inbound_run_id", "run", "run_state", "account_id", "marketplace")] == [
        run, "Winter #1", "shipped", "northwind_na", "US",
    ]  # fmt: skip
    assert [first[name] for name in ("shipment", "status", "warehouse", "carrier", "sku")] == [
        "FBAa", "IN_TRANSIT", "ABE2", "UPS", "S",
    ]  # fmt: skip
    names = ("planned", "confirmed", "shipped", "received", "difference")
    assert [second[name] for name in names] == [10, 10, 10, 0, None], "not delivered yet: no difference"
    assert (first["placement_fee_per_unit"], first["transport_fee_per_unit"], first["currency"]) == (
        Decimal("0.2"), Decimal("1.76"), "USD",
    )  # fmt: skip


def test_a_run_without_shipments_shows_what_it_plans(ledger: Ledger) -> None:
    run = add_run(ledger, "Planned", state="awaiting_approval")
    for line in (1, 2):
        insert(ledger, "inbound_item", {
            "inbound_run_id": run, "line": line, "sku": "S", "quantity": 5, "prep_owner": "NONE",
            "label_owner": "NONE",
        }, "line")  # fmt: skip
    add_shipment(ledger, run, "offered", {"S": 10}, is_chosen=False, confirmation_id=None)
    (row,) = status(ledger)
    assert (row["run"], row["shipment"], row["sku"], row["planned"], row["confirmed"]) == (
        "Planned", None, "S", 10, None,
    )  # fmt: skip


def test_shipments_of_seller_central_have_no_run(ledger: Ledger, store: PostgresStore) -> None:
    landed({"FBAz": "CLOSED"}, {("FBAz", "S"): (20, 19)}).load_into(store.destination)
    (row,) = status(ledger)
    assert (row["inbound_run_id"], row["shipment"], row["status"], row["warehouse"], row["marketplace"]) == (
        None, "FBAz", "CLOSED", "LBA4", "US",
    )  # fmt: skip
    assert (row["planned"], row["shipped"], row["received"], row["difference"]) == (None, 20, 19, -1)


@pytest.mark.parametrize("is_landed_later", [True, False])
def test_both_sides_are_one_row_and_the_later_reading_counts(
    ledger: Ledger, store: PostgresStore, is_landed_later: bool
) -> None:
    run = add_own(ledger, read_at=EARLIER if is_landed_later else LATER)
    units = {("FBAa", "S"): (40, 38), ("FBAa", "U"): (0, 2)}
    landed({"FBAa": "RECEIVING"}, units).load_into(store.destination)
    plan = {
        "shipmentId": "a", "shipmentConfirmationId": "FBAa", "status": "IN_TRANSIT",
        "destination": {"warehouseId": "ABE2"},
    }  # fmt: skip
    times = {"createdAt": "2026-11-19T08:00:00Z", "lastUpdatedAt": "2026-11-20T08:00:00Z"}
    request = {"inboundPlanId": "wf-1", "plan": {**times, "marketplaceIds": ["ATVPDKIKX0DER"]}}
    lines(PLANS, {"request": request, "shipment": plan}).load_into(store.destination)
    found = {row["sku"]: row for row in status(ledger)}
    assert {sku: row["shipment"] for sku, row in found.items()} == dict.fromkeys("STU", "FBAa")
    names = ("status", "planned", "shipped", "received", "difference")
    seen = {sku: tuple(row[name] for name in names) for sku, row in found.items()}
    if is_landed_later:
        assert seen == {
            "S": ("RECEIVING", 40, 40, 38, -2),
            "T": ("RECEIVING", 10, 10, 0, -10),
            "U": ("RECEIVING", None, 0, 2, 2),
        }
    else:
        assert seen["S"] == ("IN_TRANSIT", 40, 40, 0, None)
        assert seen["U"][2:4] == (0, 2), "a SKU that only Amazon lists"
    assert (found["S"]["inbound_run_id"], found["U"]["inbound_run_id"]) == (run, None)


def test_a_table_that_does_not_fit_leaves_the_own_side(ledger: Ledger, store: PostgresStore) -> None:
    add_own(ledger, read_at=EARLIER)
    items = spec_with("inbound_shipments", "inbound_shipment_items")
    columns = dict(items.tables["inbound_shipment_items"].columns)
    del columns["quantity_received"]
    items = spec_with("inbound_shipments", "inbound_shipment_items", columns=columns)
    landed({}, {("FBAa", "S"): (40, 38)}, items).load_into(store.destination)
    assert [row["received"] for row in status(ledger)] == [0, 0]


def test_inventory_is_the_newest_snapshot_of_each_marketplace(ledger: Ledger, store: PostgresStore) -> None:
    now = datetime(2026, 11, 21, 9, tzinfo=UTC)
    ledger.set_clock(Clock(datetime.now(UTC), now, 0.0))
    for country, units, hours in (("DE", 90, 30), ("DE", 80, 3), ("FR", 80, 2), ("US", 7, 24 * 9)):
        stock(country, units, now - timedelta(hours=hours)).load_into(store.destination)
    found = rows(ledger, "SELECT * FROM sellerops_views.inventory_levels ORDER BY marketplace")
    assert [(row["marketplace"], row["sku"], row["fulfillable"], row["total"]) for row in found] == [
        ("DE", "S", 80, 84), ("FR", "S", 80, 84),
    ]  # fmt: skip
    assert {row["inbound_shipped"] for row in found} == {4}
    ledger.set_clock(None)
