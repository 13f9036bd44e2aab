"""The generated tables of benchmarks are one world: our own checks find nothing to say about them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from sellerops.ledger import Ledger
from sellerops.reconciliation.checks import load_checks
from sellerops.reconciliation.results import Verdict
from sellerops.reconciliation.running import run_check

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
# Checks whose tables are all generated, and what they compare is, too.
COMPARED = {
    "economics_ads_against_campaigns",
    "economics_against_orders",
    "economics_components",
    "economics_fees_without_sales",
    "economics_fulfilment_fees",
    "inventory_ledger_balance",
    "orders_against_settlements",
    "reimbursements_against_settlements",
    "sales_against_orders",
    "settlements_to_the_cent",
    "storage_fees_against_settlements",
}


def test_all_tables_agree_and_their_loads_are_in_the_ledger(
    ledger: Ledger, conninfo: str, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from mart_data import fill

    filled = fill(conninfo, skus=30, days=75, marketplaces=("US", "DE"), last_day=date(2026, 11, 28))
    compared = set()
    for check in load_checks():
        results = run_check(ledger, check, reader).results
        verdicts = {each.verdict for each in results}
        if Verdict.OK in verdicts:
            compared.add(check.name)
        assert Verdict.OFF not in verdicts, [each for each in results if each.verdict is Verdict.OFF][:3]
    assert compared >= COMPARED
    with psycopg.connect(conninfo) as connection:
        loads = connection.execute(
            "SELECT table_name, sum(inserted)::int FROM sellerops.load GROUP BY 1 ORDER BY 1"
        ).fetchall()
        (headers,) = connection.execute(
            "SELECT count(*) FROM amazon_sp.settlements WHERE source_line = 0"
        ).fetchone() or (0,)
    assert headers == 2 * 5  # each currency closed its books every fortnight
    landed = {**filled.rows, "amazon_sp.settlements": filled.rows["amazon_sp.settlements"] - headers}
    assert dict(loads) == {name: count for name, count in landed.items() if count}
