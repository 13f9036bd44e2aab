"""How a merge reaches its table: what is read and written, in which order, and who waits for whom.

The results themselves are the other modules' (``test_loads``, ``test_units``, ``test_order``); here two ways
are compared that must not differ.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.destinations.documents import Doc, contents, day_slice, spec_with, tsv
from integration.destinations.stores import PostgresStore
from integration.destinations.test_order import merged
from integration.destinations.test_units import Reported, coupons, orders
from integration.test_replay_races import Held, wait_until
from psycopg import sql
from support.examples import examples

from sellerops.destinations.postgres import merges
from sellerops.destinations.postgres.merges import Merge
from sellerops.destinations.postgres.unit_merges import UnitMerge
from sellerops.settings.specs import load_spec

HEADER = ["amazon-order-id", "last-updated-date", "sku", "asin", "quantity", "sales-channel"]
UNITS = load_spec("all_orders")
PLAIN = spec_with("all_orders", unit=(), ordinal_by=None)
UNVERSIONED = spec_with("all_orders", unit=(), ordinal_by=None, version=None)
UNTOLD = spec_with("all_orders", unit=(), ordinal_by=None, restatements=False)
_COUNTS = "rows_in_file, stored, rejected, inserted, updated, unchanged, superseded, replaced"
_PATIENCE = 60.0
_schemas = count()


@pytest.fixture
def store(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def reported(spec: Any, quantities: Sequence[int], hours: int = 0, first: int = 0) -> Doc:
    """One order a quantity, numbered from ``first``."""
    rows = [
        [f"o{n:06}", "2026-11-19T01:00:00Z", "A", "B0", quantity, "Amazon.com"]
        for n, quantity in enumerate(quantities, first)
    ]
    return Doc(spec, day_slice(spec, "2026-11-19"), tsv(HEADER, rows), hours)


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is sent within the block."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(query if isinstance(query, str) else query.as_string(cursor))
        return execute(cursor, query, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noted)
        yield sent


def of_table(sent: Sequence[str], *verbs: str) -> list[str]:
    """The statements that begin with one of ``verbs`` and name the landing table or the staging table."""
    tables = ('"all_orders"', '"staged"')
    return [each for each in sent if each.startswith(verbs) and any(name in each for name in tables)]


@pytest.mark.parametrize("spec", [PLAIN, UNITS], ids=["rows", "units"])
def test_a_load_reads_and_writes_no_more_than_it_changes(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch, spec: Any
) -> None:
    """Statements over staged or stored rows, so that a further pass over them does not come unnoticed."""
    with statements(monkeypatch) as sent:
        reported(spec, [1] * 50).load_into(store.destination)
    assert len(of_table(sent, "SELECT", "WITH", "CREATE TEMP")) <= 5  # staging, duplicates, sums, is it empty
    (insertion,) = of_table(sent, "INSERT", "UPDATE", "DELETE")
    assert "ON CONFLICT" not in insertion and "ORDER BY" in insertion

    with statements(monkeypatch) as sent:
        (result,) = reported(spec, [1] * 50).load_into(store.destination)
    assert result.unchanged == 50 and of_table(sent, "INSERT", "UPDATE", "DELETE") == []
    assert not [each for each in sent if "restatement (" in each]

    with statements(monkeypatch) as sent:
        (result,) = reported(spec, [2] * 10, hours=1, first=45).load_into(store.destination)
    assert (result.inserted, result.updated) == (5, 5)
    assert [each.split()[0] for each in of_table(sent, "INSERT", "UPDATE", "DELETE")] == ["DELETE", "INSERT"]
    assert len(sent) <= 45


def test_a_large_newer_document_is_joined_with_the_table_once(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One statement deletes what gives way and notes changes, one inserts without looking at the table."""
    monkeypatch.setattr(merges, "OVERTAKES_FROM", 30)
    reported(PLAIN, [1] * 50).load_into(store.destination)
    changes = "SELECT count(*) AS cells FROM sellerops.restatement WHERE table_name = 'amazon_sp.all_orders'"
    before = store.query(changes)[0]["cells"]

    with statements(monkeypatch) as sent:
        (result,) = reported(PLAIN, [2] * 10 + [1] * 40, hours=1).load_into(store.destination)
    assert (result.inserted, result.updated, result.superseded) == (0, 50, 0)
    assert store.query(changes)[0]["cells"] - before == 10
    joins = [each for each in sent if '"all_orders"' in each and '"staged"' in each and "LIMIT" not in each]
    deletion, insertion = (each.lstrip() for each in joins)
    assert deletion.startswith("WITH gone AS (DELETE") and "sellerops.restatement" in deletion
    assert insertion.startswith("INSERT") and "JOIN" not in insertion and " IN (" not in insertion

    with statements(monkeypatch) as sent:
        (result,) = reported(PLAIN, [2] * 10 + [1] * 40, hours=1).load_into(store.destination)
    assert result.unchanged == 50 and not [each for each in sent if "DELETE FROM" in each]

    with statements(monkeypatch) as sent:
        (result,) = reported(PLAIN, [1] * 50, hours=2, first=5).load_into(store.destination)
    assert (result.inserted, result.updated, result.superseded) == (5, 45, 0)
    assert not [each for each in sent if "merge_found" in each]


