"""`tables migrate`: adapt landing tables to a changed spec."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Any

from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError
from sellerops.cli.destinations import destination_of
from sellerops.cli.warehouse import open_ledger
from sellerops.destinations.differences import Migration
from sellerops.settings.known_destinations import DESTINATIONS
from sellerops.settings.specs import load_spec


def add(commands: Any) -> None:
    parser = commands.add_parser("tables", help="landing tables and their specs")
    actions = parser.add_subparsers(required=True, metavar="action")
    migrate = actions.add_parser(
        "migrate", help="adapt tables with rows to their changed spec, without losing a row"
    )
    migrate.add_argument("report")
    migrate.add_argument("--table", action="append", help="only this table of the report; may be repeated")
    migrate.add_argument(
        "--destination",
        choices=sorted(DESTINATIONS),
        help="only in this destination (default: all of the report's)",
    )
    migrate.add_argument(
        "--check", action="store_true", help="only show the plan; exit code 1 if there is anything to do"
    )
    migrate.set_defaults(run=_migrate)


def _migrate(options: argparse.Namespace) -> int:
    spec = load_spec(options.report)
    names = options.table or list(spec.tables)
    unknown = sorted(set(names) - set(spec.tables))
    if unknown:
        raise ConfigurationError(
            f"{spec.name} has no table {', '.join(unknown)}.", remedy=f"Use one of: {', '.join(spec.tables)}."
        )
    with closing(open_ledger()) as ledger:
        conninfo = ledger.database.conninfo
    is_open = False
    for destination_name in (options.destination,) if options.destination else spec.all_destinations:
        destination: Any = destination_of(destination_name, conninfo)
        if not hasattr(destination, "migrate"):
            raise ConfigurationError(
                f"the destination {destination_name} cannot migrate tables.",
                remedy="Choose another one with --destination.",
            )
        try:
            for name in names:
                done = destination.migrate(spec, name, check=options.check)
                _show(destination_name, done)
                is_open = is_open or bool(done.conflicts) or bool(options.check and done.steps)
        finally:
            destination.close()
    return 1 if is_open else 0


def _show(destination: str, done: Migration) -> None:
    place = f"{destination} {done.table}"
    if not done.steps:
        print(f"{place}: matches its spec, {done.rows:,} rows")
        return
    state = "not migrated" if done.conflicts else "migrated" if done.is_applied else "to migrate"
    print(f"{place}: {state}, {done.rows:,} rows")
    for text in done.steps:
        print(f"  {text}")
    for text in done.conflicts:
        print(f"  conflict: {commands_as_typed(text)}")
