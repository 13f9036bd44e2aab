"""Deletes old log files of Airflow on this host, by age and by total size."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True)
class DeletedLogs:
    """How many files were deleted, and how many bytes stay."""

    files: int
    nbytes: int
    kept_bytes: int


def delete_old_logs(folder: Path, keep: timedelta, most_bytes: int | None = None) -> DeletedLogs:
    """Delete log files, the oldest first, and empty folders.

    Deletes files that were last written more than ``keep`` ago (real time), and further ones until at most
    ``most_bytes`` are left. Files written in the last hour stay, because they may be in use.
    """
    now = time.time()
    files = sorted(_files(folder))
    total = sum(size for _, size, _ in files)
    deleted = nbytes = 0
    for written, size, path in files:
        is_old = written < now - keep.total_seconds()
        is_too_much = most_bytes is not None and total > most_bytes
        if not (is_old or is_too_much) or written > now - 3600:
            continue
        path.unlink(missing_ok=True)
        total -= size
        nbytes += size
        deleted += 1
    _remove_empty_folders(folder)
    return DeletedLogs(deleted, nbytes, total)


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Modification time, size and path; links are not followed."""
    for path in folder.rglob("*"):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        if path.is_file() and not path.is_symlink():
            yield found.st_mtime, found.st_size, path


def _remove_empty_folders(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), key=lambda each: len(each.parts), reverse=True):
        if path.is_dir() and not path.is_symlink():
            try:
                path.rmdir()
            except OSError:
                continue  # not empty, or a task is writing its first log


__all__ = ["DeletedLogs", "delete_old_logs"]
