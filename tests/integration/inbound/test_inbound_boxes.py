"""`inbound boxes`: replaces the boxes of a run until Amazon knows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from integration.inbound.following_parts import insert, rows
from support.inbound_requests import request
from support.packing_lists import HEADINGS, csv_of

from sellerops.cli import main
from sellerops.inbound.models import Owner
from sellerops.inbound.store import InboundRun, InboundStore, RunState
from sellerops.ledger import Ledger
from sellerops.settings.marketplaces import marketplace


@pytest.fixture
def run(ledger: Ledger, conninfo: str, monkeypatch: pytest.MonkeyPatch) -> InboundRun:
    """A run of ten A and five B that is packed later."""
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    made = request(pack_later=True, boxes=())
    items = tuple(replace(item, prep_owner=Owner.NONE, label_owner=Owner.SELLER) for item in made.items)
    return InboundStore(ledger).start_run(
        replace(made, items=items), marketplace_id=marketplace("US").id, dag_id="fba_inbound", run_id="r"
    )


def packed(path: Path, *rest: str, quantity: str = "5") -> str:
    """A list of two boxes with five A each, the first one with B, too."""
    measures = ("24", "16", "12", "IN", "26", "LB")
    boxes = (
        ("1", "1", "A", "5", *measures),
        ("", "", "B", "5", *[""] * 6),
        ("2", "1", "A", quantity, *measures),
    )
    path.write_bytes(csv_of(HEADINGS, *boxes, *([rest] if rest else [])))
    return str(path)


def test_boxes_are_handed_in_and_may_be_handed_in_again(
    run: InboundRun, ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["inbound", "boxes", str(run.id), packed(tmp_path / "list.csv")]) == 0
        assert "December #" in (out := capsys.readouterr().out)
        assert "now has 2 boxes. If a task failed because of the boxes, clear it." in out
    kept = InboundStore(ledger).run(run.id).request.boxes
    assert [{each.sku: each.quantity for each in box.contents} for box in kept] == [
        {"A": 5, "B": 5},
        {"A": 5},
    ]
    assert len(rows(ledger, "SELECT * FROM sellerops.inbound_box WHERE inbound_run_id = %s", run.id)) == 2


def test_boxes_that_do_not_add_up_change_nothing(
    run: InboundRun, ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inbound", "boxes", str(run.id), packed(tmp_path / "list.csv", quantity="4")]) == 1
    assert "10 units of 'A' are planned, but the boxes hold 9" in capsys.readouterr().err
    (tmp_path / "items.csv").write_text("sku,quantity\nA,10\nB,5\n")
    assert main(["inbound", "boxes", str(run.id), str(tmp_path / "items.csv")]) == 1
    assert "has no boxes" in capsys.readouterr().err
    assert main(["inbound", "boxes", str(run.id), str(tmp_path / "gone.csv")]) == 1
    assert "gone.csv: cannot be read: No such file" in capsys.readouterr().err
    assert InboundStore(ledger).run(run.id).request.boxes == ()


def test_boxes_that_amazon_knows_or_that_will_not_be_sent_are_refused(
    run: InboundRun, ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = packed(tmp_path / "list.csv")
    insert(ledger, "inbound_step", {
        "inbound_run_id": run.id, "step": "set_shipment_boxes", "subject": "shipments", "state": "failed",
        "operation": "setPackingInformation",
    }, "id")  # fmt: skip
    assert main(["inbound", "boxes", str(run.id), path]) == 0
    insert(ledger, "inbound_step", {
        "inbound_run_id": run.id, "step": "set_shipment_boxes", "subject": "shipments", "state": "done",
        "operation": "setPackingInformation", "generation": 2,
    }, "id")  # fmt: skip
    assert main(["inbound", "boxes", str(run.id), path]) == 1
    assert "Amazon already knows the boxes" in capsys.readouterr().err
    InboundStore(ledger).set_state(run.id, RunState.CANCELLED)
    assert main(["inbound", "boxes", str(run.id), path]) == 1
    assert "the run is cancelled" in capsys.readouterr().err
    assert main(["inbound", "boxes", "4711", path]) == 1
    assert "4711" in capsys.readouterr().err
