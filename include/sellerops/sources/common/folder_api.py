"""What ``collect`` knows of the drop folder: files that a person or another system puts there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sellerops.settings.accounts import Account


@dataclass(frozen=True)
class DroppedFile:
    """One version of one file. ``path``: within the drop folder; ``etag``: the store's, empty without one.

    ``modified``: aware, UTC, real time. ``marketplace``: the subfolder's code; None directly in the report's
    folder.
    """

    path: str
    name: str
    size: int
    modified: datetime
    etag: str = ""
    marketplace: str | None = None

    @property
    def identity(self) -> str:
        """Another one after every change of the file; an etag may be that of the content, and come again."""
        version = f"{self.modified.isoformat(timespec='microseconds')} {self.etag}".strip()
        return f"{self.path} {self.size} {version}"


class DropFolder(Protocol):
    """One account's part of the drop folder. Nothing in it is ever moved, changed or deleted.

    Methods raise RetryableError while the storage does not answer, ConfigurationError if it refuses access or
    the folder does not exist.
    """

    account: Account

    def files(self, report: str, pattern: str) -> Sequence[DroppedFile]:
        """The report's files whose names match ``pattern``, oldest first; hidden and temporary ones are
        ignored.
        """
        ...

    def copy(self, file: DroppedFile, target: Path) -> bool:
        """Copy a file to this machine. False: it has changed since it was listed, or is gone."""
        ...
