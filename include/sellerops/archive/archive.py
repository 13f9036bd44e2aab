"""The raw archive: every document as Amazon sent it, addressed by its content, with a sidecar that records
where it came from.

Layout below the archive's root (a local path, or any fsspec address such as ``s3://bucket/prefix``)::

    <source>/<report>/<account>/<aa>/<sha256>.gz               the decoded bytes, gzip
    <source>/<report>/<account>/<aa>/<sha256>.<fetch>.json     one sidecar for each fetch
    sellerops-archive.json                                     the deployment that owns the archive

``sha256`` is the hash of the decoded bytes, so the same content has one address however Amazon compressed it.
A file appears under its final name complete or not at all. A second file of the same name is dropped if the
first is intact, and replaces it if it is damaged (a disk or a sync client can truncate or zero a file).
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from sellerops.archive.files import (
    MARK,
    DocumentReader,
    find_files,
    is_whole,
    link_once,
    open_raw,
    read_sidecar,
    remove_file,
    remove_leftovers,
    replace_file,
    sync_to_disk,
    write_file,
)
from sellerops.base.errors import ArchiveDamaged, RetryableError
from sellerops.storage import filesystem_of, local_path

# Level 3 compresses report text at about 100 MB/s per core; the slower default saves only a tenth more.
_GZIP_LEVEL = 3
_GZIP_WINDOW = 31


@dataclass(frozen=True)
class DocumentMeta:
    """What a sidecar records about a document.

    ``fetch`` identifies this fetch and determines the sidecar's name, so repeating a fetch does not write a
    second sidecar. ``request`` and ``response`` must be free of secrets; presigned URLs are stored without
    their query.
    """

    source: str
    report: str
    account_id: str
    fetch: str
    fetched_at: str
    request: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ArchivedDocument:
    """A stored document: its address, decoded size in bytes, and sha256 (hex) of the decoded bytes."""

    uri: str
    nbytes: int
    sha256: str
    headers: Mapping[str, Any] = field(default_factory=dict)


class Archive:
    """Stores documents under ``uri``: a local path, ``file://...``, or an fsspec address."""

    def __init__(self, uri: str) -> None:
        self._root = uri.rstrip("/")
        self._local = local_path(uri)

    @property
    def root(self) -> str:
        """The archive's address, the prefix of its documents' addresses."""
        return self._local.as_uri() if self._local else self._root

    def owner(self) -> str | None:
        """The id of the deployment that owns the archive; None if the archive has no mark.

        For a damaged mark, a text that says so. Raises RetryableError when the archive cannot be read.
        """
        try:
            with open_raw(f"{self._root}/{MARK}") as raw:
                return str(json.loads(raw.read())["deployment"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return "unknown: its mark is damaged"
        except OSError as error:
            raise RetryableError(
                f"the archive cannot be read: {error.strerror or error}.",
                where=f"archive {self._root}",
                remedy="Check the archive's permissions (variable sellerops_archive_uri).",
            ) from error

    def claim(self, deployment: str) -> str:
        """Mark the archive as the deployment's unless it already has an owner; returns its owner."""
        owner = self.owner()
        if owner is None:
            self._write_mark(deployment, replace=False)
            owner = self.owner()
        return owner or deployment

    def mark(self, deployment: str) -> None:
        """Mark the archive as the deployment's, even if another one owns it."""
        if self.owner() != deployment:
            self._write_mark(deployment, replace=True)

    def _write_mark(self, deployment: str, *, replace: bool) -> None:
        content = (json.dumps({"deployment": deployment}) + "\n").encode()
        target = f"{self._root}/{MARK}"
        try:
            if not self._local:
                filesystem = filesystem_of(target)
                filesystem.makedirs(self._root, exist_ok=True)
                with suppress(FileExistsError):  # another process marked it first
                    filesystem.pipe_file(target, content, mode="overwrite" if replace else "create")
                return
            self._local.mkdir(parents=True, exist_ok=True)
            if replace:
                replace_file(self._local / MARK, content)
            else:
                self._publish_bytes(content, MARK)
        except OSError as error:
            raise self._unwritable(error) from error

    def put_stream(
        self,
        chunks: Iterable[bytes],
        meta: DocumentMeta,
        *,
        after: Callable[[], Mapping[str, Any]] | None = None,
    ) -> ArchivedDocument:
        """Store decoded ``chunks``; memory stays bounded by the largest chunk.

        ``after`` is called after the last chunk and returns what is known only then (the raw bytes' hash);
        this is added to the response in the sidecar. An error in ``chunks`` propagates and leaves nothing
        behind. Raises RetryableError when the archive cannot be written.
        """
        try:
            spool_directory = self._spool_directory(meta)
            with tempfile.NamedTemporaryFile(dir=spool_directory, prefix=".part-", delete=False) as spool:
                path = Path(spool.name)
                try:
                    nbytes, sha256 = _compress(chunks, cast(BinaryIO, spool))
                    sync_to_disk(spool.fileno(), spool.flush)
                    more = dict(after()) if after else {}
                    base = f"{meta.source}/{meta.report}/{meta.account_id}/{sha256[:2]}/{sha256}"
                    uri = self._publish_file(path, f"{base}.gz")
                    self._publish_bytes(
                        _sidecar(meta, nbytes, sha256, more), f"{base}.{_slug(meta.fetch)}.json"
                    )
                finally:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        return ArchivedDocument(uri, nbytes, sha256, {**meta.response, **more})

    def open(self, uri: str) -> BinaryIO:
        """Open an archived document as a stream of decoded bytes, whose hash is checked at the end.

        Raises ArchiveDamaged, here or while reading, if the file is missing or damaged.
        """
        try:
            raw = open_raw(uri)
        except FileNotFoundError as error:
            if deletion := self.deletion_of(uri):
                raise ArchiveDamaged(
                    f"the archived document {deletion}.",
                    where=uri,
                    remedy="Clear the slice's fetch task and its downstream tasks to request a new report, "
                    "if Amazon still serves the window.",
                ) from error
            raise ArchiveDamaged("the archived document is missing.", where=uri) from error
        return cast(BinaryIO, DocumentReader(raw, uri))

    def has(self, uri: str) -> bool:
        """Whether a file exists at the address; only reading it shows whether it is intact."""
        local = local_path(uri)
        return local.exists() if local else bool(filesystem_of(uri).exists(uri))

    def documents(self, source: str, report: str) -> Iterator[str]:
        """The addresses of all documents of a report, in no particular order."""
        return find_files(f"{self.root}/{source}/{report}", "*/*/*.gz")

    def delete(self, uri: str, *, at: datetime, why: str) -> None:
        """Delete a document; its sidecars stay and record when and why. Idempotent."""
        deletion = {"deleted": {"at": at.isoformat(), "why": why}}
        for address in _sidecars_of(uri):
            write_file(address, _as_sidecar({**(read_sidecar(address) or {}), **deletion}))
        remove_file(uri)

    def deletion_of(self, uri: str) -> str | None:
        """When and why a document was deleted; None if it was not deleted or exists again."""
        if self.has(uri):
            return None
        for sidecar in self.sidecars(uri):
            if deletion := sidecar.get("deleted"):
                return f"was deleted on {str(deletion['at'])[:10]}: {deletion['why']}"
        return None

    def sidecars(self, uri: str) -> list[dict[str, Any]]:
        """The sidecars of an archived document, oldest fetch first. Damaged ones are skipped."""
        found = [sidecar for sidecar in map(read_sidecar, _sidecars_of(uri)) if sidecar]
        return sorted(found, key=lambda entry: str(entry["fetched_at"]))

    def sidecars_of_report(self, source: str, report: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Each sidecar of a report with its document's address, in no particular order.

        A damaged sidecar is None. Used to rebuild tables when the ledger is lost.
        """
        for address in find_files(f"{self.root}/{source}/{report}", "*/*/*.json"):
            folder, _, name = address.rpartition("/")
            yield f"{folder}/{name.split('.')[0]}.gz", read_sidecar(address)

    def _unwritable(self, error: OSError) -> RetryableError:
        return RetryableError(
            f"the archive cannot be written: {error.strerror or error}.",
            where=f"archive {self._root}",
            remedy="Check the archive's free space and permissions (variable sellerops_archive_uri).",
        )

    def _spool_directory(self, meta: DocumentMeta) -> Path:
        """Where to spool: next to the target, for an atomic link, or in the system's temporary folder."""
        if self._local:
            directory = self._local / meta.source / meta.report / meta.account_id
            directory.mkdir(parents=True, exist_ok=True)
        else:
            directory = Path(tempfile.gettempdir()) / f"sellerops-archive-{os.getuid()}"
            directory.mkdir(exist_ok=True, mode=0o700)
        remove_leftovers(directory)
        return directory

    def _publish_file(self, path: Path, name: str) -> str:
        if self._local:
            return link_once(path, self._local / name).as_uri()
        target = f"{self._root}/{name}"
        filesystem = filesystem_of(target)
        if not (filesystem.exists(target) and is_whole(target)):
            filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            filesystem.put_file(str(path), target)
        return target

    def _publish_bytes(self, content: bytes, name: str) -> None:
        if not self._local:
            target = f"{self._root}/{name}"
            if not (self.has(target) and is_whole(target)):
                write_file(target, content)
            return
        with tempfile.NamedTemporaryFile(
            dir=(self._local / name).parent, prefix=".part-", delete=False
        ) as spool:
            path = Path(spool.name)
            try:
                spool.write(content)
                sync_to_disk(spool.fileno(), spool.flush)
                self._publish_file(path, name)
            finally:
                path.unlink(missing_ok=True)


def _sidecars_of(uri: str) -> Iterator[str]:
    folder, _, name = uri.removesuffix(".gz").rpartition("/")
    return find_files(folder, f"{name}.*.json")


def _compress(chunks: Iterable[bytes], out: BinaryIO) -> tuple[int, str]:
    """Write ``chunks`` as gzip without a name or time, so that equal content gives equal files."""
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    digest, nbytes = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        nbytes += len(chunk)
        out.write(packer.compress(chunk))
    out.write(packer.flush())
    return nbytes, digest.hexdigest()


def _sidecar(meta: DocumentMeta, nbytes: int, sha256: str, more: Mapping[str, Any]) -> bytes:
    content = {
        "source": meta.source,
        "report": meta.report,
        "account_id": meta.account_id,
        "fetch": meta.fetch,
        "fetched_at": meta.fetched_at,
        "request": dict(meta.request),
        "response": {**meta.response, **more},
        "decoded": {"bytes": nbytes, "sha256": sha256},
    }
    return _as_sidecar(content)


def _as_sidecar(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n").encode()


def _slug(text: str) -> str:
    """The fetch's part of a sidecar's name. Hashed: Amazon's document ids may contain any character."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
