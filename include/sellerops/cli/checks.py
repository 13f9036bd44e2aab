"""`checks run|list|show`: figures of different reports that must agree."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from typing import Any

from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger, reader_conninfo
from sellerops.reconciliation.checks import load_check, load_checks
from sellerops.reconciliation.results import CheckResult, Verdict, results
from sellerops.reconciliation.running import run_check
from sellerops.settings.marketplaces import all_marketplaces


def add(commands: Any) -> None:
    parser = commands.add_parser("checks", help="figures of different reports that must agree")
    actions = parser.add_subparsers(required=True, metavar="action")
    actions.add_parser("list", help="all checks").set_defaults(run=_list)
    run = actions.add_parser("run", help="compare now; exit code 1 if a figure is off")
    run.add_argument("check", nargs="*", help="names (default: all checks)")
    run.set_defaults(run=_run)
    show = actions.add_parser("show", help="results of the last runs")
    show.add_argument("check", nargs="?")
    show.add_argument("--verdict", choices=[verdict.value for verdict in Verdict])
    show.add_argument("--limit", type=int, default=60)
    show.set_defaults(run=_show)


def _list(options: argparse.Namespace) -> int:
    rows = [
        (check.name, ", ".join(check.inputs), check.holds_after.days, check.look_back.days, check.description)
        for check in load_checks()
    ]
    print_table(
        ("check", "tables", "holds after", "days", "description"), rows, empty="No checks are configured."
    )
    return 0


def _run(options: argparse.Namespace) -> int:
    checks = [load_check(name) for name in options.check] or load_checks()
    reader, ledger = reader_conninfo(), open_ledger()
    try:
        runs = [run_check(ledger, check, reader) for check in checks]
    finally:
        ledger.close()
    header = ("check", *(verdict.value for verdict in Verdict))
    print_table(
        header, [(run.check.name, *run.counts.values()) for run in runs], empty="No checks are configured."
    )
    off = [each for run in runs for each in run.off]
    if off:
        print()
        _print(off)
    return 1 if off else 0


def _show(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        verdict = Verdict(options.verdict) if options.verdict else None
        found = results(connection, check=options.check, verdict=verdict, limit=options.limit)
    _print(found)
    return 0


def _print(found: list[CheckResult]) -> None:
    codes = {each.id: each.code for each in all_marketplaces().values()}
    rows = [
        (
            each.check,
            each.verdict.value,
            each.account_id,
            codes.get(each.marketplace_id, each.marketplace_id),
            each.day,
            each.subject,
            each.left,
            each.right,
            each.difference,
            json.dumps(each.evidence or {}, ensure_ascii=False)[:120],
        )
        for each in found
    ]
    header = (
        "check",
        "verdict",
        "account",
        "marketplace",
        "day",
        "of",
        "left",
        "right",
        "difference",
        "evidence",
    )
    print_table(header, rows, empty="No check has run yet. Run `sellerops checks run`.")
