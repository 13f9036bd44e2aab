"""What a later document changes is kept, old and new; nothing else is."""

from __future__ import annotations

import json
import random
from datetime import date
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from integration.destinations.documents import Doc, as_json, day_slice, spec_with, tsv
from integration.destinations.stores import PostgresStore
from psycopg.rows import dict_row

from sellerops.settings.specs import load_spec

SALES = load_spec("sales_and_traffic")
SALES_DAILY = spec_with("sales_and_traffic", "sales_daily", quarantine=None)
ORDERS = load_spec("all_orders")
HEADER = [
    "amazon-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "sales-channel",
    "sku",
    "asin",
    "item-price",
]
TWO, FIVE, NEXT_DAY = (f"2026-11-{when}:00:00+00:00" for when in ("18T02", "18T05", "19T02"))


def sales(hours: float, *, day: str = "2026-11-18", **units: int) -> Doc:
    """A day's sales; the keywords are ASINs."""
    rows = [
        {"parentAsin": "P", "childAsin": asin, "salesByAsin": {"unitsOrdered": n}}
        for asin, n in units.items()
    ]
    content = as_json(salesAndTrafficByAsin=rows)
    return Doc(SALES_DAILY, day_slice(SALES_DAILY, day), content, hours, "application/json")


def orders(hours: float, *rows: tuple[str, str, str, str], header: list[str] | None = None) -> Doc:
    """``(order, updated, status, price)``."""
    lines = [
        [order, "2026-11-18T01:00:00+00:00", updated, status, "Amazon.com", "S", "A", price]
        for order, updated, status, price in rows
    ]
    slice_ = day_slice(ORDERS, "2026-11-18", "2026-11-20", marketplaces=("US", "CA"))
    return Doc(ORDERS, slice_, tsv(header or HEADER, lines), hours, marketplace_ids=("ATVPDKIKX0DER",))


@pytest.fixture
def kept(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def changes(store: PostgresStore) -> list[dict[str, Any]]:
    with psycopg.connect(store.conninfo, row_factory=dict_row) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        statement = "SELECT * FROM sellerops.restatement ORDER BY new_load_id, key::text, column_name"
        return connection.execute(statement).fetchall()


def recorded(store: PostgresStore) -> list[tuple[Any, ...]]:
    return [
        (row["key"].get("child_asin") or row["key"]["amazon_order_id"], row["column_name"], row["old_value"],
         row["new_value"])
        for row in changes(store)
    ]  # fmt: skip


def test_cells_of_a_replaced_day_with_both_loads(kept: PostgresStore) -> None:
    (first,) = sales(0, A=1, B=2, C=3).load_into(kept.destination)
    (second,) = sales(24, A=1, B=5, D=4).load_into(kept.destination)
    assert recorded(kept) == [
        ("B", "units_ordered", "2", "5"),
        ("C", "", json.dumps({"parent_asin": "P", "units_ordered": 3}), None),
        ("D", "", None, json.dumps({"parent_asin": "P", "units_ordered": 4})),
    ]
    row = changes(kept)[0]
    assert (row["table_name"], row["account_id"], row["marketplace_id"]) == (
        "amazon_sp.sales_daily",
        "northwind",
        "ATVPDKIKX0DER",
    )
    assert (row["old_load_id"], row["new_load_id"]) == (first.load_id, second.load_id)
    assert (row["day"], row["age_days"], row["key"]) == (
        date(2026, 11, 18),
        3,
        {"date": "2026-11-18", "ordinal": 1, "child_asin": "B"},
    )
    assert row["new_reported_at"] > row["old_reported_at"]
    assert row["new_loaded_at"] > row["old_loaded_at"]


def test_a_day_once_loaded_without_rows_gains_them(kept: PostgresStore) -> None:
    sales(0).load_into(kept.destination)
    sales(24, A=1).load_into(kept.destination)
    assert [(key, name, old) for key, name, old, _ in recorded(kept)] == [("A", "", None)]


def test_the_first_load_and_the_same_again_change_nothing(kept: PostgresStore) -> None:
    for doc in (sales(0, A=1), sales(0, A=1), sales(5, A=1), sales(0, day="2026-11-19", A=9)):
        doc.load_into(kept.destination)
    orders(0, ("1", TWO, "Pending", "9.50")).load_into(kept.destination)
    orders(0, ("1", TWO, "Pending", "9.50")).load_into(kept.destination)
    orders(5, ("1", TWO, "Pending", "9.5")).load_into(kept.destination)
    assert changes(kept) == []


def test_an_older_document_after_a_newer_one_changes_nothing(kept: PostgresStore) -> None:
    for doc in (sales(24, A=5), sales(0, A=1, B=2)):
        doc.load_into(kept.destination)
    orders(24, ("1", FIVE, "Shipped", "9.50")).load_into(kept.destination)
    orders(0, ("1", TWO, "Pending", "")).load_into(kept.destination)
    assert changes(kept) == []


def test_cells_of_a_merged_row(kept: PostgresStore) -> None:
    for doc in (
        orders(0, ("1", TWO, "Pending", ""), ("2", TWO, "Shipped", "1")),
        orders(24, ("1", NEXT_DAY, "Shipped", "9.50"), ("3", NEXT_DAY, "Pending", "")),
    ):
        doc.load_into(kept.destination)
    assert recorded(kept) == [
        ("1", "item_price", None, "9.50"),
        ("1", "last_updated_date", "2026-11-18 02:00:00+00", "2026-11-19 02:00:00+00"),
        ("1", "order_status", "Pending", "Shipped"),
    ]
    assert {(row["marketplace_id"], row["age_days"]) for row in changes(kept)} == {("ATVPDKIKX0DER", 3)}


def test_a_new_column_is_no_restatement_and_a_lost_value_is_one(kept: PostgresStore) -> None:
    first = ("1", TWO, "Pending", "7")
    orders(0, first).load_into(kept.destination)
    orders(1, first, header=[*HEADER[:-1], "a-new-column"]).load_into(kept.destination)
    assert recorded(kept) == [("1", "item_price", "7", None)]


def test_personal_columns_and_tables_that_do_not_want_it_are_left_out(kept: PostgresStore) -> None:
    units = SALES.tables["sales_daily"].columns["units_ordered"].model_copy(update={"personal": True})
    personal = {**SALES.tables["sales_daily"].columns, "units_ordered": units}
    for update in ({"restatements": False}, {"columns": personal}):
        spec = spec_with("sales_and_traffic", "sales_daily", quarantine=None, **update)
        for hours, n in ((0, 1), (1, 2)):
            doc = sales(hours, A=n)
            Doc(spec, doc.slice_, doc.content, hours, doc.content_type).load_into(kept.destination)
    assert changes(kept) == []


def test_the_history_leads_back_from_the_last_value_to_the_first(kept: PostgresStore) -> None:
    """Documents in order of their making: each change starts where the one before ended."""
    chance = random.Random(4)
    values = [{asin: chance.randint(0, 3) for asin in "ABCD" if chance.random() < 0.8} for _ in range(6)]
    for hours, units in enumerate(values):
        sales(hours, **units).load_into(kept.destination)
    expected = []
    for before, after in pairwise(values):
        for asin in sorted(before.keys() | after.keys()):
            if asin in before and asin in after and before[asin] != after[asin]:
                expected.append((asin, "units_ordered", str(before[asin]), str(after[asin])))
            elif (asin in before) != (asin in after):
                row = {"parent_asin": "P", "units_ordered": (before | after)[asin]}
                cell = json.dumps(row)
                expected.append((asin, "", cell if asin in before else None, cell if asin in after else None))
    assert recorded(kept) == expected
