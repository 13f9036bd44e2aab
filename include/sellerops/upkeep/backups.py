"""Backups of the databases (each as of one moment), the archive's documents and the configuration.

Layout below the target (a local folder or any fsspec address)::

    sellerops-backups.json                 the deployment to which the backups belong
    documents/...                          the archive's files, each copied once
    backups/<time>/warehouse.dump          the warehouse: ledger, landed tables, marts, reference data
    backups/<time>/airflow.dump            Airflow's metadata, if requested
    backups/<time>/configuration.tar.gz    include/config
    backups/<time>/documents.tsv.gz        size, hash and path of every file of the archive
    backups/<time>/manifest.json           written last: without it there is no backup

The databases are dumped before the documents are copied. Therefore the backup has every document that the
dumped ledger knows; a restore loads those that it does not know yet (``sellerops.upkeep.recovering``).
"""

from __future__ import annotations

import io
import json
import logging
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sellerops import __version__
from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import bind_archive, deployment_of
from sellerops.settings.config_files import config_dir
from sellerops.upkeep.backup_rows import begin_backup, end_backup, fail_backup
from sellerops.upkeep.database_copies import Dump, dump_database
from sellerops.upkeep.document_copies import CopiedDocuments, copy_documents, read_manifest, write_manifest
from sellerops.upkeep.storage import Folder

log = logging.getLogger(__name__)

MARK = "sellerops-backups.json"
_ALL = "backups"
MANIFEST, WAREHOUSE, AIRFLOW = "manifest.json", "warehouse.dump", "airflow.dump"
CONFIGURATION, LIST = "configuration.tar.gz", "documents.tsv.gz"
# An unfinished backup that started less than this long ago may still be running.
_UNFINISHED = timedelta(days=1)


