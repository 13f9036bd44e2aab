"""Archived documents with personal data are deleted after their retention; errors say so, and rows stay."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.destinations.documents import NOON, day_slice
from support.archived import archive_document, load_archived
from support.specs import shipped_specs

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.base.errors import ArchiveDamaged
from sellerops.calendar.slices import Slice
from sellerops.cli import main
from sellerops.destinations import RequestMeta
from sellerops.ledger import Ledger
from sellerops.reprocess.document_retention import DeletedDocuments, delete_documents
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.specs import ReportSpec, load_spec

SHIPMENTS = load_spec("fulfilled_shipments")
RETURNS = load_spec("fba_customer_returns")
ORDERS = load_spec("orders_v0")


def shipments(day: int) -> tuple[ReportSpec, Slice, bytes]:
    line = f"S-{day}\t1\tO-{day}\t2026-11-{day:02d}T10:00:00+00:00\t1\tAmazon.com\tAda"
    header = (
        "shipment-id\tshipment-item-id\tamazon-order-id\tshipment-date\tquantity-shipped\tsales-channel\t"
    )
    slice_ = day_slice(SHIPMENTS, f"2026-11-{day:02d}", marketplaces=("US", "CA"))
    return SHIPMENTS, slice_, f"{header}recipient-name\n{line}\n".encode()


def returns() -> tuple[ReportSpec, Slice, bytes]:
    header = "return-date\torder-id\tsku\tasin\tfnsku\tquantity\treason\n"
    line = "2026-11-18T12:00:00+00:00\tO-1\tS\tA\tF\t1\tUNWANTED_ITEM\n"
    return RETURNS, day_slice(RETURNS, "2026-11-18", marketplaces=("US",)), (header + line).encode()


def orders(number: int, **more: Any) -> tuple[ReportSpec, Slice, bytes]:
    order = {
        "AmazonOrderId": f"111-{number}", "PurchaseDate": "2026-11-18T00:00:00Z",
        "LastUpdateDate": "2026-11-18T00:00:00Z", "MarketplaceId": "ATVPDKIKX0DER", **more,
    }  # fmt: skip
    line = json.dumps({"request": {}, "answer": {"payload": {"Orders": [order]}}})
    return ORDERS, day_slice(ORDERS, "2026-11-18"), f"{line}\n".encode()


class Desk:
    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self.folder = ledger, folder
        self.archive = Archive(str(folder))
        self.at(0)

    def at(self, days: float) -> None:
        self.ledger.set_clock(Clock(datetime.now(UTC), NOON + timedelta(days=days), 0.0))

    def load(self, spec: ReportSpec, slice_: Slice, content: bytes, *, days: float = 0) -> RequestMeta:
        kind = "application/json" if spec is ORDERS else "text/plain; charset=UTF-8"
        as_of = NOON + timedelta(days=days)
        meta = archive_document(self.archive, spec, slice_, as_of, content, content_type=kind)
        load_archived(self.ledger, self.archive, spec, slice_, meta)
        return meta

    def delete(self) -> dict[str, int]:
        done = delete_documents(self.ledger, self.archive, shipped_specs())
        return {each.report: each.documents for each in done if each.documents}

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.ledger.connection() as connection:
            return connection.execute(f"SELECT * FROM amazon_sp.{table} ORDER BY 1, 2, 3, 4, 5").fetchall()


@pytest.fixture
def desk(ledger: Ledger, tmp_path: Path) -> Desk:
    return Desk(ledger, tmp_path / "archive")


def test_declared_and_found_ones_end_and_all_others_stay(desk: Desk) -> None:
    declared, plain = desk.load(*shipments(18)), desk.load(*returns())
    found = desk.load(*orders(1, BuyerInfo={"BuyerEmail": "a@b.example"}))
    without = desk.load(*orders(2))
    young = desk.load(*shipments(20), days=20)
    desk.at(29)
    assert desk.delete() == {}
    desk.at(31)
    assert desk.delete() == {"fulfilled_shipments": 1, "orders_v0": 1}
    assert desk.delete() == {}
    for kept in (plain, without, young):
        desk.archive.open(kept.where).close()
    for gone in (declared, found):
        with pytest.raises(ArchiveDamaged, match="was deleted on 2026-12-21: personal data, kept 30 days"):
            desk.archive.open(gone.where)
    assert "a@b.example" not in "".join(path.read_text("latin-1") for path in desk.folder.rglob("*.json"))


def test_a_spec_may_say_how_long(desk: Desk) -> None:
    meta = desk.load(*returns())
    specs = [RETURNS.model_copy(update={"document_retention": timedelta(days=7)})]
    desk.at(8)
    assert delete_documents(desk.ledger, desk.archive, specs) == [DeletedDocuments("fba_customer_returns", 1)]
    assert not desk.archive.has(meta.where)


def test_a_report_whose_spec_is_gone_keeps_its_retention(desk: Desk) -> None:
    meta = desk.load(*shipments(18))
    desk.at(31)
    assert delete_documents(desk.ledger, desk.archive, []) == [DeletedDocuments("fulfilled_shipments", 1)]
    assert not desk.archive.has(meta.where)


@pytest.mark.parametrize("scope", [Scope(), Scope(account_id="northwind")], ids=["whole", "part"])
def test_a_replay_keeps_the_rows_of_documents_that_are_gone(desk: Desk, scope: Scope) -> None:
    desk.load(*shipments(18))
    desk.load(*shipments(20), days=20)
    desk.at(31)
    desk.delete()
    before = desk.rows("fulfilled_shipments")
    assert len(before) == 2
    (done,) = replay(desk.ledger, desk.archive, SHIPMENTS, scope)
    assert desk.rows("fulfilled_shipments") == before
    assert done.kept_rows == 1
    assert ["deleted on 2026-12-21" in text for text in done.skipped] == [True]


def test_a_replay_from_the_archive_says_what_is_gone(desk: Desk) -> None:
    desk.load(*shipments(18))
    desk.load(*shipments(20), days=20)
    desk.at(31)
    desk.delete()
    with desk.ledger.connection() as connection:
        connection.execute("DELETE FROM sellerops.load; DELETE FROM sellerops.table_watermark")
    (done,) = replay(desk.ledger, desk.archive, SHIPMENTS, Scope(), from_archive=True, check=True)
    assert (done.loads, done.comparison.only_live) == (1, 1)
    assert ["deleted on 2026-12-21" in text for text in done.skipped] == [True]


def test_the_command_deletes_them_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", desk.ledger.database.conninfo)
    monkeypatch.setenv("SELLEROPS_ARCHIVE", str(desk.folder))
    desk.load(*shipments(18))
    desk.at(31)
    assert main(["personal", "purge"]) == 0
    assert "fulfilled_shipments: 1 archived documents deleted" in capsys.readouterr().out
