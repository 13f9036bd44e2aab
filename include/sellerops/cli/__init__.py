"""The command line. Each command is a module with ``add(subparsers)``; an error is told with its remedy.

Only the module of the command that is called is imported: the drivers of all of them take half a second.
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
from sellerops.cli.arguments import complete_help

# Module -> its commands and what the overview says of each, in the overview's order.
COMMANDS = {
    "specs": {"specs": "check and show the report specs"},
    "quota": {"quota": "buckets as they stand, learned cooldowns, requests saved by reuse"},
    "ledger": {"ledger": "what was asked, loaded, and how each day stands"},
    "backfill": {"backfill": "plan a backfill before Airflow runs it"},
    "quarantine": {"quarantine": "documents held back until a person decides"},
    "personal": {"personal": "personal data: tables, retention, columns that landed"},
    "replay": {"replay": "make tables again from the archive, or compare them with what it gives"},
    "settling_time": {"finality": "how many days after their day figures stand still"},
    "checks": {"checks": "figures of different reports that must agree"},
    "completeness": {
        "completeness": "how each report's days stand, by account and shop",
        "gaps": "days that should be there and are not",
    },
    "deprecations": {"deprecations": "what Amazon removes, when, and which reports use it"},
    "notifications": {
        "notifications": "end waits by Amazon's notifications instead of polling: set up, look, test"
    },
    "ads": {"ads": "Amazon Ads: profiles, refused columns"},
    "connections": {"connections": "test the Airflow connections that the configuration uses"},
    "notices": {"notices": "who is told of what, and what has not arrived"},
    "dags": {"dags": "switch DAGs on and off, a whole family at once"},
    "landing_tables": {"tables": "landing tables and their specs"},
}

_BY_ITSELF = ("Airflow tries again by itself.", "Run the command again.")


def parser_for(command: str | None) -> argparse.ArgumentParser:
    """The parser of the whole command line; of the other commands it knows the names."""
    parser = argparse.ArgumentParser(
        prog=as_typed("sellerops"),
        description="What people do outside the Airflow UI. Days are written YYYY-MM-DD.",
        epilog=commands_as_typed(
            "Details of a command: `sellerops COMMAND --help`. Exit codes: 0 done, 1 an error or a "
            "finding, 2 a wrong call."
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
        for name, told in its_commands.items():
            commands.add_parser(name, help=told)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 an error that was told, 2 a wrong call."""
    logging.getLogger("psycopg.pool").setLevel(
        logging.CRITICAL
    )  # each try to connect; the error says it once
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = parser_for(next((word for word in given if not word.startswith("-")), None)).parse_args(given)
    try:
        code: int = options.run(options)
    except SellerOpsError as error:
        print(f"error: {_told(error)}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _told(error: SellerOpsError) -> str:
    """An error as text. What Airflow would try again, here a person does."""
    place = f"{error.where}: " if error.where else ""
    if isinstance(error, LedgerUnavailable):
        remedy = (
            "Start Postgres (`make demo` for the demo) or correct its address, then run the command again."
        )
        return f"{place}{error.cause} Next: {remedy}"
    return str(error).replace("Nothing: Airflow tries", "Airflow tries").replace(*_BY_ITSELF)
