"""Restores a backup: databases, documents, configuration. ``recovering`` then loads newer documents."""

from __future__ import annotations

import io
import logging
import tarfile
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sellerops.archive import Archive
from sellerops.base import postgres
from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.base.postgres import UPKEEP
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import adopt_archive, restored_statements
from sellerops.ledger.grants import grant_database
from sellerops.upkeep.backups import AIRFLOW, CONFIGURATION, LIST, WAREHOUSE, Backup
from sellerops.upkeep.database_copies import (
    find_programs_for,
    holds_tables,
    other_sessions,
    place,
    restore_database,
)
from sellerops.upkeep.document_copies import RestoredDocuments, read_manifest, restore_documents
from sellerops.upkeep.storage import Folder

log = logging.getLogger(__name__)

# Ids assigned since the backup (in Airflow's XComs, in the archive's sidecars, in names at Amazon) must never
# be assigned again, so a restored ledger continues far beyond them.
_IDS_SKIPPED = 1_000_000
_SKIP_IDS = f"""
DO $$
DECLARE each record;
BEGIN
    FOR each IN SELECT sequencename, coalesce(last_value, 0) AS at FROM pg_sequences
                WHERE schemaname = 'sellerops' LOOP
        PERFORM setval(format('sellerops.%I', each.sequencename), each.at + {_IDS_SKIPPED});
    END LOOP;
END $$"""
# The dump may lack the rows of documents that were archived around the moment of the backup.
_SLACK = timedelta(days=1)
_ENDING_SECONDS, _LOOK_SECONDS = 1.0, 0.2


@dataclass(frozen=True)
class Wanted:
    """What to restore, and where.

    ``warehouse``, ``airflow``: libpq addresses; without ``airflow``, Airflow's metadata is not restored.
    ``configuration``: the folder into which the configuration is unpacked. ``replace``: the databases may
    have tables. ``adopt``: the archive may belong to another deployment.
    """

    archive: Archive
    warehouse: str
    airflow: str = ""
    configuration: Path | None = None
    replace: bool = False
    adopt: bool = False


def refuse_early(source: Folder, backup: Backup, wanted: Wanted) -> None:
    """Raise the errors that any part of the restore would raise, before the first part changes anything."""
    refuse_foreign(backup, wanted.archive, adopt=wanted.adopt)
    _refuse_damaged(source, backup, LIST)
    refuse_overwriting(wanted.warehouse, replace=wanted.replace)
    find_programs_for(wanted.warehouse, backup.made_with)
    if wanted.airflow:
        _refuse_without_airflow(source, backup)
        _refuse_damaged(source, backup, AIRFLOW)
        refuse_overwriting(wanted.airflow, replace=wanted.replace)
        find_programs_for(wanted.airflow, backup.made_with)
    if wanted.configuration:
        _refuse_damaged(source, backup, CONFIGURATION)
        _refuse_full(wanted.configuration)


def restore_warehouse(source: Folder, backup: Backup, conninfo: str, *, replace: bool) -> None:
    """Restore the warehouse into the database at ``conninfo``, and migrate the ledger to this version.

    The user of ``conninfo`` must own everything in the database. The ledger records in the same transaction
    that it was restored. Raises ConfigurationError before anything is changed if the database is in use, or
    if it has tables and ``replace`` is not set. A failed restore changes nothing and can be repeated.
    """
    refuse_overwriting(conninfo, replace=replace)
    with postgres.connect_privileged(conninfo, UPKEEP) as connection:
        # Only a role that may create schemas can become the owner of the dump's schemas.
        grant_database(connection)
    point = datetime.fromisoformat(backup.ledger_time)
    _restore(source, backup, WAREHOUSE, conninfo, finish=(_SKIP_IDS, *restored_statements(point)))
    with closing(Ledger(conninfo)) as ledger:
        ledger.migrate()


def restore_airflow(source: Folder, backup: Backup, conninfo: str, *, replace: bool) -> None:
    """Restore Airflow's metadata, as ``restore_warehouse`` does; run `airflow db migrate` yourself."""
    _refuse_without_airflow(source, backup)
    refuse_overwriting(conninfo, replace=replace)
    _restore(source, backup, AIRFLOW, conninfo)


def restore_archive(source: Folder, backup: Backup, archive: Archive, *, adopt: bool) -> RestoredDocuments:
    """Copy back the documents that the archive lacks; newer ones stay.

    Raises ConfigurationError for the archive of another deployment, unless ``adopt``.
    """
    refuse_foreign(backup, archive, adopt=adopt)
    return restore_documents(source, Folder(archive.root), read_manifest(source, backup.path(LIST)))


