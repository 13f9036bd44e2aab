"""Files that a browser downloads, each job's in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BrowserFile:
    """A file below the session's ``downloads``, deleted with it.

    ``name``: as the site suggests it, without folders. ``media_type``: of the response; empty for a
    download that the browser saved itself. ``status``: HTTP status of a requested file, 200 for a download.
    """

    path: Path
    name: str
    media_type: str = ""
    status: int = 200
