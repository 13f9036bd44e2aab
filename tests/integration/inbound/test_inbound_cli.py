"""What the command line shows of inbound runs, and the files it copies."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from integration.inbound.following_parts import add_option, add_run, add_shipment, insert
from psycopg.types.json import Jsonb

from sellerops.archive import Archive, DocumentMeta
from sellerops.cli import main
from sellerops.ledger import Ledger
from sellerops.read_models.inbound import Waiting, list_runs, waiting_runs

AT = datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.fixture
def warehouse(ledger: Ledger, conninfo: str, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    return ledger


def add_shipped_run(ledger: Ledger) -> int:
    run = add_run(ledger, "Winter stock #1", state="shipped", requested_by="alex")
    add_option(ledger, run, "t", "a", carrier="UPS")
    add_shipment(
        ledger, run, "a", {"S": 40, "T": 5}, status="CLOSED", transportation_option_id="t", boxes=3,
        placement_fee=Decimal("12.5"), transportation_fee=Decimal("88.2"), currency="USD",
        confirmed_at=AT, delivered_at=AT, closed_at=AT,
    )  # fmt: skip
    add_shipment(ledger, run, "other", {"S": 45}, is_chosen=False, confirmation_id=None)
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.inbound_shipment_item SET shipped = planned, received = planned - 2, "
            "fnsku = 'X00' || sku WHERE shipment_id = 'a' AND sku = 'S'"
        )
        connection.execute(
            "UPDATE sellerops.inbound_shipment_item SET shipped = planned, received = planned "
            "WHERE shipment_id = 'a' AND sku = 'T'"
        )
    insert(ledger, "inbound_item", {
        "inbound_run_id": run, "line": 1, "sku": "S", "quantity": 45, "prep_owner": "NONE",
        "label_owner": "SELLER",
    }, "line")  # fmt: skip
    problem = {"severity": "WARNING", "code": "FBA_INB_0001", "message": "Label <it>", "details": ""}
    insert(ledger, "inbound_step", {
        "inbound_run_id": run, "step": "create_plan", "state": "done", "operation": "createInboundPlan",
        "operation_id": "op-1", "problems": Jsonb([problem]), "ended_at": AT,
    }, "id")  # fmt: skip
    insert(ledger, "inbound_decision", {
        "inbound_run_id": run, "asked_about": "approve", "offer": Jsonb({}), "fingerprint": "f",
        "choice": "approved", "decided_by": "olivia", "note": "cheapest",
    }, "id")  # fmt: skip
    return run


def test_runs_are_listed(warehouse: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inbound", "list"]) == 0
    assert "No open inbound run. Trigger the DAG fba_inbound to ship." in capsys.readouterr().out
    assert main(["inbound", "list", "--account", "northwind"]) == 1
    assert "unknown account 'northwind'" in capsys.readouterr().err
    run = add_shipped_run(warehouse)
    add_run(warehouse, "Old", state="closed")
    assert main(["inbound", "list", "--account", "northwind_na"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:8] == [
        "run", "name", "account", "state", "shipments", "planned", "shipped", "received",
    ]  # fmt: skip
    assert lines[1].split()[:12] == [
        str(run), "Winter", "stock", "#1", "northwind_na", "US", "shipped", "1", "45", "45", "43", "-2",
    ]  # fmt: skip
    assert len(lines) == 2
    assert main(["inbound", "list", "--all"]) == 0
    assert "Old" in capsys.readouterr().out


def test_one_run_is_shown(warehouse: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    run = add_shipped_run(warehouse)
    assert main(["inbound", "show", str(run)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for words in (
        "Airflow fba_inbound, run Winter stock #1",
        "by alex",
        "ready 2026-11-20 08:00 UTC",
        "FBAa CLOSED ABE2 UPS 3 placement 12.50, transport 88.20 USD",
        "FBAa S X00S 40 40 38 -2",
        "create_plan done createInboundPlan op-1",
        "WARNING FBA_INB_0001: Label <it>",
        "approve approved olivia cheapest",
    ):
        assert words in shown
    assert "other" not in shown, "a shipment of another placement"
    assert main(["inbound", "show", "99"]) == 1
    assert "inbound list --all" in capsys.readouterr().err


def test_a_run_without_shipments_shows_its_items_and_its_problem(
    warehouse: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    run = add_run(
        warehouse, "Failed", state="failed", problem="Unknown SKU Q.", remedy="Run `sellerops specs check`."
    )
    insert(warehouse, "inbound_item", {
        "inbound_run_id": run, "line": 1, "sku": "Q", "quantity": 7, "prep_owner": "NONE",
        "label_owner": "NONE",
    }, "line")  # fmt: skip
    assert main(["inbound", "show", str(run)]) == 0
    shown = capsys.readouterr().out
    assert "problem    Unknown SKU Q.\nnext       Run `" in shown
    assert "SKU  units\nQ        7" in shown


def test_files_are_copied_out_of_the_archive(
    warehouse: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = add_shipped_run(warehouse)
    assert main(["inbound", "files", str(run)]) == 0
    assert "no labels" in capsys.readouterr().out
    archive = Archive(str(tmp_path / "archive"))
    for kind, part, shipment, content in (
        ("box_labels", 1, "a", b"%PDF one"), ("box_labels", 2, "a", b"%PDF two"),
        ("item_labels", 1, "", b"%PDF items"),
    ):  # fmt: skip
        meta = DocumentMeta(
            "amazon_sp", "inbound_documents", "northwind_na", f"{run}-{kind}-{part}", AT.isoformat()
        )
        kept = archive.put_stream([content], meta)
        insert(warehouse, "inbound_document", {
            "inbound_run_id": run, "kind": kind, "part": part, "shipment_id": shipment,
            "archive_uri": kept.uri, "media_type": "application/pdf", "bytes": len(content),
            "sha256": kept.sha256,
        }, "id")  # fmt: skip
    target = tmp_path / "new" / "labels"
    where = ["--to", str(target), "--archive", str(tmp_path / "archive")]
    assert main(["inbound", "files", str(run), *where]) == 0
    assert {path.name: path.read_bytes() for path in target.iterdir()} == {
        "FBAa_box_labels.pdf": b"%PDF one", "FBAa_box_labels_2.pdf": b"%PDF two",
        "Winter-stock-1_item_labels.pdf": b"%PDF items",
    }  # fmt: skip
    assert str(target / "Winter-stock-1_item_labels.pdf") in capsys.readouterr().out
    assert (
        main(
            ["inbound", "files", str(run), "--to", str(target / "Winter-stock-1_item_labels.pdf"), *where[2:]]
        )
        == 1
    )
    assert "Choose another --to." in capsys.readouterr().err


def test_what_waits_for_a_person(warehouse: Ledger, reader: str) -> None:
    add_shipped_run(warehouse)
    add_run(warehouse, "Asked", state="awaiting_approval")
    add_run(warehouse, "Broken", state="failed", account_id="northwind_eu")
    add_run(warehouse, "Gone", state="cancelled", account_id="northwind_eu")
    with psycopg.connect(reader) as connection:
        assert waiting_runs(connection) == {
            "northwind_na": Waiting(open=2, approvals=1, differences=1),
            "northwind_eu": Waiting(open=1, failed=1),
        }
        assert [row["name"] for row in list_runs(connection)] == ["Broken", "Asked", "Winter stock #1"]
