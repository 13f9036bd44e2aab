"""What a failed browser job saw: a screenshot, the page and a Playwright trace, without secrets.

Layout below the archive's root: ``evidence/<login>/<job id>/{screenshot.png,page.html,trace.zip}``. The
archive may be a local folder or any fsspec address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SCREENSHOT, PAGE, TRACE = "screenshot.png", "page.html", "trace.zip"


@dataclass(frozen=True)
class EvidenceStore:
    """Keeps evidence below ``root``: a local path, ``file://...``, or an fsspec address."""

    root: str

    @classmethod
    def of_archive(cls, archive_root: str) -> EvidenceStore:
        """The evidence beside the documents of an archive."""
        return cls(f"{archive_root.rstrip('/')}/evidence")

    def save(self, login_id: str, job_id: int, files: Mapping[str, bytes]) -> str:
        """Store a job's files by name; returns the address of their folder."""
        raise NotImplementedError

    def files(self, uri: str) -> list[str]:
        """The names of the files in a job's folder, as returned by ``save``."""
        raise NotImplementedError

    def read(self, uri: str, name: str) -> bytes:
        """One file of a job's folder. Raises FileNotFoundError."""
        raise NotImplementedError

    def delete_old(self, before: datetime) -> int:
        """Delete the evidence that was stored before an aware time; returns how many jobs it was of."""
        raise NotImplementedError
