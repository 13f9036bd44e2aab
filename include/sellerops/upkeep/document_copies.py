"""The archive's files in a backup: each is copied once, and every backup lists those that belong to it.

Below the backup's target, ``documents/`` has the same paths as the archive. A document never changes. A
sidecar changes once, when its document's retention is over: then its copy is updated and the document's copy
is removed, which happens in no other case.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby

from sellerops.archive.files import is_whole, read_sidecar
from sellerops.upkeep.storage import Folder, Written

log = logging.getLogger(__name__)

DOCUMENTS = "documents"
# Screenshots and traces of failed browser jobs, which are kept for days only.
_NOT_KEPT = "evidence/"
_COPIERS = 8
_GZIP_WINDOW = 31


@dataclass(frozen=True)
class Entry:
    """A file of the archive: its path, its size in bytes and a sha256 (hex).

    The hash of a document is that of its decoded content, as in its name; otherwise it is that of the file.
    """

    path: str
    nbytes: int
    sha256: str


@dataclass
class CopiedDocuments:
    """What a backup did.

    ``damaged``: files of the archive that do not match their hash and were not copied. ``lost``: files that
    the archive lacks although no sidecar says that they were deleted. ``removed``: how many copies were
    removed because the archive has deleted the documents after their retention. Earlier copies of damaged and
    lost files stay and are listed.
    """

    entries: list[Entry] = field(default_factory=list)
    copied: int = 0
    copied_bytes: int = 0
    removed: int = 0
    damaged: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def faulty(self) -> list[str]:
        """The files that are damaged or lost in the archive."""
        return self.damaged + self.lost


def copy_documents(archive: Folder, target: Folder, known: Mapping[str, Entry]) -> CopiedDocuments:
    """Copy every file that the target lacks or has with another size.

    ``known``: the entries of the previous backup, by path; their hashes need not be computed again.
    """
    there = {path.removeprefix(f"{DOCUMENTS}/"): size for path, size in target.sizes(f"{DOCUMENTS}/").items()}
    ours = {path: size for path, size in archive.sizes().items() if not path.startswith(_NOT_KEPT)}
    done = CopiedDocuments()
    new = [path for path, size in ours.items() if there.get(path) != size]
    gone = (there.keys() | known.keys()) - ours.keys()
    with ThreadPoolExecutor(_COPIERS, "backup") as pool:
        for path, copied in zip(new, pool.map(lambda path: _copy(archive, target, path), new), strict=True):
            if isinstance(copied, Entry):
                done.entries.append(copied)
                done.copied += 1
                done.copied_bytes += copied.nbytes
            elif copied is _Failure.DAMAGED:
                done.damaged.append(path)
            else:
                gone.add(path)
    for path, size in ours.items():
        if there.get(path) == size:
            done.entries.append(_entry_of(target, path, size, known))
    deleted = _deleted_among(archive, "", gone)
    for path in deleted & there.keys():
        target.remove(f"{DOCUMENTS}/{path}")
        done.removed += 1
    done.lost = sorted(gone - deleted)
    for path in done.faulty:
        if path in there:
            done.entries.append(_entry_of(target, path, there[path], known))
        elif path in known:
            done.entries.append(known[path])
    done.entries.sort(key=lambda entry: entry.path)
    return done


class _Failure(Enum):
    DAMAGED = "damaged"
    GONE = "deleted meanwhile"


def _copy(archive: Folder, target: Folder, path: str) -> Entry | _Failure:
    try:
        if not is_whole(archive.address(path)):
            return _Failure.DAMAGED
        written = target.copy_from(archive, path, f"{DOCUMENTS}/{path}")
    except FileNotFoundError:
        return _Failure.GONE
    return Entry(path, written.nbytes, _hash_in(path) or written.sha256)


def _entry_of(target: Folder, path: str, size: int, known: Mapping[str, Entry]) -> Entry:
    before = known.get(path)
    if before and before.nbytes == size:
        return before
    return Entry(path, size, _hash_in(path) or target.hash_of(f"{DOCUMENTS}/{path}"))


def _hash_in(path: str) -> str:
    """The hash in a document's name; empty for other files."""
    return path.rsplit("/", 1)[-1].removesuffix(".gz") if path.endswith(".gz") else ""


