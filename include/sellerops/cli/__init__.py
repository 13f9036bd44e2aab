"""The command line. Each command is a module with ``add(subparsers)``; an error is told with its remedy."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sellerops.cli import (
    ads,
    backfill,
    checks,
    completeness,
    deprecations,
    finality,
    landing_tables,
    ledger,
    notices,
    notifications,
    personal,
    quarantine,
    quota,
    replay,
    specs,
)
from sellerops.errors import SellerOpsError

_COMMANDS = (
    specs, quota, ledger, backfill, quarantine, personal, replay, finality, checks, completeness,
    deprecations, notifications, ads, notices, landing_tables,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 an error that was told, 2 a wrong call."""
    parser = argparse.ArgumentParser(
        prog="python -m sellerops", description="What people do outside the Airflow UI."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for module in _COMMANDS:
        module.add(commands)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
    except SellerOpsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    return code
