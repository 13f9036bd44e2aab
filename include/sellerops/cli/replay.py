"""`replay`: tables made again from the archive, without Amazon."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError
from sellerops.cli.airflow import known_variable
from sellerops.cli.arguments import day
from sellerops.cli.destinations import destination_of
from sellerops.cli.warehouse import open_ledger
from sellerops.ledger.deployment import bind_archive
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.refill import refill
from sellerops.reprocess.replay import DESTINATION, ReplayResult, replay
from sellerops.settings.known_destinations import DESTINATIONS
from sellerops.settings.specs import ReportSpec, load_spec

_OWN, _VARIABLE = "SELLEROPS_ARCHIVE", "sellerops_archive_uri"


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "replay", help="make tables again from the archive, or compare them with what it gives"
    )
    parser.add_argument("--report", required=True)
    parser.add_argument("--table", action="append", help="only this table of the report; may be given again")
    parser.add_argument("--account", help="only loads of this account; rows of others stay")
    parser.add_argument("--since", type=day, metavar="DAY", help="only loads of windows that reach this day")
    parser.add_argument("--check", action="store_true", help="only compare; exit code 1 when they differ")
    parser.add_argument(
        "--from-archive", action="store_true", help="from the archive's sidecars, when the ledger is lost"
    )
    parser.add_argument(
        "--destination",
        choices=sorted(DESTINATIONS),
        default=DESTINATION,
        help=f"{DESTINATION}: tables are made anew beside the live ones; any other is filled with the loads",
    )
    parser.add_argument("--archive", metavar="URI", help=f"the archive; else ${_OWN}")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    spec, archive = load_spec(options.report), Archive(archive_uri(options.archive))
    if options.from_archive and not options.check and (options.account or options.since):
        raise ConfigurationError(
            "--from-archive makes whole tables: the ledger that tells rows apart is taken as lost.",
            remedy="Leave out --account and --since, or add --check.",
        )
    if options.destination != DESTINATION:
        return _refill(options, spec, archive)
    ledger = open_ledger()
    try:
        bind_archive(ledger, archive)
        done = replay(
            ledger,
            archive,
            spec,
            Scope(options.account, options.since, options.table),
            check=options.check,
            from_archive=options.from_archive,
            progress=print,
        )
    finally:
        ledger.close()
    for each in done:
        _show(each)
    return 1 if options.check and any(not each.comparison.is_equal for each in done) else 0


def _refill(options: argparse.Namespace, spec: ReportSpec, archive: Archive) -> int:
    if options.check or options.from_archive:
        raise ConfigurationError(
            f"--check and --from-archive are of {DESTINATION} only, not of {options.destination}.",
            remedy="Leave them out; the loads are then made again, oldest first.",
        )
    ledger = open_ledger()
    try:
        bind_archive(ledger, archive)
        destination = destination_of(options.destination, ledger.database.conninfo)
        try:
            scope = Scope(options.account, options.since, options.table)
            done = refill(ledger, archive, spec, scope, destination, progress=print)
        finally:
            destination.close()
    finally:
        ledger.close()
    for each in done:
        print(f"{each.table}: {each.loads:,} loads, {each.rows:,} rows read and stored or already there")
    return 0


def _show(done: ReplayResult) -> None:
    found = done.comparison
    state = (
        f"the same {found.rows:,} rows as in the live table"
        if found.is_equal
        else f"{found.rows:,} rows; {found.only_live:,} only in the live table, "
        f"{found.only_rebuilt:,} only in the rebuilt one"
    )
    print(f"{found.table}: {state}" + ("; put in place" if done.is_in_place else ""))
    for key in found.examples:
        print(f"  differs: {json.dumps(key, ensure_ascii=False)}")
    for text in done.skipped:
        print(f"  left out: {text}")


def archive_is_known() -> bool:
    """Whether the environment, or the Airflow it points at, says where the archive is."""
    return bool(os.environ.get(_OWN) or known_variable(_VARIABLE))


def archive_uri(given: str | None) -> str:
    """The archive's address: as given, of the environment, else Airflow's. Raises ConfigurationError."""
    uri = given or os.environ.get(_OWN) or known_variable(_VARIABLE)
    if not uri:
        raise ConfigurationError(
            f"the archive address is unknown: {_OWN} is not set, and Airflow has no variable {_VARIABLE}.",
            remedy="Start `make demo` in another terminal, or add --archive <URI>.",
        )
    return uri
