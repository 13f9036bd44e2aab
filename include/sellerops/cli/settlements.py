"""`settlements unmapped|check`: lines of settlements and transactions without a P&L line."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.marts.settlement_files import SettlementCheck, check_file, rule_line
from sellerops.marts.settlement_rules import SettlementRules
from sellerops.marts.unmapped import unmapped_lines
from sellerops.reference.config_files import config_rows
from sellerops.settings.accounts import Account, load_accounts

_ADD = "To assign them, add to include/config/{file} (docs/figures.md lists the P&L lines):"


def add(commands: Any) -> None:
    parser = commands.add_parser("settlements", help="lines without a P&L line; check a settlement file")
    actions = parser.add_subparsers(required=True, metavar="action")
    action = actions.add_parser(
        "unmapped", help="lines of settlements and transactions that no rule covers; exit code 1 if any"
    )
    action.add_argument("--account", help="only this account")
    action.set_defaults(run=_unmapped)
    action = actions.add_parser(
        "check",
        help="what a settlement file adds up to, and what is unmapped; exit code 1 if anything is wrong",
    )
    action.add_argument("file", type=Path, help="a settlement as Amazon writes it (flat file V2)")
    action.add_argument(
        "--account", help="account that the file is from (default: the first of the Selling Partner API)"
    )
    action.set_defaults(run=_check)


def _unmapped(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        found = unmapped_lines(ledger, options.account)
    print_table(
        ["account", "in", "name", "lines", "amount", "currency", "first", "last"],
        [
            (
                each.account_id,
                each.table,
                " | ".join(each.names),
                each.lines,
                each.amount,
                each.currency,
                each.first_day,
                each.last_day,
            )
            for each in found
        ],
        empty="Every line has a P&L line.",
    )
    _print_rules("settlement_rules.csv", [each.rule for each in found if each.is_of_settlements])
    _print_rules("finance_rules.csv", [each.rule for each in found if not each.is_of_settlements])
    return 1 if found else 0


def _check(options: argparse.Namespace) -> int:
    rules = SettlementRules(config_rows("settlement_rule"))
    checks = check_file(options.file, _account(options.account), rules)
    print_table(
        ["settlement", "currency", "lines", "total", "sum", "difference", "unmapped"],
        [
            (
                each.settlement_id,
                each.currency,
                each.lines,
                each.total,
                each.lines_total,
                each.difference,
                each.unmapped_total,
            )
            for each in checks
        ],
        empty="The file has no lines.",
    )
    _print_names(checks)
    return 0 if checks and all(each.is_sound for each in checks) else 1


def _print_names(checks: list[SettlementCheck]) -> None:
    names = {name: each for check in checks for name, each in check.unmapped.items()}
    if names:
        print()
        print_table(
            ["unmapped", "lines", "amount"],
            [(" | ".join(each.names), each.lines, each.amount) for each in names.values()],
            empty="",
        )
    _print_rules("settlement_rules.csv", [rule_line(name) for name in names])


def _print_rules(file: str, lines: list[str]) -> None:
    if lines:
        print(f"\n{_ADD.format(file=file)}")
        print("\n".join(dict.fromkeys(lines)))


def _account(name: str | None) -> Account:
    accounts = {key: each for key, each in load_accounts().items() if "amazon_sp" in each.sources}
    if name is None and accounts:
        return next(iter(accounts.values()))
    if name not in accounts:
        raise ConfigurationError(
            f"no account {name!r} collects from the Selling Partner API.",
            where="--account",
            remedy=f"Name one of: {', '.join(accounts) or 'none'}.",
        )
    return accounts[name]
