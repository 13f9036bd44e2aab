"""Every table can be made again from the archive: with the ledger's loads, or from the sidecars alone."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from support.catalogue import simulation
from support.postgres import TEMPLATE, PostgresServer

from sellerops.archive import Archive, ArchivedDocument, DocumentMeta
from sellerops.base.errors import UnreadableDocument
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.cli import main
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.destinations.no_data import load_no_data
from sellerops.ledger import Ledger
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import ColumnType, ReportSpec, load_spec

SIMULATION = simulation()
RUN_AT = datetime(2026, 11, 20, 18, tzinfo=UTC)
REPORTS = ("all_orders", "fba_customer_returns", "fba_manage_inventory", "sales_and_traffic", "settlements")


@dataclass(frozen=True)
class Fetched:
    spec: ReportSpec
    slice_: Slice
    document: ArchivedDocument
    meta: RequestMeta


@dataclass
class Shelf:
    """A ledger, an archive, and the documents in it."""

    ledger: Ledger
    archive: Archive
    fetched: list[Fetched]
    archive_uri: str

    @property
    def conninfo(self) -> str:
        return self.ledger.database.conninfo

    def load(self, one: Fetched) -> None:
        uri = one.document.uri
        with closing(open_destination("postgres", self.conninfo)) as destination:
            load_document(destination, one.spec, one.slice_, one.meta, lambda: self.archive.open(uri))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.conninfo, row_factory=dict_row) as connection:
            return connection.execute(statement).fetchall()

    def contents(self, *, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
        """All landing tables and what the ledger says of them."""
        tables = [
            f"{row['nspname']}.{row['relname']}"
            for row in self.rows(
                "SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
                "WHERE relkind = 'r' AND nspname IN ('amazon_sp', 'replay_amazon_sp')"
            )
        ]
        ledger_tables = [
            f"sellerops.{name}" for name in ("load", "table_watermark", "restatement", "rejected_row")
        ]
        return {
            table: sorted(
                repr(sorted((k, str(v)) for k, v in row.items() if k not in without))
                for row in self.rows(f"SELECT * FROM {table}")
            )
            for table in [*tables, *(ledger_tables if not without else [])]
        }

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.conninfo) as connection:
            connection.execute(statement)


@pytest.fixture(scope="module")
def filled(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Several documents of each report, some of a window seen before, loaded in no order, some twice.

    Made once, for ``shelf`` to copy. Nothing is connected to its database.
    """
    uri = str(tmp_path_factory.mktemp("replay") / "archive")
    conninfo = postgres_server.create_database(TEMPLATE)
    made = Shelf(Ledger(conninfo), Archive(uri), [], uri)
    accounts = load_accounts()
    for name in REPORTS:
        for account_id in ("northwind_na", "northwind_eu"):
            made.fetched += _fetch(made.archive, load_spec(name), accounts[account_id])
    order = [*made.fetched, *random.Random(5).sample(made.fetched, 6)]
    random.Random(3).shuffle(order)
    for one in order:
        made.load(one)
    nothing = next(one for one in made.fetched if one.spec.name == "sales_and_traffic")
    meta = RequestMeta(RUN_AT - timedelta(days=40), where="request 1")
    earlier = plan_slices(
        nothing.spec, accounts["northwind_na"], run_at=RUN_AT, now=RUN_AT, from_day=date(2026, 9, 1)
    )
    with closing(open_destination("postgres", conninfo)) as destination:
        load_no_data(destination, nothing.spec, earlier[0], meta)
    made.ledger.close()
    shutil.copytree(uri, f"{uri}.kept")
    yield made
    postgres_server.drop_database(conninfo)


@pytest.fixture
def shelf(postgres_server: PostgresServer, filled: Shelf) -> Iterator[Shelf]:
    """A copy of ``filled``, for a test to change. Its archive has the same address: loads name it."""
    shutil.rmtree(filled.archive_uri)
    shutil.copytree(f"{filled.archive_uri}.kept", filled.archive_uri)
    conninfo = postgres_server.create_database(conninfo_to_dict(filled.conninfo)["dbname"])
    copy = replace(filled, ledger=Ledger(conninfo), fetched=list(filled.fetched))
    yield copy
    copy.ledger.close()
    postgres_server.drop_database(conninfo)


