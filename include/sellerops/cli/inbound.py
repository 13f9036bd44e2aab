"""`inbound list|show|files|boxes`: FBA inbound runs, their history, labels and boxes."""

from __future__ import annotations

import argparse
import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sellerops.archive import Archive
from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.cli.arguments import require_known
from sellerops.cli.inbound_boxes import add_boxes
from sellerops.cli.replay import archive_uri
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.read_models.inbound import Row, RunEntry, list_runs, read_run
from sellerops.read_models.inbound_document import document_file_name


def add(commands: Any) -> None:
    parser = commands.add_parser("inbound", help="FBA inbound runs: state, shipments, labels")
    actions = parser.add_subparsers(required=True, metavar="action")
    action = actions.add_parser("list", help="list open runs; with --all, also those that have ended")
    action.add_argument("--all", action="store_true", help="include closed, rejected and cancelled runs")
    action.add_argument("--account")
    action.add_argument("--limit", type=int, default=50)
    action.set_defaults(run=_list)
    action = actions.add_parser(
        "show", help="show one run: steps with Amazon's operations and problems, shipments, units, decisions"
    )
    action.add_argument("inbound_run", type=int, metavar="RUN", help="number from `sellerops inbound list`")
    action.set_defaults(run=_show)
    action = actions.add_parser("files", help="copy a run's labels and bills of lading out of the archive")
    action.add_argument("inbound_run", type=int, metavar="RUN", help="number from `sellerops inbound list`")
    action.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="default: this folder")
    action.add_argument("--archive", metavar="URI", help="the archive (default: $SELLEROPS_ARCHIVE)")
    action.set_defaults(run=_files)
    add_boxes(actions)


def _list(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        found = list_runs(connection, is_all=options.all, account_id=options.account, limit=options.limit)
    if not found:
        require_known(account=options.account)
    header = ("run", "name", "account", "state", "shipments", "planned", "shipped", "received", "difference",
              "changed", "problem")  # fmt: skip
    rows = [
        (
            str(row["id"]),
            row["name"],
            f"{row['account_id']} {row['marketplace']}",
            row["state"],
            row["shipments"],
            row["planned"],
            row["shipped"],
            row["received"],
            row["difference"],
            row["updated_at"],
            row["problem"],
        )
        for row in found
    ]
    empty = "No inbound run." if options.all else "No open inbound run. Trigger the DAG fba_inbound to ship."
    print_table(header, rows, empty=empty, optional=("difference", "problem"))
    return 0


def _show(options: argparse.Namespace) -> int:
    entry = _entry(options.inbound_run)
    for name, value in _about(entry.run):
        print(f"{name:<11}{value}")
    _print_shipments(entry)
    _print_history(entry)
    return 0


def _print_shipments(entry: RunEntry) -> None:
    if not entry.shipments:
        _heading("Items")
        print_table(("SKU", "units"), [(row["sku"], row["quantity"]) for row in entry.items], empty="None.")
        return
    _heading("Shipments")
    print_table(
        ("shipment", "status", "warehouse", "carrier", "boxes", "fees", "free to cancel until"),
        [
            (
                row["confirmation_id"] or row["shipment_id"],
                row["status"],
                row["warehouse_id"],
                row["carrier"],
                row["boxes"],
                _fees(row),
                row["voidable_until"],
            )
            for row in entry.shipments
        ],
        empty="None.",
    )
    _heading("Units")
    print_table(
        ("shipment", "SKU", "FNSKU", "planned", "shipped", "received", "difference", "reported"),
        [
            (
                row["confirmation_id"] or row["shipment_id"],
                *(row[name] for name in ("sku", "fnsku", "planned", "shipped", "received", "difference")),
                row["difference_reported_at"],
            )
            for row in entry.units
        ],
        empty="None.",
        optional=("reported",),
    )


def _print_history(entry: RunEntry) -> None:
    _heading("Steps")
    print_table(
        ("step", "of", "state", "operation", "id", "started", "ended", "Amazon's problems"),
        [
            (
                row["step"],
                row["subject"],
                row["state"] if row["generation"] == 1 else f"{row['state']} ({row['generation']}.)",
                row["operation"],
                row["operation_id"],
                row["started_at"],
                row["ended_at"],
                _problems(row),
            )
            for row in entry.steps
        ],
        empty="None.",
        optional=("of", "operation", "id", "Amazon's problems"),
    )
    _heading("Decisions")
    print_table(
        ("at", "about", "choice", "by", "note"),
        [
            (row["decided_at"], row["asked_about"], row["choice"], row["decided_by"], row["note"])
            for row in entry.decisions
        ],
        empty="None.",
        optional=("note",),
    )
    _heading("Documents")
    print_table(
        ("file", "bytes", "fetched"),
        [(_file_name(entry.run, row), row["bytes"], row["fetched_at"]) for row in entry.documents],
        empty="None.",
    )
    if entry.documents:
        print(commands_as_typed(f"`sellerops inbound files {entry.run['id']}` copies them."))


def _files(options: argparse.Namespace) -> int:
    entry = _entry(options.inbound_run)
    if not entry.documents:
        print("The run has no labels or bills of lading.")
        return 0
    archive = Archive(archive_uri(options.archive))
    try:
        options.to.mkdir(parents=True, exist_ok=True)
        for row in entry.documents:
            path = options.to / _file_name(entry.run, row)
            with archive.open(row["archive_uri"]) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
            print(path)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written: {error.strerror}.", where=str(options.to), remedy="Choose another --to."
        ) from error
    return 0


def _entry(inbound_run: int) -> RunEntry:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        entry = read_run(connection, inbound_run)
    if entry is None:
        raise GiveUpError(
            "unknown inbound run.",
            where=f"inbound run {inbound_run}",
            remedy="`sellerops inbound list --all` shows all runs.",
        )
    return entry


def _about(run: Row) -> list[tuple[str, str]]:
    details = [
        ("run", f"{run['id']}, {run['name']}"),
        ("account", f"{run['account_id']} {run['marketplace']}"),
        ("state", run["state"]),
        ("Airflow", f"{run['dag_id']}, {run['run_id']}"),
        ("requested", f"{_moment(run['created_at'])}{_by(run)}"),
    ]
    if run["ready_at"]:
        details.append(("ready", _moment(run["ready_at"])))
    if run["problem"]:
        details.append(("problem", run["problem"]))
    return [*details, ("next", commands_as_typed(run["remedy"]))] if run["remedy"] else details


def _by(run: Row) -> str:
    return f" by {run['requested_by']}" if run["requested_by"] else ""


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _fees(row: Row) -> str:
    parts = [
        f"{name} {row[column]:,.2f}"
        for name, column in (("placement", "placement_fee"), ("transport", "transportation_fee"))
        if row[column] is not None
    ]
    return f"{', '.join(parts)} {row['currency'] or ''}".strip() or "-"


def _problems(row: Row) -> str | None:
    shown = [
        f"{each.get('severity', '')} {each.get('code', '')}: {each.get('message', '')}".strip()
        for each in row["problems"]
    ]
    return "; ".join([*shown, *([f"{row['error_type']}: {row['error']}"] if row["error"] else [])]) or None


def _file_name(run: Row, row: Row) -> str:
    shipment = row["confirmation_id"] or row["shipment_id"]
    return document_file_name(shipment, run["name"], row["kind"], row["part"], row["media_type"])


def _heading(text: str) -> None:
    print(f"\n{text}")