def _deleted_among(folder: Folder, below: str, paths: Iterable[str]) -> set[str]:
    """The documents that were deleted after their retention, according to all of their sidecars.

    A backup must not keep personal data longer than the archive does.
    """
    documents = sorted(path for path in paths if _hash_in(path))
    found: set[str] = set()
    for place, group in groupby(documents, _folder_of):
        says = defaultdict(list)
        for path in folder.sizes(f"{below}{place}"):
            if path.endswith(".json"):
                says[_stem(path)].append(_is_marked_deleted(folder, path))
        found.update(path for path in group if _stem(path) in says and all(says[_stem(path)]))
    return found


def _is_marked_deleted(folder: Folder, sidecar: str) -> bool:
    try:
        return "deleted" in (read_sidecar(folder.address(sidecar)) or {})
    except FileNotFoundError:
        return False


def _folder_of(path: str) -> str:
    return path.rsplit("/", 1)[0]


@dataclass
class RestoredDocuments:
    """What a restore of documents did.

    ``copied``: files that were missing or damaged in the archive. ``missing``: files of the manifest that
    neither the archive nor the backup has. ``deleted``: documents whose retention is over.
    """

    copied: int = 0
    intact: int = 0
    deleted: int = 0
    missing: list[str] = field(default_factory=list)


def restore_documents(source: Folder, archive: Folder, entries: Iterable[Entry]) -> RestoredDocuments:
    """Copy back the files that are missing or damaged in the archive. Its files outside the manifest stay."""
    there = archive.sizes()
    done = RestoredDocuments()
    for entry in entries:
        if _is_intact(archive, entry, there):
            done.intact += 1
        elif not _put_back(source, archive, entry):
            done.missing.append(entry.path)
        else:
            done.copied += 1
    deleted = _deleted_among(archive, "", done.missing)
    done.deleted, done.missing = len(deleted), [path for path in done.missing if path not in deleted]
    return done


def _is_intact(archive: Folder, entry: Entry, there: Mapping[str, int]) -> bool:
    """Whether the archive has the file, or has a newer sidecar that says that the document was deleted."""
    if entry.path not in there:
        return False
    try:
        if there[entry.path] == entry.nbytes and is_whole(archive.address(entry.path)):
            return True
    except FileNotFoundError:
        return False
    return entry.path.endswith(".json") and _is_marked_deleted(archive, entry.path)


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
    """Read every copy and compare it with its hash.

    Returns the paths of missing and damaged copies, without documents whose retention ended after the backup.
    """
    bad = []
    for number, entry in enumerate(entries, 1):
        if not _is_as_listed(target, entry):
            bad.append(entry.path)
        if number % 10_000 == 0:
            progress(f"{number:,} files verified")
    missing = [path for path in bad if not target.has(f"{DOCUMENTS}/{path}")]
    deleted = _deleted_among(target, f"{DOCUMENTS}/", missing)
    return [path for path in bad if path not in deleted]


def _is_as_listed(target: Folder, entry: Entry) -> bool:
    path = f"{DOCUMENTS}/{entry.path}"
    try:
        if entry.path.endswith(".gz"):
            return is_whole(target.address(path))
        if target.hash_of(path) == entry.sha256:
            return True
        return is_whole(target.address(path)) and _is_marked_deleted(target, path)
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
    """The entries of a manifest, in the order of their paths."""
    with target.open(path) as raw, gzip.open(raw, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            nbytes, sha256, name = line.rstrip("\n").split("\t", 2)
            yield Entry(name, int(nbytes), sha256)
