"""What ``collect`` knows about the drop folder: files that a person or another system puts there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sellerops.settings.accounts import Account


@dataclass(frozen=True)
class DroppedFile:
    """One version of one file. ``path``: within the drop folder; ``etag``: the storage's, empty without one.

    ``modified``: aware, UTC, real time. ``marketplace``: the code that names the file's subfolder; None for a
    file directly in the report's folder, or in a subfolder that is none of the account's marketplaces.
    """

    path: str
    name: str
    size: int
    modified: datetime
    etag: str = ""
    marketplace: str | None = None

    @property
    def identity(self) -> str:
        """Differs after every change of the file. An etag alone may not: that of the content can recur."""
        version = f"{self.modified.isoformat(timespec='microseconds')} {self.etag}".strip()
        return f"{self.path} {self.size} {version}"


class DropFolder(Protocol):
    """One account's part of the drop folder. Nothing in it is ever moved, changed or deleted.

    Methods raise RetryableError while the storage does not answer, and ConfigurationError if it refuses
    access, its address cannot be used or the folder does not exist.
    """

    account: Account

    def files(self, report: str, pattern: str) -> Sequence[DroppedFile]:
        """The report's files whose names match ``pattern``, oldest first; hidden and temporary ones are
        ignored.
        """
        ...

    def copy(self, file: DroppedFile, target: Path) -> bool:
        """Copy a file to this machine. Returns False if it has changed since it was listed, or is gone."""
        ...