def bind_restored(ledger: Ledger, archive: Archive) -> int:
    """Pair the restored ledger with the archive, wherever it is now; returns how many addresses changed."""
    return adopt_archive(ledger, archive).addresses


def restore_configuration(source: Folder, backup: Backup, folder: Path) -> int:
    """Unpack the configuration into a new or empty folder; returns the number of files.

    Raises ConfigurationError if the folder is not empty.
    """
    _refuse_full(folder)
    content = io.BytesIO(source.read(backup.path(CONFIGURATION)))
    with tarfile.open(fileobj=content, mode="r:gz") as packed:
        packed.extractall(folder, filter="data")
        return len(packed.getnames())


def recover_since(backup: Backup) -> datetime:
    """The moment since which the restored ledger may not know documents, by the ledger's clock."""
    return datetime.fromisoformat(backup.ledger_time) - _SLACK


def refuse_overwriting(conninfo: str, *, replace: bool) -> None:
    """Raise ConfigurationError if the database is in use, or not empty and ``replace`` is not set."""
    others = _staying_sessions(conninfo)
    if others:
        raise ConfigurationError(
            f"{len(others)} sessions are connected to it: {'; '.join(others[:5])}.",
            where=place(conninfo),
            remedy="Stop Airflow's components and whatever else uses the database, then run it again.",
        )
    if not replace and holds_tables(conninfo):
        raise ConfigurationError(
            "the database is not empty.",
            where=place(conninfo),
            remedy="Restore into an empty database, or add --replace, which replaces all that it holds.",
        )


def _staying_sessions(conninfo: str) -> list[str]:
    """The sessions that stay connected for longer than the server takes to end one, such as our last one."""
    deadline = time.monotonic() + _ENDING_SECONDS
    while (others := other_sessions(conninfo)) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return others


def refuse_foreign(backup: Backup, archive: Archive, *, adopt: bool) -> None:
    """Raise ConfigurationError for the archive of another deployment, unless ``adopt``."""
    owner = archive.owner()
    if owner not in (None, backup.deployment) and not adopt:
        raise ConfigurationError(
            f"it belongs to another deployment ({owner}; the backup is of {backup.deployment}).",
            where=f"archive {archive.root}",
            remedy="Give the backup's own archive, or another folder, with --archive. If that deployment no "
            "longer exists, add --adopt-archive, which takes the archive over and adds the documents.",
        )


def _refuse_without_airflow(source: Folder, backup: Backup) -> None:
    if AIRFLOW not in backup.files:
        raise ConfigurationError(
            f"backup {backup.id} does not have Airflow's metadata.",
            where=source.root,
            remedy="Leave out --airflow. Airflow starts with an empty database: add its connections again.",
        )


def _refuse_full(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(
            "the folder is not empty.", where=str(folder), remedy="Name a new folder, and compare the two."
        )


def _refuse_damaged(source: Folder, backup: Backup, name: str) -> None:
    if not source.has(backup.path(name)):
        raise _damaged(source, backup, name, "the file is missing.")
    if source.hash_of(backup.path(name)) != backup.files[name]["sha256"]:
        raise _damaged(source, backup, name, "the file is damaged: its hash does not match the manifest.")


def _damaged(source: Folder, backup: Backup, name: str, cause: str) -> GiveUpError:
    return GiveUpError(
        cause,
        where=source.address(backup.path(name)),
        remedy="Use another backup: `sellerops restore` with --backup.",
    )


def _restore(
    source: Folder, backup: Backup, name: str, conninfo: str, *, finish: tuple[str, ...] = ()
) -> None:
    """Fetch the dump, compare it with the manifest, and restore it."""
    with tempfile.TemporaryDirectory(prefix="sellerops-restore-") as folder:
        dump = Path(folder) / name
        written = source.fetch(backup.path(name), dump)
        if written.sha256 != backup.files[name]["sha256"]:
            raise _damaged(source, backup, name, "the file is damaged: its hash does not match the manifest.")
        restore_database(conninfo, dump, made_with=backup.made_with, finish=finish)


__all__ = [
    "Wanted",
    "bind_restored",
    "recover_since",
    "refuse_early",
    "refuse_foreign",
    "refuse_overwriting",
    "restore_airflow",
    "restore_archive",
    "restore_configuration",
    "restore_warehouse",
]
