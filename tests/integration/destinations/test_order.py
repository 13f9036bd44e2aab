"""Any documents in any order any number of times give the same tables, and no row is lost on the way."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.destinations.documents import NOON, Doc, contents, day_slice, snapshot_slice, tsv
from integration.destinations.stores import Store

from sellerops.settings.specs import ReportSpec, load_spec

_schemas = count()
DAYS = ("2026-11-17", "2026-11-18", "2026-11-19")
small = st.integers(0, 3)


def moved(document: Doc, schema: str) -> Doc:
    """The same document, loaded into tables of its own."""
    spec = document.spec.model_copy(update={"source": schema})
    return replace(document, spec=spec, slice_=replace(document.slice_, source=schema))


def load_all(store: Store, documents: Sequence[Doc]) -> list[str]:
    """The tables after loading ``documents`` in this order into an empty schema."""
    schema = f"run_{next(_schemas)}"
    for document in documents:
        for result in moved(document, schema).load_into(store.destination):
            assert result.rows_in_file == result.stored + result.rejected
            assert result.stored == result.inserted + result.updated + result.unchanged + result.superseded
    tables = documents[0].spec.tables if documents else {}
    return [line for table in tables for line in contents(store.rows(f"{schema}.{table}"))]


@st.composite
def merged(draw: st.DrawFn) -> list[Doc]:
    """Orders: few keys, few versions, item ids now and then; columns come and go."""
    spec = unjudged(load_spec("all_orders"))
    documents = []
    for hours in range(draw(st.integers(1, 3))):
        header = ["amazon-order-id", "last-updated-date", "sku", "asin", "quantity", "sales-channel"]
        header += draw(st.sampled_from([[], ["order-item-id"], ["note"], ["note", "order-item-id"]]))
        rows = [
            [
                f"o{draw(small)}",
                f"2026-11-19T1{draw(small)}:00:00Z",
                "A",
                "B0",
                draw(st.sampled_from(["1", "2", "bad"])) if draw(small) == 0 else "3",
                draw(st.sampled_from(["Amazon.com", "Amazon.ca", "Non-Amazon"])),
                *(draw(st.sampled_from(["", "x", "y"])) for _ in header[6:]),
            ]
            for _ in range(draw(st.integers(0, 6)))
        ]
        good = [
            ["o9", "2026-11-19T10:00:00Z", "A", "B0", "1", "Amazon.com", *("" for _ in header[6:])]
        ] * len(rows)
        slice_ = day_slice(spec, "2026-11-19", marketplaces=("US", "CA"))
        documents.append(Doc(spec, slice_, tsv(header, rows + good), hours))
    return documents


@st.composite
def replaced(draw: st.DrawFn) -> list[Doc]:
    """Returns: no key, windows that overlap, lines that repeat, lines outside the window."""
    spec = unjudged(load_spec("fba_customer_returns"))
    documents = []
    for hours in range(draw(st.integers(1, 3))):
        first, last = sorted(draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=2)))
        rows = [
            (f"{draw(st.sampled_from(DAYS))}T0{draw(small)}:00:00Z", f"o{draw(small)}", "A", 1)
            for _ in range(draw(st.integers(0, 6)))
        ]
        content = tsv(["return-date", "order-id", "sku", "quantity"], rows)
        documents.append(Doc(spec, day_slice(spec, first, last, marketplaces=("US", "CA")), content, hours))
    return documents


def unjudged(spec: ReportSpec) -> ReportSpec:
    tables = {
        name: table.model_copy(update={"quarantine": None, "collapse": None})
        for name, table in spec.tables.items()
    }
    return spec.model_copy(update={"tables": tables})


@st.composite
def keyed_days(draw: st.DrawFn) -> list[Doc]:
    """Sales: one day and marketplace per document, replaced on its key; keys may occur twice in a document.

    Without quarantine, because whether a document is quarantined depends on the stored rows.
    """
    import json

    spec = unjudged(load_spec("sales_and_traffic"))
    documents = []
    for hours in range(draw(st.integers(1, 3))):
        day = draw(st.sampled_from(DAYS))
        items = [
            {"parentAsin": "P", "childAsin": f"C{draw(small)}", "salesByAsin": {"unitsOrdered": draw(small)}}
            for _ in range(draw(st.integers(0, 5)))
        ]
        if items and draw(st.booleans()):
            items[-1]["late"] = "x"
        content = json.dumps(
            {"salesAndTrafficByDate": [{"date": day}], "salesAndTrafficByAsin": items}
        ).encode()
        slice_ = day_slice(spec, day, marketplaces=(draw(st.sampled_from(["US", "CA"])),))
        documents.append(Doc(spec, slice_, content, hours, "application/json"))
    return documents


@st.composite
def snapshots(draw: st.DrawFn) -> list[Doc]:
    """Stock: few moments, asked for again now and then."""
    spec = unjudged(load_spec("fba_manage_inventory"))
    documents = []
    for hours in range(draw(st.integers(1, 3))):
        rows = [(f"s{draw(small)}", draw(small)) for _ in range(draw(st.integers(0, 4)))]
        slice_ = snapshot_slice(spec, NOON + timedelta(hours=draw(st.integers(0, 1))))
        documents.append(Doc(spec, slice_, tsv(["sku", "afn-total-quantity"], rows), hours))
    return documents


@pytest.mark.parametrize(
    "documents", [merged, replaced, keyed_days, snapshots], ids=lambda make: make.__name__
)
def test_any_order_any_number_of_times(
    store: Store, documents: Callable[[], st.SearchStrategy[list[Doc]]]
) -> None:
    @settings(max_examples=store.examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(), st.randoms(use_true_random=False))
    def holds(made: list[Doc], rng: random.Random) -> None:
        again = [*made, *rng.choices(made, k=rng.randint(0, 2))]
        rng.shuffle(again)
        assert load_all(store, again) == load_all(store, made)

    holds()


def test_the_result_is_the_newest_of_everything(store: Store) -> None:
    """The same against a model in a few lines: the last document of each day, the last version of each
    order.
    """
    rng = random.Random(5)
    spec = load_spec("fba_customer_returns")
    documents, expected = [], {}
    for hours in range(12):
        first, last = sorted(rng.choices(DAYS, k=2))
        days = [day for day in DAYS if first <= day <= last]
        rows = [(f"{rng.choice(days)}T01:00:00Z", f"o{hours}-{n}", "A", 1) for n in range(rng.randint(0, 5))]
        content = tsv(["return-date", "order-id", "sku", "quantity"], rows)
        documents.append(Doc(spec, day_slice(spec, first, last, marketplaces=("US", "CA")), content, hours))
        expected.update({day: {row[1] for row in rows if row[0].startswith(day)} for day in days})
    rng.shuffle(documents)
    for document in documents:
        document.load_into(store.destination)
    stored: dict[str, set[str]] = {day: set() for day in DAYS}
    for row in store.rows("amazon_sp.fba_customer_returns"):
        stored[f"{row['return_date']:%Y-%m-%d}"].add(row["order_id"])
    assert stored == {day: expected.get(day, set()) for day in DAYS}


def in_threads(jobs: Sequence[Callable[[], Any]]) -> list[BaseException]:
    """Run all at once; the errors."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            job()
        except Exception as error:  # noqa: BLE001 - the test looks at every error
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    return errors


