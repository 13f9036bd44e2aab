"""The command line. Each command is a module with ``add(subparsers)``; errors are printed with their remedy.

Only the called command's module is imported, because importing the drivers of all takes half a second.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import import_module

from sellerops import __version__
from sellerops.base.commands import as_typed, commands_as_typed
from sellerops.base.errors import LedgerUnavailable, SellerOpsError
from sellerops.cli.airflow import storage_settings
from sellerops.cli.arguments import complete_help
from sellerops.storage import use_s3_settings

# Each module's commands with their help, in the order of the overview.
COMMANDS = {
    "doctor": {"doctor": "what is wrong with this installation, and how to fix it"},
    "specs": {"specs": "check and show the report specs"},
    "quota": {"quota": "current bucket levels, learned cooldowns, requests saved by reuse"},
    "ledger": {"ledger": "requests, loads, costs, and the state of each day"},
    "backfill": {"backfill": "plan a backfill before Airflow runs it"},
    "quarantine": {"quarantine": "documents that wait for your decision"},
    "inbound": {"inbound": "FBA inbound runs: state, shipments, labels"},
    "personal": {"personal": "personal data: tables, retention, undeclared columns"},
    "replay": {"replay": "rebuild tables from the archive, or compare them with it"},
    "backup": {"backup": "back up warehouse, archive and configuration"},
    "clean_airflow": {"clean-airflow": "delete old rows of Airflow's metadata, except what is in progress"},
    "sizes": {"sizes": "what grows, how fast, and when it is full"},
    "restore": {
        "restore": "restore a backup, then load newer documents of the archive",
        "recover": "load archived documents that the ledger does not know; Amazon is not called",
    },
    "settling_time": {"settling-time": "after how many days figures no longer change"},
    "marts": {"marts": "tables that answer questions: profit, stock, ads, demand"},
    "checks": {"checks": "figures of different reports that must agree"},
    "completeness": {
        "completeness": "the state of each report's days, by account and marketplace",
        "gaps": "days that are missing or failed",
    },
    "deprecations": {"deprecations": "what Amazon removes, when, and which reports use it"},
    "notifications": {
        "notifications": "Amazon's notifications (SQS), which replace polling: set up, status, test"
    },
    "ads": {"ads": "Amazon Ads: profiles, refused columns"},
    "browsers": {"browsers": "logins' browsers: start, stop, show and open them"},
    "connections": {"connections": "test the Airflow connections that the configuration uses"},
    "notices": {"notices": "who gets which notice, pending messages, open faults"},
    "dags": {"dags": "switch DAGs on and off, one by one or by family"},
    "reference": {"reference": "costs, suppliers, products, exchange rates, rules"},
    "settlements": {"settlements": "lines without a P&L line; check a settlement file"},
    "restock": {"restock": "what to order, by when, and your own quantities"},
    "alerts": {"alerts": "business alerts: open ones, snooze, acknowledge"},
    "products": {"products": "SKUs, what they belong to, and unmapped ones"},
    "landing_tables": {"tables": "landing tables and their specs"},
}

# Former names of commands, which work for one more version.
RENAMED = {"finality": "settling-time"}
_RETRY = ("Airflow retries automatically.", "Run the command again.")


def parser_for(command: str | None) -> argparse.ArgumentParser:
    """The parser of the whole command line; only ``command`` is complete, others have just name and help."""
    parser = argparse.ArgumentParser(
        prog=as_typed("sellerops"),
        description="Commands for use outside the Airflow UI. Dates are YYYY-MM-DD.",
        epilog=commands_as_typed(
            "For details of a command: `sellerops COMMAND --help`. Exit codes: 0 success, 1 an error or a "
            "finding, 2 invalid arguments."
        ),
    )
    parser.add_argument(
        "--version", action="version", version=f"sellerops {__version__}", help="show the version and exit"
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for module, its_commands in COMMANDS.items():
        if command in its_commands:
            import_module(f"sellerops.cli.{module}").add(commands)
            complete_help(parser)
            continue
        for name, text in its_commands.items():
            commands.add_parser(name, help=text)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 success, 1 an error (printed) or a finding, 130 interrupt.

    Invalid arguments end the process with exit code 2.
    """
    # The pool logs each attempt to connect; the final error is enough.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    given = sys.argv[1:] if arguments is None else list(arguments)
    command = next((word for word in given if not word.startswith("-")), None)
    if command and command in RENAMED:
        new = RENAMED[command]
        print(f"warning: `{command}` is now `{new}`; the old name will be removed.", file=sys.stderr)
        given[given.index(command)] = new
        command = new
    options = parser_for(command).parse_args(given)
    use_s3_settings(storage_settings)
    try:
        code: int = options.run(options)
    except SellerOpsError as error:
        print(f"error: {_describe(error)}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _describe(error: SellerOpsError) -> str:
    """An error as text. Where a task's remedy is Airflow's retry, it tells you to run the command again."""
    place = f"{error.where}: " if error.where else ""
    if isinstance(error, LedgerUnavailable):
        remedy = (
            "Start Postgres (`make demo` for the demo) or correct its address, then run the command again."
        )
        return f"{place}{error.cause} Next: {remedy}"
    return str(error).replace("Nothing: Airflow retries", "Airflow retries").replace(*_RETRY)
