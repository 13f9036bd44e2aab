"""Units: lines split and joined, items reported alone, lists that become shorter.

Documents report a small simulation with known figures, in any order and any number of times.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.destinations.documents import Doc, contents, day_slice, spec_with, tsv
from integration.destinations.stores import JsonLinesStore, PostgresStore, Store

from sellerops.settings.specs import load_spec

_schemas = count()
HEADER = ["amazon-order-id", "last-updated-date", "sku", "asin", "quantity", "sales-channel"]
SETTLEMENT = ["settlement-id", "total-amount", "transaction-type", "marketplace-name", "amount"]


def loaded(store: Store, documents: Sequence[Doc], table: str) -> list[dict[str, Any]]:
    """The rows of ``table`` after loading ``documents`` in this order into a schema of their own."""
    schema = f"units_{next(_schemas)}"
    for each in documents:
        spec = each.spec.model_copy(update={"source": schema})
        document = replace(each, spec=spec, slice_=replace(each.slice_, source=schema))
        for result in document.load_into(store.destination):
            assert result.rows_in_file == result.stored + result.rejected
            assert result.stored == result.inserted + result.updated + result.unchanged + result.superseded
    return store.rows(f"{schema}.{table}")


@dataclass
class Reported:
    """Documents about orders, and the final lines in Amazon's books: (order, SKU, quantity)."""

    documents: list[Doc] = field(default_factory=list)
    expected: list[tuple[str, str, int]] = field(default_factory=list)


@st.composite
def orders(draw: st.DrawFn, switches: bool) -> Reported:
    """Two orders of two SKUs; items are split into lines and joined, and reported alone if they have ids.

    ``switches``: documents may begin to name items on the way, and then do.
    """
    spec = load_spec("all_orders")
    items = {("o1", "A"): {"11": [4], "12": [2]}, ("o1", "B"): {"13": [1]}, ("o2", "A"): {"21": [3]}}
    reported = Reported()
    seen: set[tuple[str, str, str]] = set()
    named_from = draw(st.integers(0, 4)) if switches else draw(st.sampled_from([0, 9]))
    for hours in range(draw(st.integers(2, 4))):
        for lines in items.values():
            for item, quantities in lines.items():
                total = sum(quantities)
                first = draw(st.integers(1, total))
                lines[item] = [first, total - first] if first < total else [total]
        is_named = hours >= named_from
        rows = []
        for (order, sku), lines in items.items():
            alone = draw(st.booleans()) and is_named and hours > named_from
            names = [draw(st.sampled_from(sorted(lines)))] if alone else list(lines)
            for item in names:
                for quantity in lines[item]:
                    row = [order, f"2026-11-19T1{hours}:00:00Z", sku, "B0", quantity, "Amazon.com"]
                    rows.append([*row, item] if is_named else row)
                    seen.add((order, sku, item))
        header = [*HEADER, "order-item-id"] if is_named else HEADER
        rows = draw(st.permutations(rows))
        reported.documents.append(Doc(spec, day_slice(spec, "2026-11-19"), tsv(header, rows), hours))
        reported.expected = _expected(reported, header, rows)
    return reported


def _expected(reported: Reported, header: list[str], rows: Sequence[list[Any]]) -> list[tuple[str, str, int]]:
    """The truth after a document: its units or, where it names them, items in place of the earlier ones."""
    books: dict[tuple[str, str], dict[str, list[int]]] = getattr(reported, "books", {})
    now: dict[tuple[str, str], dict[str, list[int]]] = {}
    for row in rows:
        item = row[6] if len(header) > 6 else ""
        now.setdefault((row[0], row[2]), {}).setdefault(item, []).append(row[4])
    for unit, items in now.items():
        before = books.get(unit, {})
        kept = {} if "" in items or "" in before else before
        books[unit] = {**kept, **items}
    reported.books = books  # type: ignore[attr-defined]
    return sorted((o, sku, q) for (o, sku), items in books.items() for qs in items.values() for q in qs)


