"""Two years of settlements of all marketplaces, with both generations of names, checked by rules and totals.

    PYTHONPATH=include:plugins:tests python benchmarks/settlements.py
    ... --scenario demo --every 4                                         a quarter of two sellers

The local Amazon writes every settlement of its sellers, in all marketplaces; ``check_file`` reads it as
`sellerops settlements check` does. Fails unless the lines of each add up to its total to the cent, and every
line is mapped. Prints JSON: settlements, lines, names, seconds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.simulation import Simulation
from sellerops.marts.settlement_files import SettlementCheck, check_file, rule_line
from sellerops.marts.settlement_rules import SettlementRules
from sellerops.reference.config_files import config_rows
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace_by_id

NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)


def main(scenario: str, every: int) -> dict[str, Any]:
    """Check one in ``every`` settlements of all sellers of a scenario."""
    rules = SettlementRules(config_rows("settlement_rule"))
    simulation, began = Simulation(seed=7, scenario=scenario), time.perf_counter()
    found: Counter[str] = Counter()
    months: set[str] = set()
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for seller in simulation.sellers:
            account = _account(seller)
            for ref in simulation.settlements(seller, NOW)[::every]:
                document = simulation.settlement_document(seller, ref.settlement_id)
                path = Path(folder) / "settlement.txt"
                path.write_bytes(document.read())
                for check in check_file(path, account, rules):
                    problems += _problems(check, f"{seller.account} {ref.settlement_id}")
                    found["settlements"] += 1
                    found["lines"] += check.lines
                    found[f"settlements in {check.currency}"] += 1
                months.add(f"{ref.end:%Y-%m}")
    if problems:
        raise SystemExit("\n".join(problems))
    return {
        **found,
        "sellers": len(simulation.sellers),
        "marketplaces": len({one for seller in simulation.sellers for one in seller.marketplace_ids}),
        "months": len(months),
        "seconds": round(time.perf_counter() - began, 1),
    }


def _problems(check: SettlementCheck, where: str) -> list[str]:
    found = [
        f"{where}: unmapped {each.amount:.2f} {rule_line(name)}" for name, each in check.unmapped.items()
    ]
    if check.difference:
        found.append(f"{where}: total less lines is {check.difference:.2f}")
    return found


def _account(seller: Seller) -> Account:
    marketplaces = tuple(marketplace_by_id(one) for one in seller.marketplace_ids)
    return Account(seller.account, seller.region, marketplaces, "none", sources=("amazon_sp",))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenario", choices=("demo", "world"), default="world")
    parser.add_argument("--every", type=int, default=1, help="check one in so many settlements")
    options = parser.parse_args()
    print(json.dumps(main(options.scenario, options.every), indent=2))
