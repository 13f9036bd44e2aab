"""The archive's files, local or behind fsspec: opening, verifying and publishing them atomically."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sellerops.base.bounded_json import read_json
from sellerops.base.errors import ArchiveDamaged
from sellerops.base.gunzip import GZIP_ERRORS, open_gzip
from sellerops.storage import filesystem_of, local_path

MARK = "sellerops-archive.json"
READ_BUFFER = 1 << 20
_LEFTOVER_AGE = 86_400.0
_REQUIRED_KEYS = {"fetched_at", "request", "response", "decoded"}


class DocumentReader(io.BufferedIOBase):
    """Decompresses a document, verifies its bytes against the hash in its name, and closes its source."""

    def __init__(self, raw: Any, uri: str) -> None:
        self._raw, self._uri = raw, uri
        self._gzip = open_gzip(raw)
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to ``size`` bytes; fewer only at the end.

        Raises ArchiveDamaged if the bytes cannot be decompressed and, at the end, if the hash does not match.
        """
        wanted = -1 if size is None else size
        try:
            chunk: bytes = self._gzip.read(wanted)
        except GZIP_ERRORS as error:
            raise self._damaged(error) from error
        self._digest.update(chunk)
        if len(chunk) != wanted and self._digest.hexdigest() != _stem(self._uri):
            raise ArchiveDamaged(
                "the archived document is damaged: its hash does not match.", where=self._uri
            )
        return chunk

    def peek(self, size: int = 0, /) -> bytes:
        """Return decompressed bytes that have not been read yet: at least one, except at the end.

        Without this method, ``readline`` would read byte by byte.
        """
        try:
            return self._gzip.peek(size)
        except GZIP_ERRORS as error:
            raise self._damaged(error) from error

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(READ_BUFFER if size < 0 else size)

    def close(self) -> None:
        if not self.closed:
            self._gzip.close()
            self._raw.close()
        super().close()

    def _damaged(self, error: BaseException) -> ArchiveDamaged:
        return ArchiveDamaged(f"the archived document is damaged ({error}).", where=self._uri)


def open_raw(uri: str) -> Any:
    local = local_path(uri)
    return local.open("rb") if local else filesystem_of(uri).open(uri, "rb")


def is_whole(uri: str) -> bool:
    """Whether a file of the archive, a document or a sidecar, matches the hash in its name."""
    with open_raw(uri) as raw:
        if uri.endswith(MARK):
            return True
        if uri.endswith(".json"):
            sidecar = _parse_sidecar(raw.read())
            return sidecar is not None and sidecar["decoded"] == {**sidecar["decoded"], "sha256": _stem(uri)}
        try:
            with DocumentReader(raw, uri) as stream:
                while stream.read(READ_BUFFER):
                    pass
        except ArchiveDamaged:
            return False
    return True


def find_files(folder: str, pattern: str) -> Iterator[str]:
    """The addresses of files below a folder that match a glob pattern, in no particular order."""
    local = local_path(folder)
    if local:
        yield from (path.as_uri() for path in local.glob(pattern))
        return
    filesystem = filesystem_of(folder)
    yield from map(filesystem.unstrip_protocol, filesystem.glob(f"{folder}/{pattern}"))


def read_sidecar(uri: str) -> dict[str, Any] | None:
    """A sidecar's content; None if it is damaged."""
    with open_raw(uri) as raw:
        return _parse_sidecar(raw.read())


def _parse_sidecar(content: bytes) -> dict[str, Any] | None:
    try:
        sidecar = read_json(content)
    except ValueError:
        return None
    return sidecar if isinstance(sidecar, dict) and sidecar.keys() >= _REQUIRED_KEYS else None


def _stem(uri: str) -> str:
    """The hash in a file's name."""
    return uri.rsplit("/", 1)[-1].split(".", 1)[0]


def write_file(uri: str, content: bytes) -> None:
    """Create or replace a file; a local one atomically."""
    local = local_path(uri)
    if local:
        replace_file(local, content)
    else:
        filesystem_of(uri).pipe_file(uri, content)


def remove_file(uri: str) -> None:
    """Remove a file, if it exists."""
    local = local_path(uri)
    if local:
        local.unlink(missing_ok=True)
    elif filesystem_of(uri).exists(uri):
        filesystem_of(uri).rm_file(uri)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a local file atomically."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as spool:
        written = Path(spool.name)
        try:
            spool.write(content)
            sync_to_disk(spool.fileno(), spool.flush)
            written.replace(path)
        finally:
            written.unlink(missing_ok=True)


def link_once(path: Path, target: Path) -> Path:
    """Give ``path`` its final name unless an intact file has it. A hard link never replaces a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileExistsError:
        if is_whole(str(target)):
            return target
        path.replace(target)
    except OSError:
        # Some network file systems have no hard links; a rename is atomic there too.
        if not (target.exists() and is_whole(str(target))):
            path.replace(target)
    _sync_directory(target.parent)
    return target


def sync_to_disk(handle: int, flush: Callable[[], None]) -> None:
    """Flush a file to disk before it gets its name, and let the workers' group read it."""
    flush()
    os.fchmod(handle, 0o640)
    os.fsync(handle)


def remove_leftovers(directory: Path) -> None:
    """Remove files that killed workers left half written, once they are a day old."""
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
