"""Where what lives no longer than a test session is kept."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
# What the servers of a session's processes need together, with room to spare.
_NEEDED_BYTES = 2 << 30


def new_folder(prefix: str) -> Path:
    """A new temporary folder, in memory if that has room and lets programs run (Docker's does neither).

    A file system on a disk costs the processor several times as much: a test's database is 400 files.
    """
    return Path(tempfile.mkdtemp(prefix=prefix, dir=_SHARED_MEMORY if _is_suitable() else None))


def _is_suitable() -> bool:
    try:
        found = os.statvfs(_SHARED_MEMORY)
    except OSError:
        return False
    return (
        os.access(_SHARED_MEMORY, os.W_OK)
        and not found.f_flag & os.ST_NOEXEC
        and found.f_bavail * found.f_frsize >= _NEEDED_BYTES
    )
