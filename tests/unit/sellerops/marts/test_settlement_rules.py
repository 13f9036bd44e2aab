"""Which P&L line a settlement's line belongs to: exact names, patterns, signs, types read as others."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sellerops.marts.settlement_rules import Place, SettlementRules
from sellerops.reference.config_files import config_rows

INCOME, COST = Decimal("12.50"), Decimal("-12.50")
OTHER = "other-transaction"
REIMBURSED = "FBA Inventory Reimbursement"


@pytest.fixture(scope="module")
def rules() -> SettlementRules:
    return SettlementRules(config_rows("settlement_rule"))


@pytest.mark.parametrize(
    ("names", "amount", "place"),
    [
        (("Order", "ItemPrice", "Principal"), INCOME, Place("revenue.product", "CM1")),
        ((" order ", "ITEMPRICE", "principal "), INCOME, Place("revenue.product", "CM1")),
        (("Refund", "ItemPrice", "Principal"), COST, Place("refund.product", "CM1")),
        (("A-to-z Guarantee Refund", "ItemPrice", "Principal"), COST, Place("refund.product", "CM1")),
        (
            ("Chargeback Refund", "ItemFees", "RefundCommission"),
            COST,
            Place("fee.refund_admin", "CM1"),
        ),
        # The name of a rule for one type counts before that of a rule for all.
        ((OTHER, OTHER, "Storage Fee"), COST, Place("storage.monthly", "CM2")),
        (("FBAFees", "FBA Inventory Storage Fee", "Base fee"), COST, Place("storage.monthly", "CM2")),
        (("FBAFees", "FBA Inventory Storage Fee", "Tax on fee"), COST, Place("tax.on_fees", "TAX")),
        # A prefix: the text goes on with the ASIN and the months.
        (
            (
                "FBAFees",
                "FBA Customer Returns Fee (Apparel and Shoes) B0EXAMPLE1 2026-03",
                "Base fee",
            ),
            COST,
            Place("fee.fba_return", "CM1"),
        ),
        ((OTHER, OTHER, "Transfer of funds unsuccessful: 123"), INCOME, Place("balance.transfer", "BALANCE")),
        # An exact name before a suffix, a suffix before the rule of the whole amount type.
        ((OTHER, REIMBURSED, "COMPENSATED_CLAWBACK"), COST, Place("reimbursement.clawback", "CM2")),
        ((OTHER, REIMBURSED, "NEW_KIND_CLAWBACK"), INCOME, Place("reimbursement.clawback", "CM2")),
        ((OTHER, REIMBURSED, "NEW_KIND"), INCOME, Place("reimbursement.income", "CM2")),
        ((OTHER, REIMBURSED, "NEW_KIND"), COST, Place("reimbursement.clawback", "CM2")),
        ((OTHER, REIMBURSED, "REVERSAL_REIMBURSEMENT"), COST, Place("reimbursement.clawback", "CM2")),
        ((OTHER, REIMBURSED, "REVERSAL_REIMBURSEMENT"), INCOME, Place("reimbursement.income", "CM2")),
        # Nothing is guessed: there is no rule for all other names.
        ((OTHER, OTHER, "Storage Fee 2"), COST, Place("UNMAPPED", "UNMAPPED")),
        ((None, None, None), COST, Place("UNMAPPED", "UNMAPPED")),
        ((None, "FBAFees", "FBA Inventory Storage Fee - Base"), COST, Place("storage.monthly", "CM2")),
    ],
)
def test_a_line_finds_its_place(
    rules: SettlementRules, names: tuple[str, str, str], amount: Decimal, place: Place
) -> None:
    assert rules.place(*names, amount) == place


@pytest.mark.parametrize("table", ["settlement_rule", "finance_rule"])
def test_lines_have_one_level_but_for_corrections(table: str) -> None:
    """A P&L line stands in one level, so that the page can say what each level contains."""
    levels: dict[str, set[str]] = {}
    for row in config_rows(table):
        if row["level"] != "AS":
            levels.setdefault(row["pl_line"], set()).add(row["level"])
    assert {name for name, found in levels.items() if len(found) > 1} <= {"fee.correction"}


def test_both_files_use_the_same_words() -> None:
    def places(table: str) -> dict[str, str]:
        rows = [row for row in config_rows(table) if row["pl_line"] != "fee.correction"]
        return {row["pl_line"]: row["level"] for row in rows if row["level"] != "AS"}

    settlements, finances = places("settlement_rule"), places("finance_rule")
    assert finances.items() <= settlements.items()