@pytest.mark.parametrize("spec", [PLAIN, UNITS], ids=["rows", "units"])
def test_a_small_document_does_not_read_the_whole_table(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch, spec: Any
) -> None:
    reported(spec, [1]).load_into(store.destination)
    store.query(
        "INSERT INTO amazon_sp.all_orders SELECT (jsonb_populate_record(t, "
        "jsonb_build_object('amazon_order_id', 'p' || n))).* "
        "FROM amazon_sp.all_orders t, generate_series(1, 100000) AS n"
    )
    store.query("VACUUM ANALYZE amazon_sp.all_orders")
    read = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'all_orders'"
    before = store.query(read)[0]["seq_tup_read"]
    (result,) = reported(spec, [2, 3], hours=1).load_into(store.destination)
    assert (result.inserted, result.updated) == (1, 1)
    assert store.query(read)[0]["seq_tup_read"] - before < 50_000


def test_rows_are_stored_in_the_order_of_their_key(store: PostgresStore) -> None:
    rows = [[f"o{n * 7919 % 500:06}", "2026-11-19T01:00:00Z", "A", "B0", 1, "Amazon.com"] for n in range(500)]
    Doc(PLAIN, day_slice(PLAIN, "2026-11-19"), tsv(HEADER, rows)).load_into(store.destination)
    stored = store.query("SELECT amazon_order_id FROM amazon_sp.all_orders ORDER BY ctid")
    names = [each["amazon_order_id"] for each in stored]
    assert names == sorted(names) and len(names) == 500


