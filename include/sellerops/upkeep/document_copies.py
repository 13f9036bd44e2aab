"""The archive's files in a backup: each is copied once, and every backup lists those that belong to it.

Layout below the backup's target: ``documents/`` has the archive's own paths. A document never changes; a
sidecar changes once, when its document's retention is over, and its copy then follows.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sellerops.archive.files import MARK, is_whole, read_sidecar
from sellerops.upkeep.storage import Folder, Written

log = logging.getLogger(__name__)

DOCUMENTS = "documents"
# Screenshots and traces of failed browser jobs, which are kept for days only.
_NOT_KEPT = "evidence/"
_COPIERS = 8
_GZIP_WINDOW = 31


@dataclass(frozen=True)
class Entry:
    """A file of the archive: path, size, and sha256 (hex): of a document its decoded content's, as in its
    name, else of the file.
    """

    path: str
    nbytes: int
    sha256: str


@dataclass
class CopiedDocuments:
    """What a backup did. ``damaged``: files of the archive that do not match their hash, and were not copied;
    ``removed``: copies of documents that the archive has deleted after their retention.
    """

    entries: list[Entry] = field(default_factory=list)
    copied: int = 0
    copied_bytes: int = 0
    removed: int = 0
    damaged: list[str] = field(default_factory=list)


def copy_documents(archive: Folder, target: Folder, known: Mapping[str, Entry]) -> CopiedDocuments:
    """Copy every file that the target lacks. ``known``: entries of the backup before, by path, whose hashes
    need not be computed again.
    """
    there = {path.removeprefix(f"{DOCUMENTS}/"): size for path, size in target.sizes(f"{DOCUMENTS}/").items()}
    ours = {path: size for path, size in archive.sizes().items() if not path.startswith(_NOT_KEPT)}
    done = CopiedDocuments()
    new = [path for path, size in ours.items() if there.get(path) != size]
    with ThreadPoolExecutor(_COPIERS, "backup") as pool:
        for path, entry in zip(new, pool.map(lambda path: _copy(archive, target, path), new), strict=True):
            if entry is None:
                done.damaged.append(path)
                continue
            done.entries.append(entry)
            done.copied += 1
            done.copied_bytes += entry.nbytes
    for path, size in ours.items():
        if there.get(path) == size:
            before = known.get(path)
            kept = before if before and before.nbytes == size else _entry_of(target, path, size)
            done.entries.append(kept)
    done.removed = _remove_deleted(archive, target, there.keys() - ours.keys(), ours)
    done.entries.sort(key=lambda entry: entry.path)
    return done


def _copy(archive: Folder, target: Folder, path: str) -> Entry | None:
    """Copy one file; None if it is damaged, or was deleted meanwhile."""
    try:
        if not is_whole(archive.address(path)):
            return None
        written = target.copy_from(archive, path, f"{DOCUMENTS}/{path}")
    except FileNotFoundError:
        return None
    return Entry(path, written.nbytes, _hash_in(path) or written.sha256)


def _entry_of(target: Folder, path: str, size: int) -> Entry:
    return Entry(path, size, _hash_in(path) or target.hash_of(f"{DOCUMENTS}/{path}"))


def _hash_in(path: str) -> str:
    """A document's hash is its name."""
    return path.rsplit("/", 1)[-1].removesuffix(".gz") if path.endswith(".gz") else ""


def _remove_deleted(archive: Folder, target: Folder, gone: Iterable[str], ours: Mapping[str, int]) -> int:
    """Remove the copies of documents whose sidecar says that their retention is over: a backup must not keep
    personal data longer than the archive does. What is gone without that mark is kept.
    """
    removed = 0
    sidecars: dict[str, str] = {}
    for path in ours:
        if path.endswith(".json") and path != MARK:
            sidecars[path.rsplit("/", 1)[-1].split(".", 1)[0]] = path
    for path in gone:
        sidecar = sidecars.get(_hash_in(path))
        if sidecar and "deleted" in (read_sidecar(archive.address(sidecar)) or {}):
            target.remove(f"{DOCUMENTS}/{path}")
            removed += 1
    return removed


@dataclass
class RestoredDocuments:
    """``copied``: files that were missing or damaged in the archive. ``missing``: files of the manifest that
    neither the archive nor the backup has; ``deleted``: documents whose retention is over.
    """

    copied: int = 0
    intact: int = 0
    deleted: int = 0
    missing: list[str] = field(default_factory=list)


def restore_documents(source: Folder, archive: Folder, entries: Iterable[Entry]) -> RestoredDocuments:
    """Copy back what the archive lacks. Files that the archive has beyond the manifest stay."""
    there = archive.sizes()
    done = RestoredDocuments()
    sidecars: dict[str, bool] = {}
    for entry in entries:
        if there.get(entry.path) == entry.nbytes and is_whole(archive.address(entry.path)):
            done.intact += 1
        elif entry.path.endswith(".json") and _is_marked_deleted(archive, entry.path, there):
            sidecars[_stem(entry.path)] = True
            done.intact += 1
        elif not _put_back(source, archive, entry):
            done.missing.append(entry.path)
        else:
            done.copied += 1
    kept = [path for path in done.missing if not (path.endswith(".gz") and sidecars.get(_hash_in(path)))]
    done.deleted, done.missing = len(done.missing) - len(kept), kept
    return done


def _is_marked_deleted(archive: Folder, path: str, there: Mapping[str, int]) -> bool:
    """The archive's sidecar is newer than the backup's: it says that the document was deleted."""
    return path in there and "deleted" in (read_sidecar(archive.address(path)) or {})


def _put_back(source: Folder, archive: Folder, entry: Entry) -> bool:
    copy = f"{DOCUMENTS}/{entry.path}"
    try:
        if not is_whole(source.address(copy)):
            return False
        archive.copy_from(source, copy, entry.path)
    except FileNotFoundError:
        return False
    return True


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".", 1)[0]


def verify_documents(
    target: Folder, entries: Iterable[Entry], progress: Callable[[str], None] = log.info
) -> list[str]:
    """Read every copy and compare it with its hash. Returns the paths of missing and damaged ones."""
    bad = []
    for number, entry in enumerate(entries, 1):
        if not _is_as_listed(target, entry):
            bad.append(entry.path)
        if number % 10_000 == 0:
            progress(f"{number:,} files verified")
    return bad


def _is_as_listed(target: Folder, entry: Entry) -> bool:
    path = f"{DOCUMENTS}/{entry.path}"
    try:
        if entry.path.endswith(".gz"):
            return is_whole(target.address(path))
        return target.hash_of(path) == entry.sha256
    except FileNotFoundError:
        return False


def write_manifest(target: Folder, path: str, entries: Iterable[Entry]) -> Written:
    """Write a manifest: gzipped lines of size, hash and path, separated by tabs."""
    with target.writing(path) as out:
        packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP_WINDOW)
        for entry in entries:
            out.write(packer.compress(f"{entry.nbytes}\t{entry.sha256}\t{entry.path}\n".encode()))
        out.write(packer.flush())
    return out.written


def read_manifest(target: Folder, path: str) -> Iterator[Entry]:
    """The entries of a manifest, by path."""
    with target.open(path) as raw, gzip.open(raw, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            nbytes, sha256, name = line.rstrip("\n").split("\t", 2)
            yield Entry(name, int(nbytes), sha256)
