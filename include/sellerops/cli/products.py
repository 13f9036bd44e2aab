"""`products show|unmapped|suggest`: SKUs with ASIN, FNSKU and own number, and SKUs that lack them."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import Any

from sellerops.base.commands import commands_as_typed
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.reference.importing import export_csv
from sellerops.reference.suggestions import read_products, suggest
from sellerops.reference.tables import TABLES

_NOT_BUILT = "No products yet: run `sellerops marts run` first."


def add(commands: Any) -> None:
    parser = commands.add_parser("products", help="SKUs, what they belong to, and unmapped ones")
    actions = parser.add_subparsers(required=True, metavar="action")
    action = actions.add_parser("show", help="SKUs with ASIN, FNSKU and own number")
    action.add_argument("text", nargs="?", default="", help="only SKUs, ASINs or numbers that contain this")
    action.add_argument("--account", help="only this account")
    action.add_argument("--limit", type=int, default=60)
    action.set_defaults(run=_show)
    action = actions.add_parser("unmapped", help="SKUs without an ASIN or own number; exit code 1 if any")
    action.add_argument("--account", help="only this account")
    action.set_defaults(run=_unmapped)
    action = actions.add_parser("suggest", help="rows of product_mapping for unmapped SKUs, as CSV to check")
    action.add_argument("--account", help="only this account")
    action.add_argument("--output", type=Path, help="write to this file")
    action.set_defaults(run=_suggest)


def _show(options: argparse.Namespace) -> int:
    wanted = options.text.lower()
    found = [
        each
        for each in _products(options.account)
        if any(wanted in value.lower() for value in (each.sku, each.asin, each.fnsku, each.own_id))
    ]
    rows = [(each.account_id, each.sku, each.asin, each.fnsku, each.own_id) for each in found]
    print_table(
        ("account", "SKU", "ASIN", "FNSKU", "own number"),
        rows[: options.limit],
        empty=commands_as_typed(_NOT_BUILT),
    )
    return 0


def _unmapped(options: argparse.Namespace) -> int:
    found = [each for each in _products(options.account) if not each.is_mapped]
    rows = [(each.account_id, each.sku, each.asin, "own number" if each.asin else "ASIN") for each in found]
    print_table(("account", "SKU", "ASIN", "lacks"), rows, empty="Every SKU is mapped.")
    return 1 if found else 0


def _suggest(options: argparse.Namespace) -> int:
    text = export_csv(TABLES["product_mapping"], [each.row for each in suggest(_products(options.account))])
    if options.output:
        options.output.write_text(text, encoding="utf-8-sig")
        command = f"`sellerops reference import product_mapping {options.output}`"
        print(commands_as_typed(f"Check {options.output}, then run {command}."))
    else:
        print(text, end="")
    return 0


def _products(account: str | None) -> list[Any]:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        return [each for each in read_products(connection) if account in (None, each.account_id)]