def test_one_key_from_two_regions_at_once_is_merged_one_after_the_other(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found must stay true until it is written: the second load waits, then finds the first one."""
    documents = [
        replace(reported(PLAIN, [quantity] * 3, hours), slice_=day_slice(PLAIN, "2026-11-19", region=region))
        for region, quantity, hours in (("NA", 1, 0), ("EU", 2, 1))
    ]
    documents[0].load_into(store.destination)
    store.query("TRUNCATE amazon_sp.all_orders")
    first = Held(lambda: documents[0].load_into(store.destination))
    find_changes = Merge.find_changes

    def stopping(merge: Merge) -> None:
        find_changes(merge)
        first.stop()

    monkeypatch.setattr(Merge, "find_changes", stopping)
    second = threading.Thread(target=documents[1].load_into, args=[store.destination], daemon=True)
    waiting = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with first.under_way():
        second.start()
        wait_until(lambda: bool(store.query(waiting)))
    second.join(_PATIENCE)
    rows = store.rows("amazon_sp.all_orders")
    assert [(row["quantity"], row["region"]) for row in rows] == [(2, "EU")] * 3


def every_unit(merge: UnitMerge) -> list[sql.Composable]:
    return [
        sql.SQL("SELECT {} FROM {}").format(merge._unit("s"), merge.lines.rows_with_ctid("s")),
    ]


def outcome(store: PostgresStore, documents: Sequence[Doc], table: str) -> dict[str, Any]:
    """The table, the counts and the history after ``documents``, without ids and moments."""
    schema = f"merges_{next(_schemas)}"
    for each in documents:
        spec = each.spec.model_copy(update={"source": schema})
        replace(each, spec=spec, slice_=replace(each.slice_, source=schema)).load_into(store.destination)
    name = f"{schema}.{table}"
    loads = store.query(f"SELECT {_COUNTS} FROM sellerops.load WHERE table_name = '{name}' ORDER BY id")
    history = store.query(
        "SELECT key, day, column_name, old_value, new_value, old_reported_at, new_reported_at "
        f"FROM sellerops.restatement WHERE table_name = '{name}'"
    )
    return {"rows": contents(store.rows(name)), "loads": loads, "history": contents(history)}


@pytest.mark.parametrize(
    ("documents", "table"),
    [
        (orders(False), "all_orders"),
        (orders(True), "all_orders"),
        (merged(), "all_orders"),
        (coupons(), "coupon_asins"),
    ],
    ids=["lines", "lines named from some day on", "lines of several marketplaces", "lists"],
)
def test_units_merged_line_by_line_are_as_if_weighed_as_a_whole(
    store: PostgresStore, documents: st.SearchStrategy[Reported | list[Doc]], table: str
) -> None:
    @settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents, st.randoms(use_true_random=False))
    def holds(made: Reported | list[Doc], rng: Any) -> None:
        reported = made.documents if isinstance(made, Reported) else made
        again = [*reported, *rng.choices(reported, k=2)]
        rng.shuffle(again)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(UnitMerge, "_whole_units", every_unit)
            patch.setattr(UnitMerge, "_whole_units_of_empty_table", every_unit)
            expected = outcome(store, again, table)
        assert outcome(store, again, table) == expected

    holds()


@st.composite
def newer_and_older(draw: st.DrawFn) -> list[Doc]:
    """Documents with few orders, versions and times; a column comes and goes; keys may occur twice."""
    spec = draw(st.sampled_from([PLAIN, UNVERSIONED, UNTOLD]))
    documents = []
    for _ in range(draw(st.integers(2, 4))):
        header = [*HEADER, *draw(st.sampled_from([[], ["note"]]))]
        rows = [
            [
                f"o{draw(st.integers(0, 5))}",
                f"2026-11-19T1{draw(st.integers(0, 1))}:00:00Z",
                *("A", "B0", draw(st.sampled_from([1, 1, 2, None]))),
                draw(st.sampled_from(["Amazon.com", "Amazon.ca"])),
                *("x" for _ in header[len(HEADER) :]),
            ]
            for _ in range(draw(st.integers(1, 6)))
        ]
        slice_ = day_slice(spec, "2026-11-19", marketplaces=("US", "CA"))
        documents.append(Doc(spec, slice_, tsv(header, rows), draw(st.integers(0, 2))))
    return documents


def test_overtaken_rows_deleted_at_once_are_as_if_found_first(store: PostgresStore) -> None:
    """Rows, counts and history; documents of any age, one instant's and the same again included."""
    overtaking = []

    @settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
    @given(newer_and_older(), st.randoms(use_true_random=False))
    def holds(documents: list[Doc], rng: Any) -> None:
        again = [*documents, *rng.choices(documents, k=1)]
        expected = outcome(store, again, "all_orders")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(merges, "OVERTAKES_FROM", 0)
            patch.setattr(Merge, "_overtakes_most", lambda merge: True)
            overtake = Merge._overtake
            patch.setattr(
                Merge, "_overtake", lambda merge: (overtaking.append(merge.write.given), overtake(merge))[1]
            )
            assert outcome(store, again, "all_orders") == expected

    holds()
    assert overtaking
