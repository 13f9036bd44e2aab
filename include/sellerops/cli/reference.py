"""`reference tables|template|export|import|rates|check|edits`: reference data from people and files."""

from __future__ import annotations

import argparse
import getpass
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.cli.arguments import require
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.reference.config_files import CONFIG, config_rows
from sellerops.reference.config_tables import synchronise
from sellerops.reference.edits import stored_rows, tuples
from sellerops.reference.filling import old_rates, refresh_rates
from sellerops.reference.importing import export_csv, given_table, import_csv
from sellerops.reference.tables import TABLES
from sellerops.settings.accounts import load_accounts


def add(commands: Any) -> None:
    parser = commands.add_parser("reference", help="costs, suppliers, products, exchange rates, rules")
    actions = parser.add_subparsers(required=True, metavar="action")
    actions.add_parser("tables", help="all reference tables and who writes them").set_defaults(run=_tables)
    action = actions.add_parser("template", help="print an empty CSV file with the columns of a table")
    action.add_argument("table", help="name of a table (`sellerops reference tables`)")
    action.add_argument("--output", type=Path, help="write to this file")
    action.set_defaults(run=_template)
    action = actions.add_parser("export", help="print the rows of a table as CSV")
    action.add_argument("table", help="name of a table (`sellerops reference tables`)")
    action.add_argument("--account", help="only this account")
    action.add_argument("--output", type=Path, help="write to this file")
    action.set_defaults(run=_export)
    action = actions.add_parser("import", help="import a CSV file: all of it, or nothing")
    action.add_argument("table", help="name of a table (`sellerops reference tables`)")
    action.add_argument("file", type=Path, help="CSV file; - for standard input")
    action.add_argument("--account", help="the account of rows without one")
    action.add_argument("--check", action="store_true", help="only show what would change")
    action.add_argument("--replace", action="store_true", help="delete stored rows that the file lacks")
    action.add_argument(
        "--allow-unknown", action="store_true", help="accept SKUs that no report contains yet"
    )
    action.set_defaults(run=_import)
    action = actions.add_parser("rates", help="outdated exchange rates; --refresh reads the bank's first")
    action.add_argument("--refresh", action="store_true", help="read the European Central Bank's rates")
    action.set_defaults(run=_rates)
    actions.add_parser("check", help="check configuration files that fill tables").set_defaults(run=_check)
    action = actions.add_parser("edits", help="the last changes of reference tables")
    action.add_argument("--limit", type=int, default=30)
    action.set_defaults(run=_edits)


def _tables(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        counts = {name: len(stored_rows(connection, table)) for name, table in TABLES.items()}
    origins = {name: f"config/{each.file}" for name, each in CONFIG.items()}
    rows = [
        (name, origins.get(name, table.origin.value), counts[name], table.description)
        for name, table in TABLES.items()
    ]
    print_table(("table", "written by", "rows", "description"), rows, empty="No tables.")
    return 0


def _template(options: argparse.Namespace) -> int:
    table = given_table(options.table)
    _write(export_csv(table, []), options.output, f"Fill in {options.output}.")
    for name, column in table.columns.items():
        needed = " (required)" if column.required else ""
        print(f"{name}{needed}: {column.description}", file=sys.stderr)
    return 0


def _export(options: argparse.Namespace) -> int:
    if options.table not in TABLES:
        given_table(options.table)
    table = TABLES[options.table]
    require("account", options.account, list(load_accounts()))
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        rows = stored_rows(connection, table)
    if options.account:
        rows = [row for row in rows if row.get("account_id") == options.account]
    text = export_csv(table, rows)
    _write(text, options.output, f"{len(rows)} rows in {options.output}")
    return 0


def _write(text: str, output: Path | None, done: str) -> None:
    if output is None:
        print(text, end="")
        return
    # Without a byte order mark, Excel reads a file in the system's legacy encoding.
    output.write_text(text, encoding="utf-8-sig")
    print(done)


def _import(options: argparse.Namespace) -> int:
    table = given_table(options.table)
    require("account", options.account, list(load_accounts()))
    content = _content(options.file)
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        done = import_csv(
            connection,
            table,
            content,
            source=options.file.name if str(options.file) != "-" else "standard input",
            edited_by=getpass.getuser(),
            account=options.account,
            replace=options.replace,
            allow_unknown=options.allow_unknown,
            check=options.check,
        )
    print(f"{done.rows} rows read: {done.edit}{'' if not options.check else ' (checked only)'}.")
    if done.ended:
        print(f"{done.ended} stored rows {'would end' if options.check else 'end'} where new ones begin.")
    return 0


def _content(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}.", where=str(path), remedy="Name a readable file."
        ) from error


def _rates(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        if options.refresh:
            print(f"{_refresh(ledger)} new rates")
        with ledger.connection() as connection:
            failures = synchronise(connection, {"fx_rate"})
            old = old_rates(connection)
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    print_table(
        ("from", "to", "days old"),
        [(row["from_currency"], row["to_currency"], row["age_days"]) for row in old],
        empty="All rates are recent.",
    )
    return 1 if old or failures else 0


def _refresh(ledger: Any) -> int:
    import httpx

    try:
        with ledger.connection() as connection:
            return refresh_rates(connection)
    except httpx.HTTPError as error:
        raise RetryableError(
            f"the European Central Bank cannot be reached: {type(error).__name__}.",
            remedy="Run it again later, or import rates: `sellerops reference import fx_given FILE`.",
        ) from error


def _check(options: argparse.Namespace) -> int:
    is_wrong = False
    for name in CONFIG:
        try:
            print(f"{CONFIG[name].file}: {len(config_rows(name))} rows")
        except ConfigurationError as error:
            is_wrong = True
            print(f"error: {error}", file=sys.stderr)
    return 1 if is_wrong else 0


def _edits(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        rows = tuples(
            connection,
            "SELECT edited_at, table_name, account_id, first_day, last_day, added, changed, removed, source, "
            "edited_by FROM sellerops.reference_edit ORDER BY id DESC LIMIT %s",
            (options.limit,),
        )
    header = ("at", "table", "account", "from", "to", "added", "changed", "removed", "source", "by")
    print_table(header, rows, empty="No edits.")
    return 0
