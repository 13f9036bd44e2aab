"""The restricted orders report agrees with the report of all orders, and its people are plainly nobody."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

from amazon_sandbox.simulation import Document, Simulation
from sellerops.settings.specs import load_spec

SIMULATION = Simulation(seed=7)
AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
TYPE = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
ALL = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
START = AS_OF - timedelta(days=10)


def rows(document: Document | None) -> list[dict[str, str]]:
    assert document is not None
    text = document.read().decode("cp1252")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def document(report_type: str, *, options: dict[str, str] | None = None, days: int = 10) -> Document | None:
    seller = SIMULATION.seller("northwind_na")
    end = START + timedelta(days=days)
    return SIMULATION.document(report_type, seller, seller.marketplace_ids, START, end, options or {}, AS_OF)


def test_the_same_orders_items_and_amounts_as_in_all_orders() -> None:
    found = rows(document(TYPE, options={"ShowSalesChannel": "true"}))
    paid = {"Shipped", "Unshipped", "Shipping"}
    expected = {
        row["order-item-id"]: (row["amazon-order-id"], row["sku"], row["quantity"], row["item-price"],
                               row["ship-city"], row["sales-channel"])
        for row in rows(document(ALL))
        if row["fulfillment-channel"] == "Merchant" and row["order-status"] in paid
    }  # fmt: skip
    assert len(found) == len(expected) > 5
    assert {
        row["order-item-id"]: (row["order-id"], row["sku"], row["quantity-purchased"], row["item-price"],
                               row["ship-city"], row["sales-channel"])
        for row in found
    } == expected  # fmt: skip


def test_people_are_made_from_the_seed_and_could_not_be_real() -> None:
    first, again = rows(document(TYPE)), rows(document(TYPE))
    assert first == again
    assert "sales-channel" not in first[0]
    for row in first:
        assert row["buyer-email"].endswith(".example.invalid")
        assert row["buyer-phone-number"].startswith("+1 202-555-01")
        assert row["recipient-name"] == row["buyer-name"] != ""


def test_the_spec_has_every_column_and_calls_people_personal() -> None:
    table = load_spec("merchant_orders").tables["merchant_orders"]
    header = set(rows(document(TYPE, options={"ShowSalesChannel": "true"}))[0])
    assert {table.header_of(name) for name in table.columns} == header
    shown = {table.header_of(name) for name in table.personal_columns}
    assert {name for name in header if "name" in name or "phone" in name or "email" in name} - shown == {
        "product-name"
    }


def test_a_window_before_the_last_sixty_days_has_nothing() -> None:
    seller = SIMULATION.seller("northwind_na")
    end = AS_OF - timedelta(days=60)
    old = SIMULATION.document(TYPE, seller, seller.marketplace_ids, end - timedelta(days=9), end, {}, AS_OF)
    assert old is None