def _fetch(archive: Archive, spec: ReportSpec, account: Account) -> Iterator[Fetched]:
    seller = SIMULATION.seller(account.id)
    slices = plan_slices(spec, account, run_at=RUN_AT, now=RUN_AT)
    looks = [RUN_AT, RUN_AT + timedelta(days=2)]
    if spec.name == "settlements":
        refs = SIMULATION.settlements(seller, RUN_AT)[-2:]
        for ref in refs:
            document = SIMULATION.settlement_document(seller, ref.settlement_id)
            yield _archived(archive, spec, slices[0], ref.created_at, document.read(), document.content_type,
                            tuple(ref.marketplace_ids))  # fmt: skip
        return
    for slice_ in slices[:2] if account.id == "northwind_na" else slices[:1]:
        for number, as_of in enumerate(looks):
            ends = (
                (slice_.days[0], slice_.days[-1])
                if spec.format.kind == "json"
                else (slice_.start, slice_.end)
            )
            options = dict(spec.request.options)
            document = SIMULATION.document(
                spec.report_type, seller, slice_.marketplace_ids, *ends, options, as_of
            )
            if document is None:
                continue
            content = document.read()
            if number and spec.format.kind == "tsv":
                content = _with_a_column(content)
            yield _archived(
                archive, spec, slice_, as_of, content, document.content_type, slice_.marketplace_ids
            )


def _with_a_column(content: bytes) -> bytes:
    lines = content.split(b"\r\n")
    return b"\r\n".join(
        line + (b"\ta-new-column" if number == 0 else b"\tx") if line else line
        for number, line in enumerate(lines)
    )


def _archived(
    archive: Archive,
    spec: ReportSpec,
    slice_: Slice,
    as_of: datetime,
    content: bytes,
    content_type: str,
    marketplaces: tuple[str, ...],
) -> Fetched:
    told = {"slice": slice_.to_dict()} if slice_.snapshot_at or slice_.account_id == "northwind_na" else {}
    meta = DocumentMeta(
        source=spec.source,
        report=spec.name,
        account_id=slice_.account_id,
        fetch=f"{slice_.label} {as_of}",
        fetched_at=as_of.isoformat(),
        request={
            "region": slice_.region,
            "marketplace_ids": list(marketplaces),
            "window_start": slice_.window_start,
            "window_end": slice_.window_end,
            "reported_at": as_of.isoformat(),
            **told,
        },
        response={"content_type": content_type},
    )
    document = archive.put_stream([content], meta)
    return Fetched(spec, slice_, document, RequestMeta(as_of, None, content_type, marketplaces, document.uri))


