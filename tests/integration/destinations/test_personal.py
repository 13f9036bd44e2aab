"""Personal columns are stored in a table of their own, expire, and are nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from integration.destinations.documents import NOON, Doc, contents, day_slice, tsv
from integration.destinations.stores import PostgresStore

from sellerops.archive import Archive, DocumentMeta
from sellerops.base.clock import Clock
from sellerops.base.errors import ConfigurationError, UnreadableDocument
from sellerops.cli import main
from sellerops.destinations import RequestMeta, load_document
from sellerops.ledger import Ledger
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.specs import ReportSpec, load_spec

SHIPMENTS = load_spec("fulfilled_shipments")
FEEDBACK = load_spec("seller_feedback")
MAIN, PERSONAL = "amazon_sp.fulfilled_shipments", "amazon_sp.fulfilled_shipments__personal"
HEADER = [
    "shipment-id", "shipment-item-id", "amazon-order-id", "shipment-date", "quantity-shipped",
    "sales-channel", "buyer-email", "recipient-name",
]  # fmt: skip
SECRET = "Ada Invented"


@pytest.fixture
def at(ledger: Ledger) -> Any:
    """Stops the ledger's clock so many days after the documents' noon."""

    def set_day(days: float) -> None:
        ledger.set_clock(Clock(datetime.now(UTC), NOON + timedelta(days=days), 0.0))

    set_day(0.5)
    return set_day


@pytest.fixture
def store(at: Any, conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def shipments(hours: float, *rows: tuple[Any, ...], header: list[str] | None = None) -> Doc:
    """``(shipment, day, quantity, channel, e-mail, name)``."""
    lines = [
        [key, "1", "O-" + key, f"2026-11-{day:02d}T10:00:00+00:00", quantity, channel, *personal]
        for key, day, quantity, channel, *personal in rows
    ]
    slice_ = day_slice(SHIPMENTS, "2026-11-01", "2026-11-20", marketplaces=("US", "CA"))
    return Doc(SHIPMENTS, slice_, tsv(header or HEADER, lines), hours, marketplace_ids=("ATVPDKIKX0DER",))


def names(store: PostgresStore) -> dict[str, str | None]:
    found = {row["shipment_id"]: row["recipient_name"] for row in store.rows(PERSONAL)}
    in_step = store.query(
        f"SELECT count(*) AS n FROM {PERSONAL} p JOIN {MAIN} m USING (account_id, shipment_id, load_id) "
        "WHERE (m.marketplace_id, m.reported_at, m.source_line) "
        "IS NOT DISTINCT FROM (p.marketplace_id, p.reported_at, p.source_line)"
    )
    assert in_step[0]["n"] == len(found)
    return found


def everywhere(store: PostgresStore, needle: str) -> list[str]:
    """Tables of the whole database that hold ``needle`` in any column."""
    tables = store.query(
        "SELECT table_schema AS s, table_name AS t FROM information_schema.tables "
        "WHERE table_schema IN ('sellerops', 'amazon_sp', 'replay_amazon_sp') AND table_type = 'BASE TABLE'"
    )
    return sorted(
        f"{each['s']}.{each['t']}"
        for each in tables
        if store.query(
            f'SELECT 1 AS found FROM "{each["s"]}"."{each["t"]}" x WHERE to_jsonb(x)::text LIKE %s LIMIT 1',
            (f"%{needle}%",),
        )
    )


def test_they_leave_the_landing_table_and_every_row_is_still_counted(store: PostgresStore) -> None:
    doc = shipments(
        0,
        ("A", 18, 1, "Amazon.com", "a@x.invalid", SECRET),
        ("B", 18, 2, "Amazon.com", None, None),
        ("C", 18, 3, "Non-Amazon", None, SECRET),
    )
    (result,) = doc.load_into(store.destination)
    assert (result.rows_in_file, result.stored, result.rejected) == (3, 3, 0)
    assert not set(SHIPMENTS.tables["fulfilled_shipments"].personal_columns) & set(store.columns(MAIN))
    assert names(store) == {"A": SECRET, "C": SECRET}
    assert everywhere(store, SECRET) == [PERSONAL]
    assert {row["marketplace_id"] for row in store.rows(PERSONAL)} == {"ATVPDKIKX0DER", None}


def test_without_the_role_the_rows_load_and_nothing_personal_is_written(store: PostgresStore) -> None:
    blank = ("A", 18, 1, "Amazon.com", None, None)
    (result,) = shipments(0, blank).load_into(store.destination)
    (other,) = shipments(1, ("B", 18, 1, "Amazon.com"), header=HEADER[:6]).load_into(store.destination)
    assert (result.stored, other.stored) == (1, 1)
    assert len(store.rows(MAIN)) == 2
    assert store.rows(PERSONAL) == []


def test_they_follow_their_row_in_any_order(store: PostgresStore) -> None:
    old = shipments(
        0, ("A", 18, 1, "Amazon.com", "a@x.invalid", "Old"), ("B", 18, 1, "Amazon.com", None, "Keep")
    )
    new = shipments(5, ("A", 18, 2, "Amazon.com", None, "New"))
    blank = shipments(9, ("A", 18, 3, "Amazon.com", None, None))
    for doc in (new, old, new, old):
        doc.load_into(store.destination)
    assert names(store) == {"A": "New", "B": "Keep"}
    blank.load_into(store.destination)
    new.load_into(store.destination)
    assert names(store) == {"B": "Keep"}


def test_a_replaced_day_takes_its_personal_rows_with_it(store: PostgresStore) -> None:
    def feedback(hours: float, *rows: tuple[str, str]) -> Doc:
        lines = [["2026-11-18", "5", "fine", "", order, rater] for order, rater in rows]
        header = ["Date", "Rating", "Comments", "Response", "Order ID", "Rater Email"]
        return Doc(FEEDBACK, day_slice(FEEDBACK, "2026-11-17", "2026-11-18"), tsv(header, lines), hours)

    feedback(0, ("1", "one@x.invalid"), ("2", "two@x.invalid")).load_into(store.destination)
    feedback(5, ("2", "two@x.invalid"), ("3", "")).load_into(store.destination)
    feedback(1, ("4", "late@x.invalid")).load_into(store.destination)  # older: superseded
    rows = store.rows("amazon_sp.seller_feedback__personal")
    assert [(row["order_id"], row["rater_email"]) for row in rows] == [("2", "two@x.invalid")]
    assert len(store.rows("amazon_sp.seller_feedback")) == 2


def test_their_time_ends_and_no_load_brings_them_back(store: PostgresStore, at: Any, ledger: Ledger) -> None:
    doc = shipments(0, ("A", 2, 1, "Amazon.com", None, "Early"), ("B", 18, 1, "Amazon.com", None, "Late"))
    doc.load_into(store.destination)
    at(20)
    from sellerops.reprocess.personal import purge_personal

    assert {one.table: one.rows for one in purge_personal(ledger, [SHIPMENTS])} == {PERSONAL: 1}
    doc.load_into(store.destination)
    shipments(1, ("A", 2, 2, "Amazon.com", None, "Early")).load_into(store.destination)
    assert names(store) == {"B": "Late"}
    assert len(store.rows(MAIN)) == 2
    at(60)
    # The table is known though its spec be gone.
    assert [one.rows for one in purge_personal(ledger, [])] == [1]
    assert store.query("SELECT purged_rows FROM sellerops.personal_table")[0]["purged_rows"] == 2


def test_rejects_errors_and_history_never_show_them(store: PostgresStore) -> None:
    rows = [
        ("A", 18, "many", "Amazon.com", None, SECRET),  # unreadable quantity
        ("B", 18, 1, "Amazon.com", None, SECRET),
        ("F", 18, 2, "Amazon.com", None, SECRET),
        ("C", 18, 1, "Amazon.com", None, SECRET),
        ("D", 18, 1, "Amazon.com", None, SECRET, "one field too many"),
        ("E", 18, 1, "Amazon.com", None, SECRET),
    ]
    (result,) = shipments(0, *rows).load_into(store.destination)
    assert result.rows_in_file == result.stored + result.rejected == 6
    rejects = store.rejects(result.load_id)
    assert [(row["source_line"], row["reason"]) for row in rejects] == [
        (2, "unreadable_value"), (6, "too_many_fields"),
    ]  # fmt: skip
    assert rejects[0]["value"] == "many"
    shipments(5, *(("B", 18, 9, "Amazon.com", None, f"{SECRET} the second") for _ in "1")).load_into(
        store.destination
    )
    assert store.query("SELECT column_name FROM sellerops.restatement") == [
        {"column_name": "quantity_shipped"}
    ]
    assert everywhere(store, SECRET) == [PERSONAL]
    with pytest.raises(UnreadableDocument) as caught:
        shipments(6, *(("X", 18, SECRET, "Amazon.com", None, SECRET, "more") for _ in "123")).load_into(
            store.destination
        )
    assert SECRET not in str(caught.value)


def test_a_column_called_personal_later_moves_out(store: PostgresStore) -> None:
    table = SHIPMENTS.tables["fulfilled_shipments"]
    plain = {name: each.model_copy(update={"personal": False}) for name, each in table.columns.items()}
    before = _with(SHIPMENTS, table.model_copy(update={"columns": plain}))
    first = shipments(0, ("A", 18, 1, "Amazon.com", None, SECRET), ("B", 18, "?", "Amazon.com", None, SECRET),
                      ("C", 18, 1, "Amazon.com", None, None))  # fmt: skip
    changed = shipments(1, ("A", 18, 1, "Amazon.com", None, f"{SECRET} 2"))
    for doc in (first, changed):
        load_document(store.destination, before, doc.slice_, doc.meta, doc.stream)
    assert len(everywhere(store, SECRET)) == 3
    shipments(2, ("C", 18, 2, "Amazon.com", None, None)).load_into(store.destination)
    assert names(store) == {"A": f"{SECRET} 2"}
    assert everywhere(store, SECRET) == [PERSONAL]
    assert "recipient_name" not in store.columns(MAIN)
    assert len(store.rows(MAIN)) == 2


def test_a_view_that_reads_such_a_column_is_named(store: PostgresStore) -> None:
    shipments(0, ("A", 18, 1, "Amazon.com", None, SECRET)).load_into(store.destination)
    store.query(f"ALTER TABLE {MAIN} ADD COLUMN recipient_name text")
    store.query(f"CREATE VIEW amazon_sp.people AS SELECT recipient_name FROM {MAIN}")
    with pytest.raises(ConfigurationError, match="recipient_name"):
        shipments(1, ("A", 18, 1, "Amazon.com", None, SECRET)).load_into(store.destination)


def test_a_replay_puts_back_what_is_young_and_no_more(
    store: PostgresStore, ledger: Ledger, at: Any, tmp_path: Path
) -> None:
    archive = Archive(str(tmp_path))
    doc = shipments(0, ("A", 2, 1, "Amazon.com", None, "Early"), ("B", 18, 1, "Amazon.com", None, "Late"))
    meta = DocumentMeta(
        source="amazon_sp", report=SHIPMENTS.name, account_id="northwind", fetch="1",
        fetched_at=NOON.isoformat(), request={"slice": doc.slice_.to_dict()},
    )  # fmt: skip
    stored = archive.put_stream([doc.content], meta)
    request = RequestMeta(doc.meta.reported_at, None, doc.content_type, doc.marketplace_ids, stored.uri)
    load_document(store.destination, SHIPMENTS, doc.slice_, request, doc.stream)
    before = store.rows(MAIN)
    at(20)
    for scope in (Scope(), Scope(account_id="northwind"), Scope(since=NOON.date())):
        replay(ledger, archive, SHIPMENTS, scope)
        assert contents(store.rows(MAIN), without=()) == contents(before, without=())
        assert names(store) == {"B": "Late"}
        assert store.query("SELECT table_name FROM sellerops.personal_table") == [{"table_name": PERSONAL}]
        assert store.columns("replay_" + PERSONAL) == {}


def test_they_are_granted_apart(store: PostgresStore, reader: str) -> None:
    """The role of checks, exports and pages may read the table, and never its personal part."""
    shipments(0, ("A", 18, 1, "Amazon.com", None, SECRET)).load_into(store.destination)
    with psycopg.connect(reader, autocommit=True) as connection:
        assert connection.execute(f"SELECT count(*) FROM {MAIN}").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT FROM {PERSONAL}")


def test_the_command_lists_and_purges(
    store: PostgresStore, at: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", store.conninfo)
    shipments(0, ("A", 18, 1, "Amazon.com", None, SECRET)).load_into(store.destination)
    at(60)
    assert main(["personal", "list"]) == 0
    assert main(["personal", "purge"]) == 0
    printed = capsys.readouterr().out
    assert f"{PERSONAL}: 1 rows deleted" in printed
    assert SECRET not in printed
    assert store.rows(PERSONAL) == []


def test_rows_that_lose_to_another_of_their_key_do_not_show_them(store: PostgresStore) -> None:
    """In a table whose key alone tells rows apart: one without a unit."""
    spec = _with(SHIPMENTS, SHIPMENTS.tables["fulfilled_shipments"].model_copy(update={"unit": ()}))
    doc = shipments(0, ("B", 18, 1, "Amazon.com", None, SECRET), ("B", 18, 2, "Amazon.com", None, SECRET))
    (result,) = replace(doc, spec=spec).load_into(store.destination)
    (reject,) = store.rejects(result.load_id)
    assert (reject["source_line"], reject["reason"]) == (2, "duplicate_key")
    assert '"quantity_shipped": 1' in reject["raw_line"]
    assert everywhere(store, SECRET) == [PERSONAL]


def _with(spec: ReportSpec, table: Any) -> ReportSpec:
    return spec.model_copy(update={"tables": {"fulfilled_shipments": table}})
