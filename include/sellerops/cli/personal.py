"""`personal list`, `personal purge`: tables of personal data, and the end of what is past its time."""

from __future__ import annotations

import argparse
from typing import Any

from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.personal import list_personal, purge_personal
from sellerops.specs import load_specs


def add(commands: Any) -> None:
    parser = commands.add_parser("personal", help="tables of personal data and their retention")
    actions = parser.add_subparsers(required=True, metavar="action")
    actions.add_parser("list", help="each table, and how long it keeps its rows").set_defaults(run=_list)
    purge = actions.add_parser("purge", help="delete the rows that are past their time, now")
    purge.set_defaults(run=_purge)


def _list(options: argparse.Namespace) -> int:
    ledger = open_ledger()
    try:
        rows = [
            (each.table, each.report, f"{each.retention.days} d", ", ".join(each.columns), each.purged_at,
             each.purged_rows)
            for each in list_personal(ledger)
        ]  # fmt: skip
    finally:
        ledger.close()
    header = ("table", "report", "kept", "columns", "last purge", "rows purged")
    print_table(header, rows, empty="No table holds personal data.")
    return 0


def _purge(options: argparse.Namespace) -> int:
    ledger = open_ledger()
    try:
        done = purge_personal(ledger, load_specs()[0])
    finally:
        ledger.close()
    for each in done:
        print(f"{each.table}: {each.rows} rows deleted.")
    if not done:
        print("No table holds personal data.")
    return 0
