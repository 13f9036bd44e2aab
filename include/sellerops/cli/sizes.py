"""`sizes`: what grows, how fast, and when it is full."""

from __future__ import annotations

import argparse
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from sellerops.browsers.pool import default_home
from sellerops.cli.airflow import has_airflow, log_folder
from sellerops.cli.replay import archive_is_known, archive_uri
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.settings.upkeep_file import UPKEEP
from sellerops.upkeep.growth import Urgency, growth_of, readable
from sellerops.upkeep.sizes import Sample, measure_database, measure_folders, read_samples, record_sizes


def add(commands: Any) -> None:
    parser = commands.add_parser("sizes", help="what grows, how fast, and when it is full")
    parser.add_argument(
        "--record", action="store_true", help="store the sizes; for hosts where no maintenance task runs"
    )
    parser.add_argument("--archive", metavar="URI", help="the archive (default: $SELLEROPS_ARCHIVE)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    limits = UPKEEP.load().sizes
    folders = {"browsers": str(default_home())}
    if options.archive or archive_is_known():
        archive = archive_uri(options.archive)
        folders |= {"archive": archive, "evidence": f"{archive.rstrip('/')}/evidence"}
    if has_airflow():
        folders["logs"] = log_folder()
    limit = limits.database_limit_gb
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        before = list(read_samples(connection))
        now = measure_database(connection, int(limit * 1e9) if limit else None)
        now += measure_folders(folders)
        if options.record:
            record_sizes(connection, now)
    at = datetime.now(UTC)
    grown = growth_of([*before, *(Sample(each, at) for each in now)])
    rows = [
        (
            str(each.size.kind).replace("_", " "),
            each.size.name,
            readable(each.size.nbytes),
            "" if each.per_day is None else readable(each.per_day),
            "" if each.size.free is None else readable(each.size.free),
            "" if each.percent is None else f"{each.percent:.0f} %",
            "" if each.full_on is None else f"{each.full_on:%Y-%m-%d}",
        )
        for each in grown
    ]
    header = ("what", "name", "size", "a day", "free", "used", "full on")
    print_table(header, rows, empty="Nothing is measured.", optional=("a day", "full on"))
    return 1 if any(each.urgency(limits) is Urgency.FAILED for each in grown) else 0
