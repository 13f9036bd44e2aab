"""The raw archive: every document as Amazon sent it, under the address of its content, with its story beside
it.

Layout below the archive's root (a local path, or any fsspec address such as ``s3://bucket/prefix``)::

    <source>/<report>/<account>/<aa>/<sha256>.gz               the decoded bytes, gzip
    <source>/<report>/<account>/<aa>/<sha256>.<fetch>.json     one sidecar for each document it was fetched as

``sha256`` is of the decoded bytes, so the same content has one address however Amazon packed it. A file
appears under its final name whole or not at all. A second one of the same name is dropped when the first is
whole, and replaces it when it is damaged (a disk or a sync client can cut a file short or zero it).
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

from sellerops.errors import ArchiveDamaged, RetryableError

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
        """The decoded bytes of an archived document as a stream, checked against its address at their end.

        ArchiveDamaged, here or while reading, when the file is gone or not what was archived.
        """
        try:
            raw = _open_raw(uri)
        except FileNotFoundError as error:
            raise ArchiveDamaged("the archived document is not there.", where=uri) from error
        return cast(BinaryIO, io.BufferedReader(_Unzipped(raw, uri), buffer_size=_READ_BUFFER))

    def has(self, uri: str) -> bool:
        """Whether there is a file at the address; whether it is whole is seen only by reading it."""
        local = _local_path(uri)
        return local.exists() if local else bool(_filesystem(uri).exists(uri))

    def sidecars(self, uri: str) -> list[dict[str, Any]]:
        """What the sidecars of an archived document say, oldest fetch first; damaged ones are left out."""
        stem = uri.removesuffix(".gz")
        local = _local_path(stem)
        if local:
            texts = [path.read_bytes() for path in local.parent.glob(f"{local.name}.*.json")]
        else:
            filesystem = _filesystem(stem)
            texts = [filesystem.cat_file(name) for name in filesystem.glob(f"{stem}.*.json")]
        stories = [story for story in map(_story, texts) if story]
        return sorted(stories, key=lambda entry: str(entry["fetched_at"]))

    def stories(self, source: str, report: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """The address and sidecar of every document of a report, in no order; for a ledger that is lost.

        None for a sidecar that is damaged.
        """
        below = f"{self._root}/{source}/{report}"
        if self._local:
            for path in (self._local / source / report).glob("*/*/*.json"):
                document = path.with_name(f"{path.name.split('.')[0]}.gz")
                yield document.as_uri(), _story(path.read_bytes())
            return
        filesystem = _filesystem(below)
        for name in filesystem.glob(f"{below}/*/*/*.json"):
            folder, _, file = str(name).rpartition("/")
            address = filesystem.unstrip_protocol(f"{folder}/{file.split('.')[0]}.gz")
            yield address, _story(filesystem.cat_file(name))

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
        if not (filesystem.exists(target) and _is_whole(target)):
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
    """Unpacks a document, holds its bytes against the hash in its name, and closes what it reads from."""

    def __init__(self, raw: Any, uri: str) -> None:
        self._raw, self._uri = raw, uri
        self._gzip = gzip.GzipFile(fileobj=raw, mode="rb")
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            count = self._gzip.readinto(buffer)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ArchiveDamaged(f"the archived document is damaged ({error}).", where=self._uri) from error
        self._digest.update(memoryview(buffer)[:count])
        if not count and self._digest.hexdigest() != _stem(self._uri):
            raise ArchiveDamaged("the archived document is damaged: its hash is another.", where=self._uri)
        return count

    def close(self) -> None:
        if not self.closed:
            self._gzip.close()
            self._raw.close()
        super().close()


def _open_raw(uri: str) -> Any:
    local = _local_path(uri)
    return local.open("rb") if local else _filesystem(uri).open(uri, "rb")


def _is_whole(uri: str) -> bool:
    """Whether a file of the archive is what its name says: a document's hash, or a sidecar of one."""
    with _open_raw(uri) as raw:
        if uri.endswith(".json"):
            return _story(raw.read()) is not None
        try:
            with io.BufferedReader(_Unzipped(raw, uri), buffer_size=_READ_BUFFER) as stream:
                while stream.read(_READ_BUFFER):
                    pass
        except ArchiveDamaged:
            return False
    return True


def _story(content: bytes) -> dict[str, Any] | None:
    """A sidecar's content; None when it is damaged."""
    try:
        story = json.loads(content)
    except ValueError:
        return None
    is_whole = isinstance(story, dict) and {"fetched_at", "request", "response", "decoded"} <= story.keys()
    return story if is_whole else None


def _stem(uri: str) -> str:
    """The hash in a file's name."""
    return uri.rsplit("/", 1)[-1].split(".", 1)[0]


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


def _link_once(path: Path, target: Path) -> Path:
    """Give ``path`` its final name unless a whole file has it; a hard link never replaces one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileExistsError:
        if _is_whole(str(target)):
            return target
        path.replace(target)
    except OSError:
        # Some network folders know no hard links; a rename is as atomic there.
        if not (target.exists() and _is_whole(str(target))):
            path.replace(target)
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
