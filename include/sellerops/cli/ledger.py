"""`ledger requests|loads|slices|costs`: requests, loads, the state of each day, and costs.

Also `migrate|adopt-archive`: migrates the ledger's tables, and pairs it with an archive.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Any

import psycopg

from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError, LedgerUnavailable
from sellerops.cli.arguments import day, require_known
from sellerops.cli.replay import archive_uri
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger, open_ledger_as_owner, select
from sellerops.ledger import SliceState
from sellerops.ledger.deployment import adopt_archive, refuse_other_documents
from sellerops.ledger.loads import costs
from sellerops.settings.marketplaces import all_marketplaces


def add(commands: Any) -> None:
    parser = commands.add_parser("ledger", help="requests, loads, costs, and the state of each day")
    actions = parser.add_subparsers(required=True, metavar="action")
    for name, run, text in (
        ("requests", _requests, "the newest requests"),
        ("loads", _loads, "the newest loads and their row counts"),
        ("slices", _slices, "each marketplace and day: loaded, empty, failed, ..."),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--report")
        action.add_argument("--account")
        action.add_argument("--limit", type=int, default=30)
        action.set_defaults(run=run)
        if name == "slices":
            action.add_argument("--from", dest="first", type=day, metavar="DAY")
            action.add_argument("--to", dest="last", type=day, metavar="DAY")
            action.add_argument("--state", type=str.upper, choices=[state.value for state in SliceState])
    action = actions.add_parser(
        "costs", help="loads, rows, bytes processed and seconds, by day, report and destination"
    )
    action.add_argument("--report")
    action.add_argument("--since", type=day, metavar="DAY", help="first day (UTC)")
    action.set_defaults(run=_costs)
    migrating = actions.add_parser(
        "migrate", help="migrate the ledger's tables to this version, as their owner ($SELLEROPS_OWNER)"
    )
    migrating.add_argument(
        "--to",
        default="head",
        metavar="REVISION",
        help="target, such as 0031; going back loses what only newer revisions store (docs/upgrade.md)",
    )
    migrating.set_defaults(run=_migrate)

    adopt = actions.add_parser(
        "adopt-archive", help="pair an archive with this ledger, after it was moved or its ledger was lost"
    )
    adopt.add_argument("--archive", metavar="URI", help="the archive (default: $SELLEROPS_ARCHIVE)")
    adopt.add_argument(
        "--without-documents", action="store_true", help="even if the ledger's documents are not in it"
    )
    adopt.set_defaults(run=_adopt)


def _adopt(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        archive = Archive(archive_uri(options.archive))
        if not options.without_documents:
            refuse_other_documents(ledger, archive)
        done = adopt_archive(ledger, archive)
    print(f"{done.root} is now this ledger's archive; {done.addresses:,} document addresses updated.")
    return 0


def _migrate(options: argparse.Namespace) -> int:
    ledger = open_ledger_as_owner()
    try:
        ledger.migrate(options.to)
    except psycopg.OperationalError as error:
        raise LedgerUnavailable(f"{str(error).splitlines()[0]}.", where=ledger.database.place) from error
    finally:
        ledger.close()
    to = "this version" if options.to == "head" else f"revision {options.to}"
    print(f"The ledger has been migrated to {to}.")
    return 0


def _requests(options: argparse.Namespace) -> int:
    statement = """
        SELECT id, report, account_id, marketplace_ids, window_start, window_end, status, report_id,
               created_by, reported_at, coalesce(error, '')
        FROM sellerops.report_request
        WHERE (%(report)s::text IS NULL OR report = %(report)s)
          AND (%(account)s::text IS NULL OR account_id = %(account)s)
        ORDER BY id DESC LIMIT %(limit)s"""
    rows = select(
        statement,
        {"report": options.report, "account": options.account, "limit": _positive(options.limit)},
    )
    if not rows:
        require_known(report=options.report, account=options.account)
    codes = _codes()
    header = (
        "id",
        "report",
        "account",
        "marketplaces",
        "from",
        "until",
        "status",
        "report id",
        "by",
        "as of",
        "error",
    )
    shown = [(str(r[0]), r[1], r[2], " ".join(codes.get(m, m) for m in r[3]), *r[4:]) for r in rows]
    print_table(header, shown, empty="No request matches.", optional=("error",))
    return 0


def _loads(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        loads = ledger.loads(
            report=options.report, account_id=options.account, limit=_positive(options.limit)
        )
    if not loads:
        require_known(report=options.report, account=options.account)
    codes = _codes()
    header = (
        "load",
        "table",
        "destination",
        "account",
        "marketplace",
        "from",
        "to",
        "in file",
        "stored",
        "rejected",
        "damaged texts",
        "seconds",
        "bytes processed",
        "at",
    )
    rows = [
        (
            str(load.load_id),
            load.table,
            load.destination,
            load.account_id,
            codes.get(load.marketplace_id, "all"),
            load.first_day,
            load.last_day,
            load.rows_in_file,
            load.stored,
            load.rejected,
            load.damaged_texts,
            load.seconds,
            load.bytes_processed,
            load.started_at,
        )
        for load in loads
    ]
    print_table(
        header, rows, empty="No load matches.", optional=("rejected", "damaged texts", "bytes processed")
    )
    return 0


def _costs(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        found = ledger.database.run(lambda c: costs(c, options.report, options.since))
    if not found:
        require_known(report=options.report)
    header = ("day", "report", "destination", "loads", "stored", "bytes processed", "seconds")
    rows: list[tuple[Any, ...]] = [
        (each.day, each.report, each.destination, each.loads, each.stored, each.bytes_processed, each.seconds)
        for each in found
    ]
    for name in dict.fromkeys(each.destination for each in found):
        own = [each for each in found if each.destination == name]
        processed = [each.bytes_processed for each in own if each.bytes_processed is not None]
        rows.append(
            ("total", "", name, sum(each.loads for each in own), sum(each.stored for each in own),
             sum(processed) if processed else None, sum(each.seconds for each in own))
        )  # fmt: skip
    print_table(header, rows, empty="No load matches.", optional=("bytes processed",))
    return 0


def _slices(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        found = ledger.slice_states(
            report=options.report,
            account_id=options.account,
            first_day=options.first,
            last_day=options.last,
            states=[SliceState(options.state)] if options.state else None,
            most=_positive(options.limit) + 1,
        )
    if not found:
        require_known(report=options.report, account=options.account)
    codes = _codes()
    rows = [
        (
            row.report,
            row.account_id,
            codes.get(row.marketplace_id, "all"),
            row.day,
            row.state.value,
            row.error or "",
        )
        for row in found[-options.limit :]
    ]
    print_table(
        ("report", "account", "marketplace", "day", "state", "error"),
        rows,
        empty="No slice matches.",
        optional=("error",),
    )
    if len(found) > len(rows):
        print("(earlier days are not shown; use --limit to see more)")
    return 0


def _positive(limit: int) -> int:
    if limit < 1:
        raise ConfigurationError(f"--limit {limit} shows nothing.", remedy="Use a number of at least 1.")
    return limit


def _codes() -> dict[str, str]:
    return {each.id: each.code for each in all_marketplaces().values()}
