"""`settling-time`: after how many days the figures of each table no longer change."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Any

from sellerops.cli.arguments import chosen_specs, require_known
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.completeness.settling_time import PERCENT, SettlingFigures, lookback_of, measure_settling
from sellerops.settings.specs import ReportSpec

_AGES = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60)


def add(commands: Any) -> None:
    parser = commands.add_parser("settling-time", help="after how many days figures no longer change")
    parser.add_argument("--report", help="only this report, with each age")
    parser.add_argument("--account", help="only this account's rows")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if options.account:
        require_known(account=options.account)
    specs = chosen_specs(options.report)
    with closing(open_ledger()) as ledger:
        found = [(spec, measure_settling(ledger, spec, options.account)) for spec in specs]
    rows = [row for spec, tables in found for row in _rows(spec, tables)]
    header = ("report", "table", "settles after", "days", "cells", "unchanged %")
    print_table(header, rows, empty="No day has been loaded twice yet.")
    if options.report:
        for spec, tables in found:
            for table in tables:
                _show_ages(table)
            if tables:
                print(
                    lookback_of(tables).reason + ("" if spec.period.lookback_auto else " (if it were `auto`)")
                )
    return 0


def _rows(spec: ReportSpec, tables: list[SettlingFigures]) -> list[tuple[Any, ...]]:
    rows = []
    for table in tables:
        if not table.figures:
            continue
        settled = table.settled
        shown = settled or table.figures[-1]
        after = f"{settled.age} d" if settled else f"unknown: below {PERCENT:g} %, or too little history"
        rows.append((spec.name, table.table, after, shown.days, shown.cells, f"{shown.percent:.2f}"))
    return rows


def _show_ages(table: SettlingFigures) -> None:
    print(f"\n{table.table}, cells that no longer changed after n days:")
    rows = [
        (figure.age, figure.days, figure.cells, figure.moved, f"{figure.percent:.2f}")
        for figure in table.figures
        if figure.age in _AGES or figure == table.settled
    ]
    print_table(("n", "days", "cells", "changed later", "%"), rows, empty="No day has been loaded twice yet.")
