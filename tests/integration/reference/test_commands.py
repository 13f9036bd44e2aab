"""The commands of reference data, products and alerts, as a person types them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from support.hand_made_rows import add_rows, make_marts

from sellerops.cli import main
from sellerops.ledger import Ledger

ROW = {"account_id": "northwind_na", "known_since": date(2026, 1, 1), "last_seen": date(2026, 3, 1),
       "is_resold": False, "status": "complete", "missing": ""}  # fmt: skip


@pytest.fixture
def ours(ledger: Ledger, reader: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ledger:
    conninfo = ledger.database.conninfo
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    monkeypatch.setenv("SELLEROPS_READER", reader)
    monkeypatch.chdir(tmp_path)
    make_marts(conninfo, ["product", "owed"])
    add_rows(
        conninfo,
        "sellerops_marts.product",
        [
            {**ROW, "sku": "NW-1", "asin": "B01", "own_id": "P-1"},
            {**ROW, "sku": "NW_1", "asin": "B01", "status": "incomplete", "missing": "mapping"},
        ],
    )
    return ledger


def test_costs_are_filled_in_imported_and_exported(ours: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "template", "cost", "--output", "costs.csv"]) == 0
    assert "manufacturing (required)" in capsys.readouterr().err
    file = Path("costs.csv")
    file.write_text(file.read_text(encoding="utf-8-sig") + "northwind_na,,NW-2,2026-01-01,,4,,,,,USD,\n")
    assert main(["reference", "import", "cost", "costs.csv"]) == 1
    said = capsys.readouterr().err
    assert "line 2, sku: no report of northwind_na contains the SKU 'NW-2'. Did you mean 'NW-1'?" in said
    file.write_text(file.read_text().replace("NW-2", "NW-1"))
    assert main(["reference", "import", "cost", "costs.csv", "--check"]) == 0
    assert "1 rows read: 1 added, 0 changed, 0 removed (checked only)." in capsys.readouterr().out
    assert main(["reference", "import", "cost", "costs.csv"]) == 0
    assert main(["reference", "export", "cost", "--account", "northwind_na"]) == 0
    assert "northwind_na,,NW-1,2026-01-01,,4,,,,,USD," in capsys.readouterr().out
    assert main(["reference", "edits"]) == 0
    assert "costs.csv" in capsys.readouterr().out
    assert main(["reference", "import", "costs", "costs.csv"]) == 1
    assert "Did you mean 'cost'?" in capsys.readouterr().err


def test_tables_rates_and_files_are_shown(ours: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "tables"]) == 0
    assert "config/fee_rules.csv" in capsys.readouterr().out
    assert main(["reference", "check"]) == 0
    assert "calendar_events.csv: " in capsys.readouterr().out
    # How old the installed rates are depends on the day.
    assert main(["reference", "rates"]) in (0, 1)


def test_a_suggestion_can_be_imported(ours: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["products", "unmapped"]) == 1
    assert "NW_1" in capsys.readouterr().out
    assert main(["products", "suggest", "--output", "new.csv"]) == 0
    assert "reference import product_mapping new.csv" in capsys.readouterr().out
    assert main(["reference", "import", "product_mapping", "new.csv"]) == 0
    assert main(["reference", "export", "product_mapping"]) == 0
    assert "northwind_na,NW_1,P-1,B01," in capsys.readouterr().out
    assert main(["products", "show", "p-1"]) == 0
    assert "NW-1" in capsys.readouterr().out


def test_alerts_are_evaluated_listed_and_snoozed(ours: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    today = ours.clock().now().date()
    owed = {"account_id": "northwind_na", "marketplace_id": "ATVPDKIKX0DER", "sku": "NW-1", "kind": "lost",
            "reference": "FBA1", "open": 2, "day": today, "claim_from": today, "claim_until": today,
            "value": 9, "currency": "USD"}  # fmt: skip
    add_rows(ours.database.conninfo, "sellerops_marts.owed", [owed])
    assert main(["alerts", "run", "owed_expiring", "stock_out"]) == 0
    assert "no table yet: sellerops_marts.inventory_levels" in capsys.readouterr().out
    assert main(["alerts", "list", "--json"]) == 0
    (alert,) = json.loads(capsys.readouterr().out)
    assert (alert["name"], alert["money_per_day"]) == ("owed_expiring", "9.00")
    assert main(["alerts", "snooze", str(alert["id"]), "--days", "3", "--note", "asked Amazon"]) == 0
    assert main(["alerts", "list"]) == 0
    assert "snoozed until" in capsys.readouterr().out
    assert main(["alerts", "acknowledge", "4711"]) == 1
    assert "not open: 4711" in capsys.readouterr().err
    assert main(["alerts", "check"]) == 0