@pytest.mark.parametrize("switches", [False, True], ids=["one header", "item ids from some day on"])
def test_split_joined_and_single_lines_are_stored_once(store: Store, switches: bool) -> None:
    @settings(max_examples=store.examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(orders(switches), st.randoms(use_true_random=False))
    def holds(reported: Reported, rng: random.Random) -> None:
        again = [*reported.documents, *rng.choices(reported.documents, k=rng.randint(0, 2))]
        rng.shuffle(again)
        rows = loaded(store, again, "all_orders")
        assert sorted((r["amazon_order_id"], r["sku"], r["quantity"]) for r in rows) == reported.expected
        assert contents(rows) == contents(loaded(store, reported.documents, "all_orders"))

    holds()


def settlement(lines: Sequence[tuple[str, int]], hours: float) -> Doc:
    spec = load_spec("settlements")
    total = sum(amount for _, amount in lines)
    rows = [["900", total, None, None, None], *(["900", None, kind, "Amazon.com", n] for kind, n in lines)]
    slice_ = replace(day_slice(spec, "2026-11-19"), first_day=None, last_day=None)
    return Doc(spec, slice_, tsv(SETTLEMENT, rows), hours, marketplace_ids=("ATVPDKIKX0DER",))


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 1)], ids=str)
def test_a_corrected_settlement_with_fewer_lines_keeps_none_of_the_old(
    store: Store, order: tuple[int, ...]
) -> None:
    reported = [
        settlement([("Order", 10), ("Order", 20), ("Refund", -5)], 0),
        settlement([("Order", 12), ("Refund", -5)], 5),
    ]
    rows = loaded(store, [reported[each] for each in order], "settlements")
    assert sorted((r["source_line"], r["amount"]) for r in rows if r["amount"]) == [(3, 12), (4, -5)]
    assert len(rows) == 3


@st.composite
def coupons(draw: st.DrawFn) -> list[Doc]:
    """Two coupons whose ASINs come and go, several documents of one instant among them."""
    spec = load_spec("coupons")
    documents = []
    for _ in range(draw(st.integers(1, 4))):
        reported = [
            {"couponId": f"c{n}", "asins": [{"asin": asin} for asin in draw(st.permutations(asins))]}
            for n in (1, 2)
            if (asins := sorted(draw(st.sets(st.sampled_from("ABC"), min_size=1))))
        ]
        slice_ = day_slice(spec, "2026-11-19")
        hours = draw(st.integers(0, 2))
        content = json.dumps({"coupons": reported}).encode()
        documents.append(Doc(spec, slice_, content, hours, "application/json"))
    return documents


def test_a_list_is_the_newest_documents_whole_list(store: Store) -> None:
    @settings(max_examples=store.examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(coupons(), st.randoms(use_true_random=False))
    def holds(made: list[Doc], rng: random.Random) -> None:
        again = [*made, *rng.choices(made, k=2)]
        rng.shuffle(again)
        rows = loaded(store, again, "coupon_asins")
        assert contents(rows) == contents(loaded(store, made, "coupon_asins"))
        newest = [each for each in made if each.hours == max(other.hours for other in made)]
        lists = [
            {f"{c['couponId']}{a['asin']}" for c in json.loads(each.content)["coupons"] for a in c["asins"]}
            for each in newest
        ]
        if len(newest) == 1:
            assert {f"{row['coupon_id']}{row['asin']}" for row in rows} == lists[0]

    holds()


ADS = ["date", "campaignId", "adGroupId", "adId", "advertisedAsin", "advertisedSku", "cost", "clicks"]


def advertised(rows: Sequence[Sequence[Any]], hours: float) -> Doc:
    spec = load_spec("sp_advertised_products")
    content = json.dumps([dict(zip(ADS, row, strict=True)) for row in rows]).encode()
    return Doc(spec, day_slice(spec, "2026-11-19"), content, hours, "application/json")


def test_rows_of_equal_dimensions_are_all_kept_whatever_their_order(store: Store) -> None:
    row = ["2026-11-19", "1", "2", "3", "B0", "A"]
    rows = [[*row, 1.5, 3], [*row, 0.5, 1], [*row, 1.5, 3], [*row[:3], "4", *row[4:], 9, 9]]
    there, back = advertised(rows, 0), advertised(rows[::-1], 0)
    first, second = (loaded(store, [each], "sp_advertised_products") for each in (there, back))
    assert sorted(float(each["cost"]) for each in first) == [0.5, 1.5, 1.5, 9.0]
    assert contents(first, without=("load_id", "source_line")) == contents(
        second, without=("load_id", "source_line")
    )
    assert sorted(each["ordinal"] for each in first) == [1, 1, 2, 3]


def transaction(name: str, status: str, posted: str, items: int = 0) -> dict[str, Any]:
    money = {"currencyAmount": 12.5, "currencyCode": "USD"}
    return {
        "transactionId": name,
        "marketplaceDetails": {"marketplaceId": "ATVPDKIKX0DER"},
        "transactionStatus": status,
        "postedDate": f"{posted}T00:00:00Z",
        "totalAmount": money,
        "items": [{"description": f"item {n}", "totalAmount": money} for n in range(items)],
    }


def transactions(first: str, last: str, reported: Sequence[dict[str, Any]], hours: float) -> Doc:
    spec = load_spec("transactions")
    line = json.dumps({"request": {}, "answer": {"payload": {"transactions": reported}}})
    slice_ = day_slice(spec, first, last, marketplaces=("US", "CA", "MX"))
    return Doc(spec, slice_, line.encode() + b"\n", hours, "application/jsonl")


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 1, 1)], ids=str)
def test_a_transaction_whose_day_moved_is_stored_once_with_its_items(
    store: Store, order: tuple[int, ...]
) -> None:
    """A deferred transaction keeps its id and takes its release's date; the others are not stopped by it."""
    reported = [
        transactions(
            "2026-09-01",
            "2026-10-05",
            [transaction("T1", "DEFERRED", "2026-09-10", 2), transaction("T2", "RELEASED", "2026-09-11", 1)],
            0,
        ),
        transactions(
            "2026-10-17",
            "2026-11-20",
            [transaction("T1", "RELEASED", "2026-11-12", 1), transaction("T3", "RELEASED", "2026-11-13")],
            3,
        ),
    ]
    documents = [reported[each] for each in order]
    rows = loaded(store, documents, "transactions")
    assert sorted((r["transaction_id"], r["transaction_status"]) for r in rows) == [
        ("T1", "RELEASED"),
        ("T2", "RELEASED"),
        ("T3", "RELEASED"),
    ]
    items = loaded(store, documents, "transaction_items")
    assert sorted((r["transaction_id"], f"{r['posted_date']:%m-%d}") for r in items) == [
        ("T1", "11-12"),
        ("T2", "09-11"),
    ]


