"""What every destination promises for the five reports: rows in the file = stored + rejected, and the newest
counts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from integration.destinations.documents import (
    NOON,
    Doc,
    as_json,
    contents,
    day_slice,
    snapshot_slice,
    spec_with,
    tsv,
)
from integration.destinations.stores import Store

from sellerops.base.errors import CheckFailed, ConfigurationError, DocumentDamaged, UnreadableDocument
from sellerops.calendar.slices import Slice
from sellerops.destinations import LoadResult
from sellerops.settings.specs import ReportSpec, load_spec

ORDERS = ["amazon-order-id", "last-updated-date", "sku", "asin", "quantity", "item-price", "sales-channel"]
RETURNS = ["return-date", "order-id", "sku", "quantity", "customer-comments"]
STOCK = ["sku", "asin", "product-name", "your-price", "afn-total-quantity"]


def order(
    number: str, sku: str = "A", updated: str = "2026-11-19T10:00:00+00:00", quantity: object = 1
) -> list[object]:
    return [number, updated, sku, "B0", quantity, "12.50", "Amazon.com"]


def orders(*rows: list[object], hours: float = 0, header: list[str] = ORDERS) -> Doc:
    spec = load_spec("all_orders")
    return Doc(spec, day_slice(spec, "2026-11-19", marketplaces=("US", "CA")), tsv(header, rows), hours)


def returns(
    *rows: tuple[object, ...], first: str = "2026-11-18", last: str = "2026-11-19", hours: float = 0
) -> Doc:
    spec = load_spec("fba_customer_returns")
    return Doc(spec, day_slice(spec, first, last, marketplaces=("US", "CA")), tsv(RETURNS, rows), hours)


def only(results: list[LoadResult]) -> LoadResult:
    (result,) = results
    assert result.rows_in_file == result.stored + result.rejected
    assert result.stored == result.inserted + result.updated + result.unchanged + result.superseded
    return result


def test_a_damaged_text_costs_no_row_is_marked_and_counted(store: Store) -> None:
    """Of a public file, 11 % of the storage fees were lost with a character of their titles."""
    spec = load_spec("storage_fees")
    header = ["asin", "fnsku", "product_name", "fulfillment_center", "country_code", "month_of_charge",
              "currency", "estimated_monthly_storage_fee"]  # fmt: skip
    rows = [
        [asin, "X1", title, "PHX7", "US", "2026-07", "USD", fee]
        for asin, title, fee in [
            ("B1", "Lamp 60\ufffd", "55.0414"),
            ("B2", "Li\x00d", "1.0"),
            ("B3", "Pot", "2.0"),
        ]
    ]
    result = only(
        Doc(spec, day_slice(spec, "2026-07-01", "2026-07-31"), tsv(header, rows)).load_into(store.destination)
    )
    assert (result.stored, result.rejected, result.damaged_texts) == (3, 0, 2)
    found = store.rows("amazon_sp.storage_fees")
    assert sorted(row["product_name"] for row in found) == ["Lamp 60\\ufffd", "Li\\x00d", "Pot"]
    assert sum(row["estimated_monthly_storage_fee"] for row in found) == Decimal("58.0414")
    assert [load["damaged_texts"] for load in store.loads()] == [2]


def test_types_ids_and_system_columns(store: Store) -> None:
    only(orders(order("111-0", sku="007", quantity="3")).load_into(store.destination))
    (row,) = store.rows("amazon_sp.all_orders")
    assert (row["account_id"], row["marketplace_id"], row["region"]) == ("northwind", "ATVPDKIKX0DER", "NA")
    assert (row["sku"], row["quantity"], row["item_price"]) == ("007", 3, Decimal("12.5"))
    assert row["last_updated_date"] == datetime(2026, 11, 19, 10, tzinfo=UTC)
    assert (row["reported_at"], row["source_line"], row["ordinal"], row["load_id"]) == (NOON, 2, 1, 1)


def test_every_load_is_in_the_ledger_with_its_counts(store: Store) -> None:
    only(orders(order("1"), order("2", quantity="two"), order("3")).load_into(store.destination))
    (load,) = store.loads()
    assert (load["report"], load["table_name"], load["destination"]) == (
        "all_orders",
        "amazon_sp.all_orders",
        store.destination.name,
    )
    assert (load["rows_in_file"], load["stored"], load["rejected"], load["inserted"]) == (3, 2, 1, 2)
    assert (load["first_day"], load["last_day"], load["marketplace_id"]) == (
        date(2026, 11, 19),
        date(2026, 11, 19),
        "",
    )
    (reject,) = store.rejects(load["id"])
    assert (reject["source_line"], reject["reason"], reject["column_name"]) == (
        3,
        "unreadable_value",
        "quantity",
    )
    assert reject["value"] == "two" and reject["raw_line"].startswith(
        "2\t2026-11-19T10:00:00+00:00\tA\tB0\ttwo"
    )


def test_the_same_document_again_changes_nothing(store: Store) -> None:
    document = orders(order("1"), order("2"))
    only(document.load_into(store.destination))
    before = store.rows("amazon_sp.all_orders")
    again = only(document.load_into(store.destination))
    assert (again.unchanged, again.inserted, again.updated) == (2, 0, 0)
    assert store.rows("amazon_sp.all_orders") == before


def test_a_merge_keeps_the_later_version_whichever_comes_first(store: Store) -> None:
    early = orders(order("1", updated="2026-11-19T10:00:00Z", quantity=1), hours=1)
    late = orders(order("1", updated="2026-11-19T11:00:00Z", quantity=2), hours=0)
    only(late.load_into(store.destination))
    assert only(early.load_into(store.destination)).superseded == 1
    assert [row["quantity"] for row in store.rows("amazon_sp.all_orders")] == [2]


def test_of_equal_versions_the_newer_document_wins(store: Store) -> None:
    only(orders(order("1", quantity=2), hours=2).load_into(store.destination))
    assert only(orders(order("1", quantity=1), hours=1).load_into(store.destination)).superseded == 1
    assert only(orders(order("1", quantity=3), hours=3).load_into(store.destination)).updated == 1
    assert [row["quantity"] for row in store.rows("amazon_sp.all_orders")] == [3]


def test_equal_keys_without_item_ids_are_numbered_by_line(store: Store) -> None:
    only(orders(order("1", quantity=1), order("1", quantity=2), order("2")).load_into(store.destination))
    rows = store.rows("amazon_sp.all_orders")
    assert sorted((row["amazon_order_id"], row["ordinal"], row["quantity"]) for row in rows) == [
        ("1", 1, 1),
        ("1", 2, 2),
        ("2", 1, 1),
    ]


def test_item_ids_number_equal_keys_and_an_item_in_several_lines_keeps_them_all(store: Store) -> None:
    """A line may be split into equal halves, so nothing tells a split line from a repeated one."""
    header = [*ORDERS, "order-item-id"]
    result = only(
        orders(
            [*order("1", quantity=1), "22"],
            [*order("1", quantity=3), "11"],
            [*order("1", quantity=3), "11"],
            [*order("1", quantity=2), "11"],
            [*order("1", quantity=5), None],
            [*order("1", quantity=4), None],
            header=header,
        ).load_into(store.destination)
    )
    rows = store.rows("amazon_sp.all_orders")
    numbered = sorted((row["ordinal"], row["order_item_id"], row["quantity"]) for row in rows)
    assert numbered == [(1, "11", 2), (2, "11", 3), (3, "11", 3), (4, "22", 1), (5, None, 4), (6, None, 5)]
    assert result.rejected == 0


def test_a_later_version_of_a_key_in_one_file_wins_over_a_later_line(store: Store) -> None:
    spec = spec_with("all_orders", ordinal_by=None, unit=())
    rows = [
        order("1", updated="2026-11-19T12:00:00Z", quantity=2),
        order("1", updated="2026-11-19T11:00:00Z"),
    ]
    document = Doc(spec, day_slice(spec, "2026-11-19", marketplaces=("US", "CA")), tsv(ORDERS, rows))
    assert only(document.load_into(store.destination)).rejected_by_reason == {"duplicate_key": 1}
    assert [row["quantity"] for row in store.rows("amazon_sp.all_orders")] == [2]


def test_replace_puts_a_window_in_place_of_the_old_one(store: Store) -> None:
    only(
        returns(
            ("2026-11-18T01:00:00Z", "1", "A", 1, None), ("2026-11-19T01:00:00Z", "2", "A", 1, None)
        ).load_into(store.destination)
    )
    result = only(
        returns(("2026-11-19T02:00:00Z", "3", "A", 1, "ok"), first="2026-11-19", hours=1).load_into(
            store.destination
        )
    )
    assert (result.inserted, result.replaced) == (1, 1)
    assert sorted(row["order_id"] for row in store.rows("amazon_sp.fba_customer_returns")) == ["1", "3"]


def test_an_empty_document_empties_its_window(store: Store) -> None:
    only(returns(("2026-11-18T01:00:00Z", "1", "A", 1, None)).load_into(store.destination))
    assert only(returns(hours=1).load_into(store.destination)).replaced == 1
    assert store.rows("amazon_sp.fba_customer_returns") == []


def test_days_of_a_newer_document_keep_their_rows(store: Store) -> None:
    newer = returns(("2026-11-19T05:00:00Z", "new", "A", 1, None), first="2026-11-19", hours=2)
    older = returns(
        ("2026-11-18T01:00:00Z", "old", "A", 1, None), ("2026-11-19T01:00:00Z", "gone", "A", 1, None)
    )
    only(newer.load_into(store.destination))
    result = only(older.load_into(store.destination))
    assert (result.inserted, result.superseded) == (1, 1)
    assert sorted(row["order_id"] for row in store.rows("amazon_sp.fba_customer_returns")) == ["new", "old"]


def test_a_day_that_a_newer_document_emptied_stays_empty(store: Store) -> None:
    only(returns(hours=2).load_into(store.destination))
    assert (
        only(returns(("2026-11-18T01:00:00Z", "1", "A", 1, None)).load_into(store.destination)).superseded
        == 1
    )
    assert store.rows("amazon_sp.fba_customer_returns") == []


def test_identical_lines_without_a_key_are_all_kept(store: Store) -> None:
    line = ("2026-11-18T01:00:00Z", "1", "A", 1, "same")
    for _ in range(2):
        only(returns(line, line, line).load_into(store.destination))
    rows = store.rows("amazon_sp.fba_customer_returns")
    assert (
        sorted(row["ordinal"] for row in rows) == [1, 2, 3] and len({row["line_hash"] for row in rows}) == 1
    )


def test_rows_outside_the_window_are_kept_as_rejects(store: Store) -> None:
    result = only(
        returns(
            ("2026-11-18T00:00:00Z", "1", "A", 1, None), ("2026-11-21T00:00:00Z", "2", "A", 1, None)
        ).load_into(store.destination)
    )
    assert result.rejected_by_reason == {"outside_window": 1} and len(store.rejects(result.load_id)) == 1


def test_rows_of_a_neighbouring_day_are_left_out_and_are_no_rejects(store: Store) -> None:
    """Amazon cuts windows by a clock of its own; a document of that day tells the day whole."""
    spec = load_spec("inventory_ledger_summary")
    header = ["Date", "FNSKU", "ASIN", "MSKU", "Disposition", "Location", "Ending Warehouse Balance"]
    rows = [[f"11/{day}/2026", "X", "A", "M", "SELLABLE", "US", day] for day in range(13, 22)]
    quoted = [[f'"{cell}"' for cell in row] for row in (header, *rows)]
    slice_ = day_slice(spec, "2026-11-14", "2026-11-20")
    for _ in range(2):
        result = only(Doc(spec, slice_, tsv(quoted[0], quoted[1:])).load_into(store.destination))
        assert (result.rows_in_file, result.inserted, result.superseded, result.rejected) == (9, 7, 2, 0)
    stored = sorted(row["date"].day for row in store.rows("amazon_sp.inventory_ledger_summary"))
    assert stored == list(range(14, 21))


def test_a_window_of_local_days_is_replaced_by_local_days(store: Store) -> None:
    spec = load_spec("fba_customer_returns")
    slice_ = day_slice(spec, "2026-11-18", timezone="America/Los_Angeles")
    before = day_slice(spec, "2026-11-17", timezone="America/Los_Angeles")
    other_day = Doc(spec, before, tsv(RETURNS, [("2026-11-18T07:59:00Z", "before", "A", 1, None)]))
    lines = [("2026-11-18T08:00:00Z", "1", "A", 1, None), ("2026-11-19T07:59:00Z", "2", "A", 1, None)]
    document = Doc(spec, slice_, tsv(RETURNS, lines))
    only(other_day.load_into(store.destination))
    only(document.load_into(store.destination))
    assert only(document.load_into(store.destination)).replaced == 2
    assert sorted(row["order_id"] for row in store.rows("amazon_sp.fba_customer_returns")) == [
        "1",
        "2",
        "before",
    ]


def test_snapshots_are_stored_side_by_side_and_replace_themselves(store: Store) -> None:
    spec = load_spec("fba_manage_inventory")
    for moment, hours, quantity in (
        (NOON, 0, 1),
        (NOON + timedelta(hours=4), 4, 2),
        (NOON, 1, 3),
        (NOON, 0, 1),
    ):
        document = Doc(
            spec, snapshot_slice(spec, moment), tsv(STOCK, [("A", "B0", "x", "1.00", quantity)]), hours
        )
        result = only(document.load_into(store.destination))
    assert result.superseded == 1
    rows = store.rows("amazon_sp.fba_manage_inventory")
    assert sorted((row["snapshot_at"], row["afn_total_quantity"]) for row in rows) == [
        (NOON, 3),
        (NOON + timedelta(hours=4), 2),
    ]


def test_two_tables_come_from_one_json_document(store: Store) -> None:
    spec = load_spec("sales_and_traffic")
    content = as_json(
        salesAndTrafficByDate=[{"date": "2026-11-19", "salesByDate": {"unitsOrdered": 5}}],
        salesAndTrafficByAsin=[
            {"parentAsin": "P", "childAsin": "C1", "salesByAsin": {"unitsOrdered": 2}},
            {"parentAsin": "P", "childAsin": "C2", "salesByAsin": {"unitsOrdered": 3}},
        ],
    )
    document = Doc(spec, day_slice(spec, "2026-11-19"), content, content_type="application/json")
    for _ in range(2):
        daily, totals = document.load_into(store.destination)
        assert (daily.stored, totals.stored) == (2, 1)
    rows = store.rows("amazon_sp.sales_daily")
    assert sorted((row["date"], row["child_asin"], row["units_ordered"]) for row in rows) == [
        (date(2026, 11, 19), "C1", 2),
        (date(2026, 11, 19), "C2", 3),
    ]
    assert [row["units_ordered"] for row in store.rows("amazon_sp.sales_daily_totals")] == [5]


SETTLEMENT = [
    "settlement-id",
    "settlement-start-date",
    "total-amount",
    "transaction-type",
    "marketplace-name",
    "amount",
    "posted-date",
]


def settlement(*rows: tuple[object, ...], hours: float = 0, marketplace_ids: tuple[str, ...] = ()) -> Doc:
    spec = load_spec("settlements")
    slice_ = Slice(
        spec.source,
        spec.name,
        "northwind",
        "EU",
        ("GB", "DE"),
        "EU",
        "UTC",
        window_start="2026-10-21T00:00:00+00:00",
        window_end="2026-11-20T00:00:00+00:00",
    )
    return Doc(spec, slice_, tsv(SETTLEMENT, rows), hours, "text/plain; charset=Cp1252", marketplace_ids)


DE = ("A1PA6795UKMFR9",)


def test_settlements_in_local_writing_balance_and_come_once(store: Store) -> None:
    rows = (
        ("900", "01.11.2026 00:00:00 UTC", "1.234,56", None, None, None, None),
        ("900", None, None, "Order", "Amazon.de", "1.235", "02.11.2026"),
        ("900", None, None, "Refund", "Amazon.de", "-0,44", "03.11.2026"),
    )
    first = only(settlement(*rows, marketplace_ids=DE).load_into(store.destination))
    second = only(settlement(*rows, marketplace_ids=DE, hours=5).load_into(store.destination))
    assert (first.inserted, second.updated) == (3, 3)
    stored = sorted(store.rows("amazon_sp.settlements"), key=lambda row: row["source_line"])
    assert [row["amount"] for row in stored] == [None, Decimal(1235), Decimal("-0.44")]
    assert [row["marketplace_id"] for row in stored] == [None, DE[0], DE[0]]
    assert stored[0]["settlement_start_date"] == datetime(2026, 11, 1, tzinfo=UTC)
    assert stored[1]["posted_date"] == date(2026, 11, 2)


def test_a_settlement_that_does_not_balance_stores_nothing(store: Store) -> None:
    rows = (
        ("900", None, "10,00", None, None, None, None),
        ("900", None, None, "Order", "Amazon.de", "9,99", None),
    )
    with pytest.raises(CheckFailed, match=r"lines sum to 9\.99, its header says 10"):
        settlement(*rows, marketplace_ids=DE).load_into(store.destination)
    assert store.rows("amazon_sp.settlements") == [] and store.loads() == [] and not store.leftovers()


def test_a_new_column_lands_in_the_same_load_and_a_dropped_one_is_null(store: Store) -> None:
    wide = [*ORDERS, "promise-level"]
    first = only(orders(order("1")).load_into(store.destination))
    second = only(orders([*order("2"), "0815"], header=wide, hours=1).load_into(store.destination))
    third = only(orders(order("2"), hours=2).load_into(store.destination))
    narrow = [name for name in ORDERS if name != "quantity"]
    fourth = only(
        orders([*order("3")[:4], *order("3")[5:]], header=narrow, hours=3).load_into(store.destination)
    )
    assert (first.new_columns, second.new_columns, third.new_columns) == ((), ("promise_level",), ())
    assert "quantity" in fourth.missing_columns and "quantity" not in first.missing_columns
    stored = {row["amazon_order_id"]: row for row in store.rows("amazon_sp.all_orders")}
    assert stored["1"]["promise_level"] is None and stored["2"]["promise_level"] is None
    assert stored["3"]["quantity"] is None
    changes = [change for change in store.changes() if change[0] in ("promise_level", "quantity")]
    assert changes == [("promise_level", "added"), ("promise_level", "dropped"), ("quantity", "dropped")]


def test_what_stays_the_same_is_noted_once(store: Store) -> None:
    only(orders(order("1")).load_into(store.destination))
    noted = store.changes()
    assert ("purchase_date", "missing") in noted
    only(orders(order("2"), hours=1).load_into(store.destination))
    assert store.changes() == noted


def test_a_column_twice_keeps_both(store: Store) -> None:
    only(orders([*order("1"), 9], header=[*ORDERS, "quantity"]).load_into(store.destination))
    (row,) = store.rows("amazon_sp.all_orders")
    assert (row["quantity"], row["quantity__2"]) == (1, "9")
    assert ("quantity__2", "duplicated") in store.changes()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (tsv(ORDERS, [order("1"), order("2")])[:-20], DocumentDamaged),
        (b"<html><body>503</body></html>", DocumentDamaged),
        (tsv(ORDERS[1:], [order("1")[1:]]), UnreadableDocument),
        (tsv(ORDERS, [order("1", quantity="x"), order("2", quantity="y"), order("3")]), UnreadableDocument),
        (tsv(ORDERS, [order("?"), order("?")]).replace(b"?", b"\x81"), UnreadableDocument),
    ],
    ids=["truncated", "html", "key column missing", "mostly unreadable", "mostly undecodable"],
)
def test_a_bad_document_has_its_outcome_and_touches_nothing(
    store: Store, content: bytes, error: type[Exception]
) -> None:
    only(orders(order("1", quantity=7)).load_into(store.destination))
    before, spec = store.rows("amazon_sp.all_orders"), load_spec("all_orders")
    bad = Doc(spec, day_slice(spec, "2026-11-19", marketplaces=("US", "CA")), content, 5)
    with pytest.raises(error, match="all_orders"):
        bad.load_into(store.destination)
    assert store.rows("amazon_sp.all_orders") == before
    assert len(store.loads()) == 1 and not store.leftovers()


def test_any_character_and_any_number_survives(store: Store) -> None:
    texts = [
        '"',
        "'",
        "\\",
        "\\N",
        "\\.",
        "NULL",
        "nan",
        "日本 🛒",
        "a\u00a0b",
        " lead",
        "trail ",
        "{}",
        "%s",
        "\x08",
        "\x7f",
    ]
    prices = [
        "0.1",
        "-0.000000000000000001",
        "99999999999999999999.999999999999999999",
        "1e5",
        "100",
        "10000",
        "0",
    ]
    rows = [[*order(str(n), sku=f"s{n}")[:6], "Amazon.com", text] for n, text in enumerate(texts)]
    rows += [[*order(f"p{n}")[:5], price, "Amazon.com", None] for n, price in enumerate(prices)]
    only(orders(*rows, header=[*ORDERS, "product-name"]).load_into(store.destination))
    stored = {row["amazon_order_id"]: row for row in store.rows("amazon_sp.all_orders")}
    assert [stored[str(n)]["product_name"] for n in range(len(texts))] == texts
    assert [stored[f"p{n}"]["item_price"] for n in range(len(prices))] == [Decimal(price) for price in prices]


def test_a_column_of_another_type_is_a_configuration_error(store: Store) -> None:
    only(orders(order("1")).load_into(store.destination))
    spec = load_spec("all_orders")
    columns = dict(spec.tables["all_orders"].columns)
    columns["quantity"] = columns["sku"]
    changed: ReportSpec = spec_with("all_orders", columns=columns)
    document = Doc(changed, day_slice(changed, "2026-11-19"), tsv(ORDERS, [order("2")]), 1)
    with pytest.raises(ConfigurationError, match="quantity"):
        document.load_into(store.destination)
    assert len(contents(store.rows("amazon_sp.all_orders"))) == 1
