"""`backup`: back up warehouse, archive and configuration; list, verify and prune backups."""

from __future__ import annotations

import argparse
import time
from contextlib import closing
from typing import Any

from sellerops.archive import Archive
from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError
from sellerops.cli.airflow import metadata_conninfo
from sellerops.cli.arguments import at_least_one
from sellerops.cli.replay import archive_uri
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger_as_owner
from sellerops.upkeep.backups import LIST, find_backup, list_backups, prune, take_backup
from sellerops.upkeep.document_copies import CopiedDocuments, read_manifest, verify_documents
from sellerops.upkeep.storage import Folder

_SHOWN = 20


def add(commands: Any) -> None:
    parser = commands.add_parser("backup", help="back up warehouse, archive and configuration")
    parser.add_argument("target", help="a dedicated folder, or an address such as s3://bucket/prefix")
    parser.add_argument(
        "--airflow", action="store_true", help="also back up Airflow's metadata: connections, runs, users"
    )
    parser.add_argument(
        "--keep", type=at_least_one, metavar="N", help="then remove all but the newest N backups"
    )
    parser.add_argument("--archive", metavar="URI", help="the archive (default: $SELLEROPS_ARCHIVE)")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--list", action="store_true", help="only list the backups")
    action.add_argument(
        "--verify", action="store_true", help="only compare every file of a backup with its hash"
    )
    action.add_argument("--prune", action="store_true", help="only remove old backups, as --keep says")
    parser.add_argument("--backup", metavar="ID", help="the backup to --verify (default: the newest)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    _refuse_unclear(options)
    target = Folder(options.target)
    if options.list:
        return _list(target)
    if options.verify:
        return _verify(target, options.backup)
    if options.prune:
        removed = prune(target, options.keep)
        print(f"Removed {len(removed)} backups: {', '.join(removed)}." if removed else "Nothing to remove.")
        return 0
    return _take(options, target)


def _refuse_unclear(options: argparse.Namespace) -> None:
    if options.prune and not options.keep:
        raise ConfigurationError(
            "--prune needs the number of backups to keep.",
            where="the options",
            remedy="Add --keep with a number, such as --keep 14.",
        )
    if options.backup and not options.verify:
        raise ConfigurationError(
            "--backup names a backup to verify, but --verify is missing.",
            where="the options",
            remedy="Add --verify, or leave out --backup to make a new backup.",
        )


def _take(options: argparse.Namespace, target: Folder) -> int:
    began = time.monotonic()
    airflow = metadata_conninfo() if options.airflow else ""
    with closing(open_ledger_as_owner()) as ledger:
        done = take_backup(
            ledger,
            Archive(archive_uri(options.archive)),
            target,
            airflow=airflow,
            keep=options.keep,
            progress=print,
        )
    print(f"Backup {done.backup.id} is complete after {time.monotonic() - began:,.0f} s.")
    if done.documents.removed:
        print(f"Removed copies of {done.documents.removed:,} documents whose retention is over.")
    if done.pruned:
        print(f"Removed {len(done.pruned)} older backups.")
    return _tell_faulty(done.documents, options.target)


def _tell_faulty(documents: CopiedDocuments, target: str) -> int:
    """Print which files are damaged or missing in the archive, and what to do; returns the exit code."""
    for title, paths in (("damaged in", documents.damaged), ("missing from", documents.lost)):
        for path in paths[:_SHOWN]:
            print(f"{title} the archive: {path}")
        if len(paths) > _SHOWN:
            print(f"and {len(paths) - _SHOWN:,} more")
    if documents.faulty:
        print(
            commands_as_typed(
                f"Next: `sellerops restore {target} --documents` copies back those that the backup has. "
                "Clear the load tasks of the others; they are downloaded again if Amazon still serves them."
            )
        )
    return 1 if documents.faulty else 0


def _list(target: Folder) -> int:
    rows = [
        (each.id, each.version, each.revision, "airflow.dump" in each.files, each.nbytes, each.documents,
         each.document_bytes)
        for each in list_backups(target)
    ]  # fmt: skip
    shown = [(*row[:3], "yes" if row[3] else "no", *row[4:]) for row in rows]
    header = ("backup", "version", "ledger", "with Airflow", "bytes", "documents", "their bytes")
    print_table(header, shown, empty="There is no finished backup.")
    return 0


def _verify(target: Folder, wanted: str | None) -> int:
    backup = find_backup(target, wanted)
    bad = [
        name
        for name, known in backup.files.items()
        if not target.has(backup.path(name)) or target.hash_of(backup.path(name)) != known["sha256"]
    ]
    if LIST not in bad:
        bad += verify_documents(target, read_manifest(target, backup.path(LIST)), progress=print)
    for path in bad:
        print(f"missing or damaged: {path}")
    print(f"Backup {backup.id}: {backup.documents:,} documents, {len(bad)} files missing or damaged.")
    return 1 if bad else 0
