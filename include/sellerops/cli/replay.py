"""`replay`: rebuild tables from the archive, without calling Amazon."""

from __future__ import annotations

import argparse
import json
import os
from contextlib import closing
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
    parser = commands.add_parser("replay", help="rebuild tables from the archive, or compare them with it")
    parser.add_argument("--report", required=True)
    parser.add_argument("--table", action="append", help="only this table of the report; may be repeated")
    parser.add_argument("--account", help="only loads of this account; other rows stay")
    parser.add_argument("--since", type=day, metavar="DAY", help="only loads with days from this one on")
    parser.add_argument("--check", action="store_true", help="only compare; exit code 1 if they differ")
    parser.add_argument(
        "--from-archive", action="store_true", help="if the ledger is lost: use the archive's sidecars"
    )
    parser.add_argument(
        "--destination",
        choices=sorted(DESTINATIONS),
        default=DESTINATION,
        help=f"{DESTINATION} (default): rebuild and swap its tables; others: repeat the loads into them",
    )
    parser.add_argument("--archive", metavar="URI", help=f"the archive (default: ${_OWN})")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    spec, archive = load_spec(options.report), Archive(archive_uri(options.archive))
    if options.from_archive and not options.check and (options.account or options.since):
        raise ConfigurationError(
            "--from-archive rebuilds whole tables: it ignores the ledger, which would select the rows.",
            remedy="Leave out --account and --since, or add --check.",
        )
    if options.destination != DESTINATION:
        return _refill(options, spec, archive)
    with closing(open_ledger()) as ledger:
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
    for each in done:
        _show(each)
    return 1 if options.check and any(not each.comparison.is_equal for each in done) else 0


def _refill(options: argparse.Namespace, spec: ReportSpec, archive: Archive) -> int:
    if options.check or options.from_archive:
        raise ConfigurationError(
            f"--check and --from-archive work with {DESTINATION} only, not with {options.destination}.",
            remedy="Omit them; the recorded loads are then repeated, oldest first.",
        )
    with closing(open_ledger()) as ledger:
        bind_archive(ledger, archive)
        destination = destination_of(options.destination, ledger.database.conninfo)
        try:
            scope = Scope(options.account, options.since, options.table)
            done = refill(ledger, archive, spec, scope, destination, progress=print)
        finally:
            destination.close()
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
    print(f"{found.table}: {state}" + ("; now live" if done.is_in_place else ""))
    for key in found.examples:
        print(f"  differs: {json.dumps(key, ensure_ascii=False)}")
    for text in done.skipped:
        print(f"  skipped: {text}")


def archive_is_known() -> bool:
    """Whether the environment, or the Airflow that it points to, configures the archive."""
    return bool(os.environ.get(_OWN) or known_variable(_VARIABLE))


def archive_uri(given: str | None) -> str:
    """The archive's address: ``given``, else from the environment, else from Airflow.

    Raises ConfigurationError if none is configured.
    """
    uri = given or os.environ.get(_OWN) or known_variable(_VARIABLE)
    if not uri:
        raise ConfigurationError(
            f"the archive address is unknown: {_OWN} is not set, and Airflow has no variable {_VARIABLE}.",
            remedy="Start `make demo` in another terminal, or add --archive <URI>.",
        )
    return uri