def run(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", shelf.conninfo)
    monkeypatch.setenv("SELLEROPS_ARCHIVE", shelf.archive_uri)
    return max(main(["replay", "--report", name, *arguments]) for name in REPORTS)


def test_all_tables_are_made_again_to_the_byte(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shelf.contents()
    assert len(before["sellerops.load"]) > 30
    assert len(before["sellerops.restatement"]) > 100
    assert any("a_new_column" in row for row in before["amazon_sp.all_orders"])
    assert run(shelf, monkeypatch, "--check") == 0
    assert run(shelf, monkeypatch) == 0
    # Load ids too, and nothing of the rebuild stays: the ledger reads as before.
    assert shelf.contents() == before
    told = capsys.readouterr().out
    assert "the same" in told
    assert "only in" not in told
    shelf.execute("UPDATE amazon_sp.sales_daily SET units_ordered = units_ordered + 1 WHERE child_asin IN "
                  "(SELECT max(child_asin) FROM amazon_sp.sales_daily)")  # fmt: skip
    shelf.execute("DELETE FROM amazon_sp.settlements WHERE source_line = 1")
    assert run(shelf, monkeypatch, "--check") == 1
    assert "only in the live table" in capsys.readouterr().out
    assert shelf.contents() != before
    assert run(shelf, monkeypatch) == 0
    assert shelf.contents() == before


def test_from_the_archive_alone(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger's loads and requests are gone, and the tables too."""
    without = ("load_id",)
    before = {k: v for k, v in shelf.contents(without=without).items() if k.startswith("amazon_sp.")}
    for table in ("load", "table_watermark", "report_request"):
        shelf.execute(f"DELETE FROM sellerops.{table}")
    assert run(shelf, monkeypatch, "--check", "--from-archive") == 0
    shelf.execute("DROP SCHEMA amazon_sp CASCADE")
    assert run(shelf, monkeypatch, "--from-archive") == 0
    after = {k: v for k, v in shelf.contents(without=without).items() if k.startswith("amazon_sp.")}
    assert after == before
    ids = {row["load_id"] for row in shelf.rows("SELECT DISTINCT load_id FROM amazon_sp.all_orders")}
    loads = {
        row["id"]
        for row in shelf.rows("SELECT id FROM sellerops.load WHERE table_name = 'amazon_sp.all_orders'")
    }
    assert ids <= loads
    # Later loads work as usual: an older document does not win.
    shelf.load(next(one for one in shelf.fetched if one.spec.name == "sales_and_traffic"))
    assert {k: v for k, v in shelf.contents(without=without).items() if k.startswith("amazon_sp.")} == before


def test_a_part_of_the_loads_leaves_the_other_rows(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shelf.contents()
    assert run(shelf, monkeypatch, "--check", "--since", "2026-11-19") == 0
    shelf.execute("UPDATE amazon_sp.all_orders SET quantity = 77 WHERE account_id = 'northwind_na'")
    (other,) = replay(
        *(shelf.ledger, shelf.archive, load_spec("all_orders"), Scope(account_id="northwind_eu")), check=True
    )
    assert other.comparison.is_equal
    assert other.kept_rows
    assert run(shelf, monkeypatch, "--account", "northwind_na") == 0
    assert shelf.contents() == before


def test_a_load_that_comes_in_meanwhile_is_repeated_too(shelf: Shelf) -> None:
    spec = load_spec("sales_and_traffic")
    slice_ = next(one.slice_ for one in shelf.fetched if one.spec.name == spec.name)
    nothing = b'{"salesAndTrafficByAsin": [], "salesAndTrafficByDate": []}'
    late = _archived(shelf.archive, spec, slice_, RUN_AT + timedelta(days=5), nothing, "application/json", ())
    quiet = spec.model_copy(
        update={
            "tables": {
                k: t.model_copy(update={"quarantine": None, "collapse": None}) for k, t in spec.tables.items()
            }
        }
    )
    arrived: list[str] = []

    def progress(text: str) -> None:
        if not arrived:
            shelf.load(Fetched(quiet, late.slice_, late.document, late.meta))
        arrived.append(text)

    for scope in (Scope(), Scope(account_id="northwind_na")):
        arrived.clear()
        replay(shelf.ledger, shelf.archive, spec, scope, progress=progress)
        day = late.slice_.days[0]
        code = late.slice_.marketplace_ids[0]
        found = shelf.rows(
            f"SELECT 1 FROM amazon_sp.sales_daily WHERE date = '{day}' AND marketplace_id = '{code}'"
        )
        assert found == []
        assert shelf.rows("SELECT 1 FROM amazon_sp.sales_daily LIMIT 1")


def test_a_lost_document_changes_nothing(shelf: Shelf) -> None:
    before = shelf.contents()
    one = next(each for each in shelf.fetched if each.spec.name == "all_orders")
    Path(one.document.uri.removeprefix("file://")).unlink()
    with pytest.raises(UnreadableDocument, match="missing"):
        replay(shelf.ledger, shelf.archive, one.spec, Scope())
    after = shelf.contents()
    assert after["amazon_sp.all_orders"] == before["amazon_sp.all_orders"]


def test_a_changed_spec_is_what_a_replay_is_for(shelf: Shelf) -> None:
    """Another type, another column, another key: the old table gives way, and keeps its grants and views."""
    spec = load_spec("all_orders")
    table = spec.tables["all_orders"]
    columns = {
        **table.columns,
        "quantity": table.columns["quantity"].model_copy(update={"type": ColumnType.DECIMAL}),
    }
    changed = spec.model_copy(
        update={"tables": {"all_orders": table.model_copy(update={"columns": columns})}}
    )
    shelf.execute("CREATE SCHEMA mine")
    shelf.execute("CREATE VIEW mine.orders AS SELECT amazon_order_id, sku FROM amazon_sp.all_orders")
    before = shelf.rows("SELECT * FROM mine.orders ORDER BY 1, 2")
    (done,) = replay(shelf.ledger, shelf.archive, changed, Scope())
    assert done.comparison.is_equal
    assert shelf.rows("SELECT * FROM mine.orders ORDER BY 1, 2") == before
    (kind,) = shelf.rows("SELECT pg_typeof(quantity)::text AS kind FROM amazon_sp.all_orders LIMIT 1")
    assert kind["kind"] == "numeric"
