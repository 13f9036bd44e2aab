"""`personal list|purge|landed`: where personal data is, how long it is kept, and deleting it."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Any

from sellerops.archive import Archive
from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError
from sellerops.cli.arguments import chosen_specs
from sellerops.cli.destinations import destination_of
from sellerops.cli.replay import archive_is_known, archive_uri
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.destinations.undeclared_personal import FindsUndeclaredPersonal
from sellerops.ledger.deployment import bind_archive
from sellerops.reprocess.document_retention import delete_documents
from sellerops.reprocess.personal import list_personal, purge_personal
from sellerops.settings.known_destinations import DESTINATIONS
from sellerops.settings.specs import load_specs


def add(commands: Any) -> None:
    parser = commands.add_parser("personal", help="personal data: tables, retention, undeclared columns")
    actions = parser.add_subparsers(required=True, metavar="action")
    actions.add_parser("list", help="tables with personal data and their retention").set_defaults(run=_list)
    purge = actions.add_parser("purge", help="delete rows and archived documents past their retention now")
    purge.add_argument("--archive", metavar="URI", help="the archive (default: $SELLEROPS_ARCHIVE)")
    purge.set_defaults(run=_purge)
    landed = actions.add_parser(
        "landed", help="show unknown columns of main tables that look like personal data"
    )
    landed.add_argument("--report", help="only tables of this report")
    landed.add_argument("--destination", choices=sorted(DESTINATIONS), default="postgres")
    landed.add_argument("--remove", action="store_true", help="drop these columns and their history")
    landed.set_defaults(run=_landed)


def _list(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        rows = [
            (each.table, each.report, f"{each.retention.days} d", ", ".join(each.columns), each.purged_at,
             each.purged_rows)
            for each in list_personal(ledger)
        ]  # fmt: skip
    header = ("table", "report", "kept", "columns", "last purge", "rows purged")
    print_table(header, rows, empty="No table contains personal data.")
    return 0


def _purge(options: argparse.Namespace) -> int:
    specs = load_specs()[0]
    with closing(open_ledger()) as ledger:
        done = purge_personal(ledger, specs)
        for each in done:
            print(f"{each.table}: {each.rows} rows deleted.")
        if not done:
            print("No table contains personal data.")
        if not (options.archive or archive_is_known()):
            print("Archived documents were not checked: use --archive or set SELLEROPS_ARCHIVE.")
            return 0
        archive = Archive(archive_uri(options.archive))
        bind_archive(ledger, archive)
        for deleted in delete_documents(ledger, archive, specs):
            print(f"{deleted.report}: {deleted.documents} archived documents deleted.")
    return 0


def _landed(options: argparse.Namespace) -> int:
    specs = chosen_specs(options.report)
    with closing(open_ledger()) as ledger:
        conninfo = ledger.database.conninfo
    destination = destination_of(options.destination, conninfo)
    if not isinstance(destination, FindsUndeclaredPersonal):
        raise ConfigurationError(
            f"the destination {options.destination} cannot list its columns.",
            remedy="Name another with --destination.",
        )
    try:
        found = destination.undeclared_personal(specs, remove=options.remove)
    finally:
        destination.close()
    print_table(
        ("table", "column", "rows with a value"),
        [(each.table, each.column, each.rows) for each in found],
        empty="No unknown column of a main table looks like personal data.",
    )
    if options.remove:
        print(f"{len(found)} columns removed.")
    elif found:
        report = f" --report {options.report}" if options.report else ""
        print(
            "Nothing was changed. Declare the columns to keep in their spec; drop the others with "
            + commands_as_typed(
                f"`sellerops personal landed{report} --destination {options.destination} --remove`."
            )
        )
    return 0
