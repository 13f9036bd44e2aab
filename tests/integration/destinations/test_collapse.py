"""Documents with too few rows are quarantined, in every table, whatever its spec says of figures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from integration.destinations.documents import NOON, Doc, day_slice, snapshot_slice, tsv
from integration.destinations.stores import PostgresStore, Store

from sellerops.base.errors import Quarantined, UnreadableDocument
from sellerops.destinations import LoadResult, RequestMeta, load_no_data
from sellerops.settings.specs import load_spec

TRANSACTIONS = load_spec("transactions")
WINDOW = day_slice(TRANSACTIONS, "2026-10-17", "2026-11-20", marketplaces=("US", "CA", "MX"))
US, CA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
PARENT, CHILD = "amazon_sp.transactions", "amazon_sp.transaction_items"


def transaction(
    n: int, *, day: int | None = None, marketplace: str | None = US, items: int = 1
) -> dict[str, Any]:
    money = {"currencyAmount": n + 0.5, "currencyCode": "USD"}
    found: dict[str, Any] = {
        "transactionId": f"T{n}",
        "transactionStatus": "RELEASED",
        "postedDate": f"2026-11-{day or n % 20 + 1:02d}T00:00:00Z",
        "totalAmount": money,
        "items": [{"description": f"x{k}", "totalAmount": money} for k in range(items)],
    }
    return {**found, "marketplaceDetails": {"marketplaceId": marketplace}} if marketplace else found


def page(payload: Any) -> bytes:
    return json.dumps({"request": {}, "answer": {"payload": payload}}).encode() + b"\n"


def load_transactions(store: Store, transactions: Iterable[Any] | None, hours: float) -> list[LoadResult]:
    content = page({"transactions": None if transactions is None else list(transactions)})
    return Doc(TRANSACTIONS, WINDOW, content, hours=hours, content_type="application/jsonl").load_into(
        store.destination
    )


def counts(store: Store) -> tuple[int, int]:
    return len(store.rows(PARENT)), len(store.rows(CHILD))


@pytest.mark.parametrize(
    "payload",
    [{"transactions": []}, {"transactions": None}, {}, None],
    ids=["an empty list", "null", "no list", "no payload"],
)
def test_an_answer_with_nothing_in_it_leaves_the_rows_there_are(store: Store, payload: Any) -> None:
    load_transactions(store, map(transaction, range(40)), 0)
    with pytest.raises(Quarantined) as caught:
        Doc(TRANSACTIONS, WINDOW, page(payload), hours=3, content_type="application/jsonl").load_into(
            store.destination
        )
    assert counts(store) == (40, 40)
    assert "0 rows in US from 2026-11-01 to 2026-11-20, 40 stored" in str(caught.value)
    assert len(caught.value.details["quarantine_ids"]) == 4  # one for each table of transactions


@pytest.mark.parametrize(
    ("inner", "outer"),
    [(0, [0, 1, 2]), (1, [])],
    ids=["items vanish", "transactions vanish, with the few items there are"],
)
def test_child_tables_are_quarantined_with_their_parents(store: Store, inner: int, outer: list[int]) -> None:
    """Half of a document would say of transactions what its items do not say."""
    first = [transaction(n, items=20 if outer else n < 3) for n in range(30)]
    load_transactions(store, first, 0)
    before = counts(store)
    again = [{**transaction(n, items=inner), "transactionStatus": "DEFERRED_RELEASED"} for n in outer]
    kept = again if not outer else [transaction(n, items=0) for n in range(30)]
    with pytest.raises(Quarantined):
        load_transactions(store, kept, 3)
    assert counts(store) == before


@pytest.mark.parametrize(
    "later",
    [
        [transaction(n) for n in range(40) if n % 20 != 4],
        [transaction(n, marketplace=None if n < 12 else US) for n in range(40)],
        [transaction(n, day=2) for n in range(40)],
    ],
    ids=["a day of two rows", "rows that do not name a marketplace yet", "rows that moved to another day"],
)
def test_ordinary_corrections_ask_nobody(store: Store, later: list[Any]) -> None:
    load_transactions(store, map(transaction, range(40)), 0)
    load_transactions(store, later, 3)
    assert len(store.rows(PARENT)) == len(later)


@pytest.mark.parametrize("gone", ["day", "marketplace"])
def test_a_day_or_a_marketplace_that_vanishes_among_others_is_quarantined(store: Store, gone: str) -> None:
    rows = [transaction(n, day=1 + n % 3, marketplace=CA if n % 5 == 0 else US) for n in range(60)]
    load_transactions(store, rows, 0)
    left = [
        each
        for each in rows
        if (
            each["postedDate"][:10] != "2026-11-02"
            if gone == "day"
            else each["marketplaceDetails"]["marketplaceId"] == US
        )
    ]
    with pytest.raises(Quarantined, match="0 rows on 2026-11-02, 20" if gone == "day" else "0 rows in CA"):
        load_transactions(store, left, 3)
    assert len(store.rows(PARENT)) == 60


def test_a_first_document_and_an_older_one_are_not_quarantined(store: Store) -> None:
    load_transactions(store, [], 0)
    load_transactions(store, map(transaction, range(40)), 5)
    load_transactions(store, [], 3)
    assert counts(store) == (40, 40)


def test_confirmed_absence_lets_no_row_go_unasked(store: Store) -> None:
    """One row is enough: Amazon calls a report cancelled for reasons of its own, too."""
    load_transactions(store, [transaction(1)], 0)
    meta = RequestMeta(NOON + timedelta(hours=3), request_id=999)
    with pytest.raises(Quarantined, match="0 rows"):
        load_no_data(store.destination, TRANSACTIONS, WINDOW, meta)
    assert counts(store) == (1, 1)


RETURNS = load_spec("fba_customer_returns")


def returns(rows: Iterable[tuple[Any, ...]], hours: float, first: str = "2026-11-18") -> Doc:
    slice_ = day_slice(RETURNS, first, "2026-11-20")
    return Doc(RETURNS, slice_, tsv(["return-date", "order-id", "quantity"], list(rows)), hours)


def test_a_day_all_of_whose_rows_are_rejected_keeps_those_it_has(store: Store) -> None:
    days = ("2026-11-18", "2026-11-19", "2026-11-20")
    good = [(f"{day}T10:00:00+00:00", f"{day}-{n}", 1) for day in days for n in range(3)]
    returns(good, 0).load_into(store.destination)
    bad = [(when, order, "many" if "11-19" in order else 2) for when, order, _ in good]
    with pytest.raises(Quarantined, match=r"0 rows on 2026-11-19 \(3 rejected\), 3 stored"):
        returns(bad, 1).load_into(store.destination)
    assert [row["quantity"] for row in store.rows("amazon_sp.fba_customer_returns")] == [1] * 9


def test_a_document_of_another_window_ends_in_an_error(store: Store) -> None:
    rows = [(f"2026-10-{n + 1:02d}T10:00:00+00:00", f"o{n}", 1) for n in range(20)]
    with pytest.raises(UnreadableDocument, match="20 of 20 rows cannot be stored"):
        returns(rows, 0).load_into(store.destination)
    few = [("2026-11-17T10:00:00+00:00", "o", 1)]
    (result,) = returns(few, 1).load_into(store.destination)
    assert (result.superseded, result.rejected) == (1, 0), "a neighbouring day is ordinary"


def test_rows_without_their_key_end_in_an_error_that_says_what_to_write(store: Store) -> None:
    doc = orders(12, date(2026, 11, 1), 0)
    lines = doc.content.splitlines()
    nameless = replace(
        doc, content=b"\n".join([lines[0], *(b"\t" + x.split(b"\t", 1)[1] for x in lines[1:])])
    )
    with pytest.raises(UnreadableDocument, match=r"12 of 12 rows .*missing_key in amazon_order_id") as caught:
        nameless.load_into(store.destination)
    assert "add `absent: none`" in caught.value.remedy and "all_orders.yaml" in caught.value.remedy


LISTINGS = load_spec("listings_all")
MORNING = datetime.fromisoformat("2026-11-20T06:00:00+00:00")


def listings(rows: int, day: int) -> Doc:
    slice_ = snapshot_slice(LISTINGS, MORNING + timedelta(days=day))
    content = tsv(["item-name", "seller-sku", "asin1", "price", "quantity", "status"],
                  [("x", f"s{n}", f"A{n}", "1.00", 1, "Active") for n in range(rows)])  # fmt: skip
    return Doc(LISTINGS, slice_, content, hours=24 * day)


@pytest.mark.parametrize(
    ("before", "after", "is_held"), [(2000, 0, True), (2000, 150, True), (2000, 300, False), (9, 0, False)]
)
def test_a_snapshot_is_compared_with_the_one_before(
    store: Store, before: int, after: int, is_held: bool
) -> None:
    listings(before, 0).load_into(store.destination)
    if is_held:
        with pytest.raises(Quarantined, match=f"{after} rows, usually about {before}"):
            listings(after, 1).load_into(store.destination)
    else:
        listings(after, 1).load_into(store.destination)
    moments = {row["snapshot_at"] for row in store.rows("amazon_sp.listings_all")}
    assert len(moments) == (1 if is_held or not after else 2)


ORDERS = load_spec("all_orders")


def orders(rows: int, first: date, hours: float, days: int = 3) -> Doc:
    slice_ = day_slice(
        ORDERS, f"{first}", f"{first + timedelta(days=days - 1)}", marketplaces=("US", "CA", "MX")
    )
    header = ["amazon-order-id", "last-updated-date", "sku", "asin", "sales-channel", "order-item-id"]
    lines = [(f"{first}-{n}", f"{first}T10:00:00+00:00", "s", "A", "Amazon.com", f"{n}") for n in range(rows)]
    return Doc(ORDERS, slice_, tsv(header, lines), hours)


def test_a_merge_of_next_to_nothing_where_many_rows_are_usual_is_quarantined(store: Store) -> None:
    start = date(2026, 11, 1)
    for n in range(3):
        orders(80, start + timedelta(days=n), 24 * n).load_into(store.destination)
    with pytest.raises(Quarantined, match="2 rows, usually about 80"):
        orders(2, start + timedelta(days=3), 72).load_into(store.destination)
    orders(9, start + timedelta(days=3), 73).load_into(store.destination)
    orders(0, start, 74, days=1).load_into(store.destination)


def test_a_window_that_is_read_again_is_compared_with_itself(store: Store) -> None:
    start = date(2026, 11, 1)
    orders(30, start, 0).load_into(store.destination)
    with pytest.raises(Quarantined, match="0 rows, usually about 30"):
        orders(0, start, 1).load_into(store.destination)
    assert len(store.rows("amazon_sp.all_orders")) == 30


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_the_rows_of_a_window_are_counted_without_the_rest_of_the_history(store: Store) -> None:
    load_transactions(store, map(transaction, range(40)), 0)
    assert isinstance(store, PostgresStore)
    store.query(
        "INSERT INTO amazon_sp.transactions "
        "(account_id, region, transaction_id, posted_date, source_line, load_id, reported_at) "
        "SELECT 'northwind', 'NA', 'x' || n, timestamptz '2020-01-01' + n * interval '1 minute', 1, 1, now() "
        "FROM generate_series(1, 50000) AS n"
    )
    store.query("ANALYZE amazon_sp.transactions")
    plan = store.query(
        "EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(*) FROM amazon_sp.transactions AS t "
        "WHERE t.account_id = 'northwind' AND t.region = 'NA' AND t.posted_date >= '2026-10-17' "
        "AND t.posted_date < '2026-11-21'"
    )[0]["QUERY PLAN"][0]["Plan"]
    scan = plan["Plans"][0]
    assert scan["Actual Rows"] == 40 and scan.get("Rows Removed by Filter", 0) == 0, scan
