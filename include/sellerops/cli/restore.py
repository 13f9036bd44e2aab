"""`restore` and `recover`: restore a backup, and load newer documents from the archive."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sellerops.archive import Archive
from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError
from sellerops.cli.airflow import metadata_conninfo
from sellerops.cli.arguments import chosen_specs, day
from sellerops.cli.destinations import destination_of
from sellerops.cli.replay import archive_uri
from sellerops.cli.warehouse import open_ledger, owner_conninfo
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import bind_archive
from sellerops.settings.specs import ReportSpec, load_specs
from sellerops.upkeep.backups import Backup, find_backup
from sellerops.upkeep.document_copies import RestoredDocuments
from sellerops.upkeep.recovering import Recovered, recover
from sellerops.upkeep.restoring import (
    Wanted,
    bind_restored,
    recover_since,
    refuse_early,
    restore_airflow,
    restore_archive,
    restore_configuration,
    restore_warehouse,
)
from sellerops.upkeep.storage import Folder

_SHOWN = 20


def add(commands: Any) -> None:
    parser = commands.add_parser("restore", help="restore a backup, then load newer documents of the archive")
    parser.add_argument("source", help="the target of `backup`")
    parser.add_argument("--backup", metavar="ID", help="the backup to restore (default: the newest)")
    parser.add_argument("--archive", metavar="URI", help="the archive (default: $SELLEROPS_ARCHIVE)")
    parser.add_argument("--airflow", action="store_true", help="also restore Airflow's metadata")
    parser.add_argument(
        "--replace", action="store_true", help="replace what is in the databases; they must not be in use"
    )
    parser.add_argument(
        "--adopt-archive", action="store_true", help="take over the archive of another deployment"
    )
    parser.add_argument(
        "--documents", action="store_true", help="restore only documents that the archive lacks, no databases"
    )
    parser.add_argument(
        "--configuration", type=Path, metavar="FOLDER", help="also unpack the configuration into a new folder"
    )
    parser.set_defaults(run=_restore)
    again = commands.add_parser(
        "recover", help="load archived documents that the ledger does not know; Amazon is not called"
    )
    again.add_argument("--report", help="only documents of this report")
    again.add_argument(
        "--since", type=day, metavar="DAY", help="only documents fetched from this day on (UTC)"
    )
    again.add_argument("--archive", metavar="URI", help="the archive (default: $SELLEROPS_ARCHIVE)")
    again.set_defaults(run=_recover)


def _restore(options: argparse.Namespace) -> int:
    source, archive = Folder(options.source), Archive(archive_uri(options.archive))
    backup = find_backup(source, options.backup)
    if options.documents:
        _refuse_beside_documents(options)
        return 1 if _restore_documents(source, backup, archive, options.adopt_archive).missing else 0
    specs = load_specs()[0]
    wanted = Wanted(
        archive,
        owner_conninfo(),
        metadata_conninfo() if options.airflow else "",
        options.configuration,
        replace=options.replace,
        adopt=options.adopt_archive,
    )
    refuse_early(source, backup, wanted)
    restore_warehouse(source, backup, wanted.warehouse, replace=options.replace)
    print(f"Restored the warehouse to {backup.ledger_time} (backup {backup.id}).")
    if options.airflow:
        restore_airflow(source, backup, wanted.airflow, replace=options.replace)
        print(commands_as_typed("Restored Airflow's metadata. Next: `airflow db migrate`."))
    documents = _restore_documents(source, backup, archive, options.adopt_archive)
    if options.configuration:
        number = restore_configuration(source, backup, options.configuration)
        print(f"Unpacked {number} files of the configuration into {options.configuration}.")
    with closing(open_ledger()) as ledger:
        moved = bind_restored(ledger, archive)
        if moved:
            print(f"The archive is at a new address; {moved:,} addresses updated.")
        done = _load(ledger, archive, specs, recover_since(backup))
    _advise(backup)
    return 1 if documents.missing or done.failed or done.damaged else 0


def _refuse_beside_documents(options: argparse.Namespace) -> None:
    if options.airflow or options.replace or options.configuration:
        raise ConfigurationError(
            "--documents restores only documents.",
            where="the options",
            remedy="Leave out --airflow, --replace and --configuration, or leave out --documents.",
        )


def _restore_documents(source: Folder, backup: Backup, archive: Archive, adopt: bool) -> RestoredDocuments:
    documents = restore_archive(source, backup, archive, adopt=adopt)
    print(f"Archive: {documents.copied:,} files copied back, {documents.intact:,} were intact.")
    for path in documents.missing[:_SHOWN]:
        print(f"  lost: {path}")
    if documents.missing:
        print(f"{len(documents.missing):,} files are in neither the archive nor the backup.")
    return documents


def _recover(options: argparse.Namespace) -> int:
    archive = Archive(archive_uri(options.archive))
    with closing(open_ledger()) as ledger:
        bind_archive(ledger, archive)
        since = options.since and datetime.fromisoformat(f"{options.since}T00:00:00+00:00")
        done = _load(ledger, archive, chosen_specs(options.report), since)
    return 1 if done.failed or done.damaged else 0


def _load(ledger: Ledger, archive: Archive, specs: list[ReportSpec], since: datetime | None) -> Recovered:
    open_destination: Callable[[str], Any] = lambda name: destination_of(name, ledger.database.conninfo)  # noqa: E731
    done = recover(ledger, archive, specs, open_destination, since=since, progress=print)
    print(
        f"Archived documents: {done.documents:,} checked, {done.requests:,} were unknown to the ledger, "
        f"{done.loads:,} loaded."
    )
    for title, lines in (
        ("quarantined", done.quarantined),
        ("failed", done.failed),
        ("damaged", done.damaged),
    ):
        for line in lines[:_SHOWN]:
            print(f"  {title}: {line}")
        if len(lines) > _SHOWN:
            print(f"  and {len(lines) - _SHOWN} more")
    return done


def _advise(backup: Backup) -> None:
    print(
        commands_as_typed(
            "Next: start Airflow; `sellerops completeness` shows the days that are missing, and "
            "`sellerops gaps --fill` collects them. Then `sellerops marts run`. The ledger does not know FBA "
            f"shipments that were requested after {backup.ledger_time}: check Seller Central before you "
            "request them again."
        )
    )
