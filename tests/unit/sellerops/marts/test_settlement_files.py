"""Any settlement file against the rules: sums, and the line to add for a name that no rule fits."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from sellerops.base.errors import UnreadableDocument
from sellerops.cli import main
from sellerops.marts.settlement_files import check_file, rule_line
from sellerops.marts.settlement_rules import SettlementRules
from sellerops.reference.config_files import config_rows
from sellerops.settings.accounts import load_accounts

COLUMNS = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount",
    "currency", "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id",
    "marketplace-name", "amount-type", "amount-description", "amount", "fulfillment-id", "posted-date",
    "posted-date-time", "order-item-code", "merchant-order-item-id", "merchant-adjustment-item-id", "sku",
    "quantity-purchased", "promotion-id",
)  # fmt: skip
POSTED = {"posted-date": "2026-07-08", "posted-date-time": "2026-07-08 10:00:00 UTC"}
HEADER = {
    "settlement-start-date": "2026-07-01 00:00:00 UTC",
    "settlement-end-date": "2026-07-15 00:00:00 UTC",
    "deposit-date": "2026-07-17 00:00:00 UTC",
    "currency": "USD",
}


def _file(folder: Path, total: str, *lines: tuple[str, str, str, str]) -> Path:
    """A settlement with a total and lines of type, amount type, description and amount."""
    rows: list[dict[str, str]] = [{**HEADER, "total-amount": total}]
    for transaction_type, amount_type, description, amount in lines:
        names = {
            "transaction-type": transaction_type,
            "amount-type": amount_type,
            "amount-description": description,
        }
        rows.append({**names, "amount": amount, **POSTED})
    cells = [[{"settlement-id": "77", **row}.get(name, "") for name in COLUMNS] for row in rows]
    path = folder / "settlement.txt"
    path.write_text("".join("\t".join(line) + "\r\n" for line in [COLUMNS, *cells]))
    return path


NEW_NAME = ("AmazonFees", "Hovercraft Handling Fee, large", "Base fee", "-3.10")
SOLD = ("Order", "ItemPrice", "Principal", "20.00")
FEE = ("Order", "ItemFees", "Commission", "-3.00")


def test_an_unknown_name_is_counted_and_the_line_to_add_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _file(tmp_path, "10.80", SOLD, FEE, NEW_NAME, NEW_NAME)
    (found,) = check_file(
        path, load_accounts()["northwind_na"], SettlementRules(config_rows("settlement_rule"))
    )
    assert (found.lines, found.total, found.difference) == (4, Decimal("10.80"), Decimal(0))
    assert found.levels == {"CM1": Decimal("17.00"), "UNMAPPED": Decimal("-6.20")}
    (name,) = found.unmapped.values()
    assert (name.lines, name.amount) == (2, Decimal("-6.20"))

    assert main(["settlements", "check", str(path), "--account", "northwind_na"]) == 1
    shown = capsys.readouterr().out
    assert rule_line(name.names) in shown
    assert "-6.20" in shown

    # The printed line, with its place filled in, is a rule that fits.
    line = rule_line(name.names).replace("<P&L line>", "inbound.transport").replace("<level>", "CM2")
    row = dict(zip(config_rows("settlement_rule")[0], _cells(line), strict=True))
    rules = SettlementRules([*config_rows("settlement_rule"), row])
    (mapped,) = check_file(path, load_accounts()["northwind_na"], rules)
    assert mapped.is_sound
    assert mapped.levels == {"CM1": Decimal("17.00"), "CM2": Decimal("-6.20")}


def test_a_file_whose_lines_are_not_its_total(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path, "17.01", SOLD, FEE)
    assert main(["settlements", "check", str(path)]) == 1
    assert "0.01" in capsys.readouterr().out
    sound = _file(tmp_path, "17.00", SOLD, FEE)
    assert main(["settlements", "check", str(sound)]) == 0


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.txt"
    path.write_text("amazon-order-id\tsku\n111\tA\n")
    with pytest.raises(UnreadableDocument):
        check_file(path, load_accounts()["northwind_na"], SettlementRules([]))


def _cells(line: str) -> list[str]:
    return next(csv.reader([line]))
