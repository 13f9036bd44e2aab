"""`quarantine list|show|release|reject`: decide about quarantined documents outside the Airflow UI."""

from __future__ import annotations

import argparse
import getpass
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from sellerops.archive import Archive
from sellerops.cli.destinations import destination_of
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.ledger.quarantines import Quarantine, QuarantineState
from sellerops.reprocess.quarantine import get_quarantine, list_quarantines, reject, release
from sellerops.settings.specs import load_spec


def add(commands: Any) -> None:
    parser = commands.add_parser("quarantine", help="documents that wait for your decision")
    actions = parser.add_subparsers(required=True, metavar="action")
    action = actions.add_parser("list", help="open documents; with --all also decided ones")
    action.add_argument("--all", action="store_true")
    action.add_argument("--limit", type=int, default=50)
    action.set_defaults(run=_list)
    for name, run, text in (
        ("show", _show, "one document with its figures"),
        ("release", _release, "load the document after all"),
        ("reject", _reject, "keep the stored rows"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", type=int)
        action.set_defaults(run=run)
        if run is not _show:
            action.add_argument("--note", default="", help="reason, stored in the ledger")
            action.add_argument("--by", help="who decides (default: the user of this shell)")


def _list(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        states = None if options.all else [QuarantineState.OPEN]
        found = list_quarantines(ledger, states, options.limit)
    header = ("id", "state", "account", "table and slice", "since", "decided by", "reason")
    rows = [
        (str(q.id), q.state.value, q.account_id, q.label, q.created_at, q.decided_by, q.reason) for q in found
    ]
    print_table(header, rows, empty="No document waits for a decision.")
    return 0


def _show(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        quarantine = get_quarantine(ledger, options.id)
    for name, value in _details(quarantine):
        print(f"{name:<11}{value}")
    print()
    header = ("day", "marketplace", "in document", "stored", "usual", "weekdays")
    rows = [
        (
            figure["day"],
            figure["shop"] or "-",
            figure["new"] if figure["new_rows"] else "no rows",
            figure["stored"],
            figure["median"],
            figure["weekdays"],
        )
        for figure in quarantine.figures
    ]
    print_table(header, rows, empty="No figures.")
    return 0


def _details(quarantine: Quarantine) -> list[tuple[str, str]]:
    details = [
        ("state", quarantine.state.value),
        ("table", quarantine.table_name),
        ("account", quarantine.account_id),
        ("slice", quarantine.slice["label"]),
        ("document", f"of {_moment(quarantine.reported_at)}, request {quarantine.request_id}"),
        ("since", _moment(quarantine.created_at)),
        ("reason", quarantine.reason),
    ]
    if quarantine.decided_at:
        details.append(("decided", f"by {quarantine.decided_by}, {_moment(quarantine.decided_at)}"))
    return [*details, ("note", quarantine.note)] if quarantine.note else details


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _release(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        quarantine = get_quarantine(ledger, options.id)
        results = release(
            ledger,
            options.id,
            decided_by=_who(options),
            note=options.note,
            spec=load_spec(quarantine.report),
            open_destination=lambda name: destination_of(name, ledger.database.conninfo),
            open_document=lambda uri: Archive(uri).open(uri),
        )
    for result in results:
        print(f"{result.table}: {result.stored} rows stored, {result.replaced} replaced.")
    return 0


def _reject(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        spec = load_spec(get_quarantine(ledger, options.id).report)
        quarantine = reject(ledger, options.id, decided_by=_who(options), note=options.note, spec=spec)
    print(f"{quarantine.label}: rejected; the stored rows are unchanged.")
    return 0


def _who(options: argparse.Namespace) -> str:
    return f"{options.by or getpass.getuser()} (command)"