def test_what_left_a_unit_is_recorded_as_a_change(store: Store) -> None:
    if isinstance(store, JsonLinesStore):
        pytest.skip("keeps no history")
    spec = load_spec("all_orders")
    slice_ = day_slice(spec, "2026-11-19")

    def reported(hours: float, *quantities: int) -> Doc:
        rows = [["1", f"2026-11-19T1{hours}:00:00Z", "A", "B0", n, "Amazon.com"] for n in quantities]
        return Doc(spec, slice_, tsv(HEADER, rows), hours)

    for document in (reported(0, 1, 2), reported(1, 3)):
        document.load_into(store.destination)
    changes = store.query("SELECT key, column_name, old_value, new_value FROM sellerops.restatement")
    assert {(c["key"]["ordinal"], c["column_name"]) for c in changes} == {
        (1, "quantity"),
        (1, "last_updated_date"),
        (2, ""),
    }
    (gone,) = (c for c in changes if c["column_name"] == "")
    assert '"quantity": 2' in gone["old_value"] and gone["new_value"] is None


def test_personal_rows_go_with_the_lines_of_their_unit(store: Store) -> None:
    if type(store) is not PostgresStore:
        pytest.skip("personal columns are in Postgres only")
    spec = spec_with("merchant_orders")
    header = ["order-id", "order-item-id", "quantity-purchased", "buyer-name", "sales-channel"]

    def reported(hours: float, *lines: tuple[int, str]) -> Doc:
        rows = [["1", "11", quantity, name, "Amazon.com"] for quantity, name in lines]
        return Doc(spec, day_slice(spec, "2026-11-19"), tsv(header, rows), hours)

    reported(0, (1, "Ada"), (2, "Bob")).load_into(store.destination)
    reported(1, (3, "Cleo")).load_into(store.destination)
    reported(0, (1, "Ada"), (2, "Bob")).load_into(store.destination)
    (row,) = store.rows("amazon_sp.merchant_orders")
    (personal,) = store.rows("amazon_sp.merchant_orders__personal")
    assert (row["quantity_purchased"], personal["buyer_name"], personal["ordinal"]) == (3, "Cleo", 1)
    assert personal["load_id"] == row["load_id"]


def test_a_load_reads_the_account_once_and_not_for_each_of_its_lines(conninfo: str) -> None:
    """No statistics are there yet, as in the first minutes of a backfill: with a plan that reads all rows of
    the account for each staged line, 600 lines would read 400,000 rows.
    """
    store = PostgresStore(conninfo)
    number, lines = 300, 2
    fortnights = (("2026-10-01", "2026-10-14"), ("2026-10-15", "2026-10-28"))
    reported = [
        transactions(
            first,
            last,
            [transaction(f"{first} {each}", "RELEASED", first, lines) for each in range(number)],
            0,
        )
        for first, last in fortnights
    ]
    items = loaded(store, reported, "transaction_items")
    assert len(items) == len(fortnights) * number * lines
    read = store.query(
        "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) AS rows FROM pg_stat_user_tables "
        "WHERE relname LIKE 'transaction%%'"
    )[0]["rows"]
    assert 0 < read < 20 * len(items), read
