"""The raw archive: every document as Amazon sent it, under the address of its content, with its story beside
it.

Layout below the archive's root (a local path, or any fsspec address such as ``s3://bucket/prefix``)::

    <source>/<report>/<account>/<aa>/<sha256>.gz               the decoded bytes, gzip
    <source>/<report>/<account>/<aa>/<sha256>.<fetch>.json     one sidecar for each document it was fetched as

``sha256`` is of the decoded bytes, so the same content has one address however Amazon packed it. Nothing is
ever overwritten: a file appears under its final name whole or not at all, and a second one of the same name
is dropped.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from sellerops.bounded_json import read_json
from sellerops.errors import RetryableError, UnreadableDocument

# Level 3 packs report text at about 100 MB/s and core, a tenth larger than the slower default.
_GZIP_LEVEL = 3
_GZIP_WINDOW = 31
_READ_BUFFER = 1 << 20
_LEFTOVER_AGE = 86_400.0


@dataclass(frozen=True)
class DocumentMeta:
    """What a sidecar tells about a document.

    ``fetch`` names this fetch of the document and makes the sidecar's name: the same fetch repeated writes no
    second one. ``request`` and ``response`` must be free of secrets; presigned addresses are cut at their
    query.
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
    """Where a document lies: its address, decoded size in bytes, sha256 (hex) of the decoded bytes."""

    uri: str
    nbytes: int
    sha256: str
    headers: Mapping[str, Any] = field(default_factory=dict)


