"""Reads and writes the files of a backup's target: a local folder or any fsspec address."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from sellerops.archive.files import open_raw, remove_file, sync_to_disk, write_file
from sellerops.storage import filesystem_of, local_path

_CHUNK = 1 << 20
_PART = ".part-"


@dataclass(frozen=True)
class Written:
    """A written file: its size, and the sha256 (hex) of its bytes."""

    nbytes: int
    sha256: str


class Folder:
    """All files below ``root``, by their paths relative to it."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self._local = local_path(self.root)

    def address(self, path: str) -> str:
        return f"{self.root}/{path}"

    def sizes(self, below: str = "") -> dict[str, int]:
        """The size in bytes of every file, by path.

        Files that are still being written, or are deleted meanwhile, are left out.
        """
        return {path: size for path, size in self._listed(below) if f"/{_PART}" not in f"/{path}"}

    def _listed(self, below: str) -> Iterator[tuple[str, int]]:
        if self._local:
            start = self._local / below
            for folder, _, names in os.walk(start, onerror=_raise_unless_gone):
                for path in (Path(folder, name) for name in names):
                    with suppress(FileNotFoundError):
                        found = path.stat()
                        if stat.S_ISREG(found.st_mode):
                            yield path.relative_to(self._local).as_posix(), found.st_size
            return
        filesystem = filesystem_of(self.root)
        top = str(filesystem._strip_protocol(self.root)).rstrip("/") + "/"
        for path, entry in filesystem.find(top + below, detail=True).items():
            yield str(path)[len(top) :], int(entry["size"] or 0)

    def has(self, path: str) -> bool:
        if self._local:
            return (self._local / path).exists()
        return bool(filesystem_of(self.root).exists(self.address(path)))

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading. Raises FileNotFoundError."""
        return cast(BinaryIO, open_raw(self.address(path)))

    def read(self, path: str) -> bytes:
        with self.open(path) as raw:
            return raw.read()

    def write(self, path: str, content: bytes) -> None:
        """Create or replace a small file, a local one atomically."""
        if self._local:
            (self._local / path).parent.mkdir(parents=True, exist_ok=True)
        write_file(self.address(path), content)

    @contextmanager
    def writing(self, path: str) -> Iterator[HashingFile]:
        """Open a new file for writing; it appears only once the block has ended without an error."""
        if not self._local:
            filesystem = filesystem_of(self.root)
            with filesystem.open(self.address(path), "wb") as raw:
                try:
                    yield HashingFile(raw)
                except BaseException:
                    raw.discard() if hasattr(raw, "discard") else None
                    raise
            return
        target = self._local / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{_PART}{target.name}")
        try:
            with part.open("wb") as raw:
                yield HashingFile(raw)
                sync_to_disk(raw.fileno(), raw.flush)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def copy_from(self, source: Folder, path: str, own_path: str) -> Written:
        """Copy a file of another folder to ``own_path``."""
        with source.open(path) as raw, self.writing(own_path) as target:
            while chunk := raw.read(_CHUNK):
                target.write(chunk)
        return target.written

    def fetch(self, path: str, target: Path) -> Written:
        """Copy a file to a local path."""
        digest, nbytes = hashlib.sha256(), 0
        with self.open(path) as raw, target.open("wb") as out:
            while chunk := raw.read(_CHUNK):
                digest.update(chunk)
                nbytes += len(chunk)
                out.write(chunk)
        return Written(nbytes, digest.hexdigest())

    def hash_of(self, path: str) -> str:
        """The sha256 (hex) of a file."""
        digest = hashlib.sha256()
        with self.open(path) as raw:
            while chunk := raw.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def remove(self, path: str) -> None:
        """Remove a file, if it exists."""
        remove_file(self.address(path))


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


class HashingFile:
    """Passes bytes on to a file, and keeps their number and hash."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._digest, self._nbytes = hashlib.sha256(), 0

    def write(self, chunk: bytes) -> int:
        self._digest.update(chunk)
        self._nbytes += len(chunk)
        self._raw.write(chunk)
        return len(chunk)

    @property
    def written(self) -> Written:
        return Written(self._nbytes, self._digest.hexdigest())