@dataclass(frozen=True)
class Backup:
    """A finished backup.

    ``id``: when it began, in UTC and real time. ``ledger_time``: the same moment by the ledger's clock;
    documents that were archived later are not in the dumped tables.
    """

    id: str
    deployment: str
    ledger_time: str
    version: str
    revision: str
    made_with: int
    server_version: int
    files: dict[str, dict[str, Any]]
    documents: int
    document_bytes: int
    archive: str

    @property
    def began_at(self) -> datetime:
        return datetime.strptime(self.id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    @property
    def nbytes(self) -> int:
        """The size of its own files in bytes, without the documents."""
        return sum(int(each["bytes"]) for each in self.files.values())

    def path(self, name: str) -> str:
        return f"{_ALL}/{self.id}/{name}"


@dataclass
class BackupResult:
    """What a run of ``take_backup`` did."""

    backup: Backup
    documents: CopiedDocuments
    pruned: list[str] = field(default_factory=list)


def take_backup(
    ledger: Ledger,
    archive: Archive,
    target: Folder,
    *,
    airflow: str = "",
    keep: int | None = None,
    progress: Callable[[str], None] = log.info,
) -> BackupResult:
    """Back up the warehouse, then the archive's new documents and the configuration; record it in the ledger.

    ``airflow``: libpq address of Airflow's metadata database, if it is to be backed up too. ``keep``: how
    many backups to keep; None keeps all. Raises ConfigurationError if the target has another deployment's
    backups.
    """
    bind_archive(ledger, archive)
    known = deployment_of(ledger)
    _claim(target, known.id)
    before = list_backups(target)
    row = begin_backup(ledger, target.root)
    try:
        result = _take(ledger, archive, target, known.id, before, airflow, progress)
        result.pruned = prune(target, keep) if keep else []
    except Exception as error:
        fail_backup(ledger, row, error)
        raise
    done = result.backup
    end_backup(
        ledger,
        row,
        backup=done.id,
        nbytes=done.nbytes,
        documents=done.documents,
        damaged=len(result.documents.faulty),
    )
    return result


def _take(
    ledger: Ledger,
    archive: Archive,
    target: Folder,
    deployment: str,
    before: list[Backup],
    airflow: str,
    progress: Callable[[str], None],
) -> BackupResult:
    began = datetime.now(UTC)
    if before and before[-1].began_at >= began.replace(microsecond=0):
        began = before[-1].began_at + timedelta(seconds=1)
    id_ = f"{began:%Y%m%dT%H%M%SZ}"
    folder = f"{_ALL}/{id_}"
    ledger_time, revision = _moment(ledger)
    dumps: dict[str, Dump] = {
        WAREHOUSE: dump_database(ledger.database.conninfo, target, f"{folder}/{WAREHOUSE}")
    }
    progress(f"warehouse: {dumps[WAREHOUSE].written.nbytes:,} bytes")
    if airflow:
        dumps[AIRFLOW] = dump_database(airflow, target, f"{folder}/{AIRFLOW}")
        progress(f"Airflow's metadata: {dumps[AIRFLOW].written.nbytes:,} bytes")
    files = {name: dump.written for name, dump in dumps.items()}
    known = {entry.path: entry for entry in read_manifest(target, before[-1].path(LIST))} if before else {}
    documents = copy_documents(Folder(archive.root), target, known)
    progress(
        f"documents: {documents.copied:,} copied, {len(documents.entries) - documents.copied:,} there already"
    )
    files[LIST] = write_manifest(target, f"{folder}/{LIST}", documents.entries)
    with target.writing(f"{folder}/{CONFIGURATION}") as out:
        out.write(_configuration())
    files[CONFIGURATION] = out.written
    done = Backup(
        id=id_,
        deployment=deployment,
        ledger_time=ledger_time.isoformat(),
        version=__version__,
        revision=revision,
        made_with=max(dump.made_with for dump in dumps.values()),
        server_version=dumps[WAREHOUSE].server_version,
        files={name: {"bytes": each.nbytes, "sha256": each.sha256} for name, each in files.items()},
        documents=len(documents.entries),
        document_bytes=sum(entry.nbytes for entry in documents.entries),
        archive=archive.root,
    )
    target.write(f"{folder}/{MANIFEST}", json.dumps(asdict(done), indent=2, sort_keys=True).encode())
    return BackupResult(done, documents)


def list_backups(target: Folder) -> list[Backup]:
    """All finished backups, oldest first."""
    paths = sorted(path for path in target.sizes(f"{_ALL}/") if path.endswith(f"/{MANIFEST}"))
    return [Backup(**json.loads(target.read(path))) for path in paths]


def find_backup(target: Folder, wanted: str | None) -> Backup:
    """The newest backup, or the one with the id ``wanted``. Raises ConfigurationError if there is none."""
    found = list_backups(target)
    if wanted:
        found = [each for each in found if each.id == wanted]
    if not found:
        raise ConfigurationError(
            f"unknown backup {wanted}." if wanted else "there is no finished backup.",
            where=target.root,
            remedy=f"`sellerops backup {target.root} --list` shows all backups.",
        )
    return found[-1]


def prune(target: Folder, keep: int) -> list[str]:
    """Remove all but the newest ``keep`` backups, and the leftovers of failed ones. Returns the removed ids.

    Documents stay until their retention ends (``sellerops.upkeep.document_copies``).
    """
    finished = list_backups(target)
    old, ids = finished[:-keep], {each.id for each in finished}
    leftovers = [path for path in target.sizes(f"{_ALL}/") if _is_leftover(path.split("/")[1], ids)]
    for each in old:
        # The manifest first: without it, there is no backup.
        for name in (MANIFEST, *each.files):
            target.remove(each.path(name))
    for path in leftovers:
        target.remove(path)
    return [each.id for each in old]


def _is_leftover(id_: str, finished: set[str]) -> bool:
    return id_ not in finished and not _is_recent(id_)


def _is_recent(id_: str) -> bool:
    try:
        began = datetime.strptime(id_, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return True
    return datetime.now(UTC) - began < _UNFINISHED


def _claim(target: Folder, deployment: str) -> None:
    owner = owner_of(target)
    if owner is None:
        target.write(MARK, (json.dumps({"deployment": deployment}) + "\n").encode())
    elif owner != deployment:
        raise ConfigurationError(
            f"it holds the backups of another deployment ({owner}; this one is {deployment}).",
            where=target.root,
            remedy="Give each deployment a target of its own.",
        )


def owner_of(target: Folder) -> str | None:
    """The id of the deployment whose backups the target has; None if it has none.

    Raises GiveUpError if the target's mark cannot be read.
    """
    try:
        return str(json.loads(target.read(MARK))["deployment"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise GiveUpError(
            f"{MARK} cannot be read: {error}.",
            where=target.root,
            remedy="Restore the file, or use another target.",
        ) from error


def _moment(ledger: Ledger) -> tuple[datetime, str]:
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT sellerops.now() AS now, (SELECT version_num FROM sellerops.alembic_version) AS revision"
        ).fetchone()
    assert row is not None
    return row["now"].astimezone(UTC), str(row["revision"])


def _configuration() -> bytes:
    """The configuration folder as a compressed tar file."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as packed:
        for path in sorted(Path(config_dir()).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                packed.add(path, arcname=f"config/{path.relative_to(config_dir())}")
    return content.getvalue()