class Archive:
    """Keeps documents under ``uri``: a local path, ``file://...``, or an fsspec address."""

    def __init__(self, uri: str) -> None:
        self._root = uri.rstrip("/")
        self._local = _local_path(uri)

    def put_stream(
        self,
        chunks: Iterable[bytes],
        meta: DocumentMeta,
        *,
        after: Callable[[], Mapping[str, Any]] | None = None,
    ) -> ArchivedDocument:
        """Store decoded ``chunks``; memory stays bounded by the largest chunk.

        ``after`` is asked once the chunks have ended for what only then is known (the raw bytes' hash). An
        error of ``chunks`` passes through and leaves nothing behind. RetryableError when the archive cannot
        be written.
        """
        try:
            spool_directory = self._spool_directory(meta)
            with tempfile.NamedTemporaryFile(dir=spool_directory, prefix=".part-", delete=False) as spool:
                path = Path(spool.name)
                try:
                    nbytes, sha256 = _compress(chunks, cast(BinaryIO, spool))
                    _settle(spool.fileno(), spool.flush)
                    more = dict(after()) if after else {}
                    base = f"{meta.source}/{meta.report}/{meta.account_id}/{sha256[:2]}/{sha256}"
                    uri = self._publish_file(path, f"{base}.gz")
                    self._publish_bytes(
                        _sidecar(meta, nbytes, sha256, more), f"{base}.{_slug(meta.fetch)}.json"
                    )
                finally:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise RetryableError(
                f"the document cannot be written: {error.strerror or error}.",
                where=f"archive {self._root}",
                remedy="Check the archive's free space and permissions (variable sellerops_archive_uri).",
            ) from error
        return ArchivedDocument(uri, nbytes, sha256, {**meta.response, **more})

    def open(self, uri: str) -> BinaryIO:
        """The decoded bytes of an archived document as a stream. UnreadableDocument when it is not there."""
        try:
            local = _local_path(uri)
            raw = local.open("rb") if local else _filesystem(uri).open(uri, "rb")
        except FileNotFoundError as error:
            raise UnreadableDocument(
                "the archived document is not there.",
                where=uri,
                remedy="Restore the archive, or clear the fetch task once the ledger's row is gone.",
            ) from error
        return cast(BinaryIO, io.BufferedReader(_Unzipped(raw), buffer_size=_READ_BUFFER))

    def sidecars(self, uri: str) -> list[dict[str, Any]]:
        """What the sidecars of an archived document say, oldest fetch first."""
        stem = uri.removesuffix(".gz")
        local = _local_path(stem)
        if local:
            texts = [path.read_bytes() for path in local.parent.glob(f"{local.name}.*.json")]
        else:
            filesystem = _filesystem(stem)
            texts = [filesystem.cat_file(name) for name in filesystem.glob(f"{stem}.*.json")]
        return sorted((_story(text, uri) for text in texts), key=lambda entry: str(entry["fetched_at"]))

    def stories(self, source: str, report: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The address and sidecar of every document of a report, in no order; for a ledger that is lost."""
        below = f"{self._root}/{source}/{report}"
        if self._local:
            for path in (self._local / source / report).glob("*/*/*.json"):
                document = path.with_name(f"{path.name.split('.')[0]}.gz")
                yield document.as_uri(), _story(path.read_bytes(), path.as_uri())
            return
        filesystem = _filesystem(below)
        for name in filesystem.glob(f"{below}/*/*/*.json"):
            folder, _, file = str(name).rpartition("/")
            address = filesystem.unstrip_protocol(f"{folder}/{file.split('.')[0]}.gz")
            yield address, _story(filesystem.cat_file(name), str(name))

    def _spool_directory(self, meta: DocumentMeta) -> Path | None:
        """Local archives spool beside the final place, for an atomic link; others in the system's folder."""
        if not self._local:
            return None
        directory = self._local / meta.source / meta.report / meta.account_id
        directory.mkdir(parents=True, exist_ok=True)
        _sweep(directory)
        return directory

    def _publish_file(self, path: Path, name: str) -> str:
        if self._local:
            return _link_once(path, self._local / name).as_uri()
        target = f"{self._root}/{name}"
        filesystem = _filesystem(target)
        if not filesystem.exists(target):
            filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            filesystem.put_file(str(path), target)
        return target

    def _publish_bytes(self, content: bytes, name: str) -> None:
        with tempfile.NamedTemporaryFile(
            dir=(self._local / name).parent if self._local else None, prefix=".part-", delete=False
        ) as spool:
            path = Path(spool.name)
            try:
                spool.write(content)
                _settle(spool.fileno(), spool.flush)
                self._publish_file(path, name)
            finally:
                path.unlink(missing_ok=True)


class _Unzipped(io.RawIOBase):
    """gzip.GzipFile that also closes what it reads from."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._gzip = gzip.GzipFile(fileobj=raw, mode="rb")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._gzip.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._gzip.close()
            self._raw.close()
        super().close()


def _compress(chunks: Iterable[bytes], out: BinaryIO) -> tuple[int, str]:
    """Write ``chunks`` as gzip without name or time, so that equal content gives equal files."""
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
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n").encode()


def _story(text: bytes, where: str) -> dict[str, Any]:
    """A sidecar's content. UnreadableDocument names one that was damaged or is no sidecar."""
    try:
        content = read_json(text)
    except ValueError as error:
        raise _no_sidecar(str(error), where) from None
    if not isinstance(content, dict) or "fetched_at" not in content:
        raise _no_sidecar("it has no `fetched_at`", where)
    return content


def _no_sidecar(cause: str, where: str) -> UnreadableDocument:
    return UnreadableDocument(
        f"the sidecar of an archived document cannot be read: {cause}.",
        where=where,
        remedy="Restore it from a copy of the archive, or move it away: its document is then left out.",
    )


def _link_once(path: Path, target: Path) -> Path:
    """Give ``path`` its final name unless that is taken; a hard link never replaces, unlike a rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileExistsError:
        return target
    except OSError:
        # Some network folders know no hard links; a rename is as atomic there.
        if not target.exists():
            path.rename(target)
    _sync_directory(target.parent)
    return target


def _settle(handle: int, flush: Callable[[], None]) -> None:
    """On disk before it gets its name, and readable for the group that runs the workers."""
    flush()
    os.fchmod(handle, 0o640)
    os.fsync(handle)


def _sweep(directory: Path) -> None:
    """Remove what killed workers left half written, a day later."""
    for leftover in directory.glob(".part-*"):
        try:
            if time.time() - leftover.stat().st_mtime > _LEFTOVER_AGE:
                leftover.unlink()
        except FileNotFoundError:
            continue


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _slug(text: str) -> str:
    """A file name for a fetch: Amazon's document ids may hold any character."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _local_path(uri: str) -> Path | None:
    """The local path of a plain path or ``file://`` address, else None."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path)).absolute()
    return None if "://" in uri else Path(uri).absolute()


def _filesystem(uri: str) -> Any:
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    return url_to_fs(uri)[0]
