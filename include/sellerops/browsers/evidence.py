"""What a failed browser job saw: a screenshot, the page and a Playwright trace, without secrets.

Layout below the archive's root: ``evidence/<login>/<job id>/{screenshot.png,page.html,trace.zip}``. The
archive may be a local folder or any fsspec address.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sellerops.archive.files import replace_file
from sellerops.base.errors import RetryableError
from sellerops.storage import filesystem_of, local_path

SCREENSHOT, PAGE, TRACE = "screenshot.png", "page.html", "trace.zip"
_NAMES = (SCREENSHOT, PAGE, TRACE)
_FOLDER = "evidence"


@dataclass(frozen=True)
class EvidenceStore:
    """Keeps evidence below ``root``: a local path, ``file://...``, or an fsspec address."""

    root: str

    @classmethod
    def of_archive(cls, archive_root: str) -> EvidenceStore:
        """The evidence beside the documents of an archive."""
        return cls(f"{archive_root.rstrip('/')}/{_FOLDER}")

    def save(self, login_id: str, job_id: int, files: Mapping[str, bytes]) -> str:
        """Store a job's files by name; returns the address of their folder.

        Raises RetryableError if the archive cannot be written.
        """
        local = local_path(self.root)
        uri = f"{local.as_uri() if local else self.root.rstrip('/')}/{login_id}/{job_id}"
        try:
            for name, content in files.items():
                if folder := local_path(uri):
                    folder.mkdir(parents=True, exist_ok=True)
                    replace_file(folder / name, content)
                else:
                    filesystem_of(uri).pipe_file(f"{uri}/{name}", content)
        except OSError as error:
            raise RetryableError(
                f"the evidence of a browser job cannot be stored: {error.strerror or error}.",
                where=uri,
                remedy="Check the archive's free space and permissions (variable sellerops_archive_uri).",
            ) from error
        return uri

    def files(self, uri: str) -> list[str]:
        """The names of the files in a job's folder, as returned by ``save``."""
        if folder := local_path(uri):
            return [name for name in _NAMES if (folder / name).is_file()]
        filesystem = filesystem_of(uri)
        return [name for name in _NAMES if filesystem.exists(f"{uri}/{name}")]

    def read(self, uri: str, name: str) -> bytes:
        """One file in a job's folder. Raises FileNotFoundError, also for a folder outside this store."""
        local = local_path(self.root)
        root = local.as_uri() if local else self.root.rstrip("/")
        if name not in _NAMES or not uri.startswith(f"{root}/") or ".." in uri:
            raise FileNotFoundError(f"{uri}/{name}")
        if folder := local_path(uri):
            return (folder / name).read_bytes()
        content: bytes = filesystem_of(uri).cat_file(f"{uri}/{name}")
        return content

    def delete_old(self, before: datetime) -> int:
        """Delete evidence stored before an aware time; returns the number of jobs whose evidence was deleted.

        The age is that of the newest file in a job's folder, by the storage's clock.
        """
        if root := local_path(self.root):
            return sum(_delete_local(folder, before) for folder in root.glob("*/*") if folder.is_dir())
        filesystem = filesystem_of(self.root)
        return sum(
            _delete_remote(filesystem, folder, entries, before)
            for folder, entries in _by_folder(filesystem, self.root)
        )


def _delete_local(folder: Path, before: datetime) -> bool:
    times = [path.stat().st_mtime for path in folder.iterdir()] or [folder.stat().st_mtime]
    if datetime.fromtimestamp(max(times), UTC) >= before:
        return False
    shutil.rmtree(folder)
    return True


def _by_folder(filesystem: Any, root: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, entry in filesystem.find(root, detail=True).items():
        folders.setdefault(path.rpartition("/")[0], []).append({**entry, "path": path})
    yield from folders.items()


def _delete_remote(filesystem: Any, folder: str, entries: list[dict[str, Any]], before: datetime) -> bool:
    if max(_stored_at(filesystem, each) for each in entries) >= before:
        return False
    filesystem.rm([each["path"] for each in entries])
    if filesystem.exists(folder):
        filesystem.rm(folder, recursive=True)
    return True


def _stored_at(filesystem: Any, entry: Mapping[str, Any]) -> datetime:
    """When an object was stored. Listings of S3 and GCS include the time, under different names."""
    found = entry.get("LastModified") or entry.get("mtime") or entry.get("updated") or entry.get("created")
    moment: Any = found or filesystem.modified(entry["path"])
    if isinstance(moment, int | float):
        return datetime.fromtimestamp(moment, UTC)
    at: datetime = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return at if at.tzinfo else at.replace(tzinfo=UTC)