def wide_orders(spec: ReportSpec, number: int, hours: float) -> Doc:
    """Orders whose keys all documents share, in another order each, with a column of its own."""
    rng = random.Random(number)
    header = [
        "amazon-order-id",
        "last-updated-date",
        "sku",
        "asin",
        "quantity",
        "sales-channel",
        f"extra-{number % 3}",
    ]
    rows = [
        [f"o{n}", f"2026-11-19T1{rng.randint(0, 5)}:00:00Z", "A", "B0", number, "Amazon.com", "x"]
        for n in range(300)
    ]
    rng.shuffle(rows)
    return Doc(spec, day_slice(spec, "2026-11-19", marketplaces=("US", "CA")), tsv(header, rows), hours)


def test_loads_at_the_same_time_neither_block_for_good_nor_mix(store: Store) -> None:
    spec = load_spec("all_orders")
    documents = [wide_orders(spec, number, number % 4) for number in range(store.at_once)]
    accounts = [
        replace(each, slice_=replace(each.slice_, account_id=f"marketplace{n % 2}"))
        for n, each in enumerate(documents)
    ]
    assert in_threads([lambda each=each: each.load_into(store.destination) for each in accounts]) == []
    at_once = contents(store.rows("amazon_sp.all_orders"))
    one_by_one = load_all(store, accounts)
    assert at_once == one_by_one and len(at_once) == 600


def test_the_same_slice_at_the_same_time_is_loaded_once_after_the_other(store: Store) -> None:
    spec = load_spec("fba_customer_returns")
    rows = [(f"2026-11-18T01:00:{n % 60:02}Z", f"o{n}", "A", 1) for n in range(200)]
    content = tsv(["return-date", "order-id", "sku", "quantity"], rows)
    document = Doc(spec, day_slice(spec, "2026-11-18", marketplaces=("US", "CA")), content)
    assert in_threads([lambda: document.load_into(store.destination)] * store.at_once) == []
    assert len(store.rows("amazon_sp.fba_customer_returns")) == 200
    assert sorted(load["replaced"] for load in store.loads()) == [0, *[200] * (store.at_once - 1)]
    assert not store.leftovers()
