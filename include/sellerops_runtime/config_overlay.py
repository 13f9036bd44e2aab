"""A configuration that differs from another in a few files; the rest is linked, so changes reach both."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path


def link_all(origin: Path, folder: Path, *, except_for: Collection[str]) -> None:
    """Link everything in ``origin`` into ``folder``, except for these names; existing links are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_symlink():
            old.unlink()
    for each in origin.iterdir():
        if each.name not in except_for:
            os.symlink(each, folder / each.name)
