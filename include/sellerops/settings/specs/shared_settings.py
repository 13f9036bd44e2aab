"""``like: <source>/<report>``: takes report type, family, description, format and tables from another file.

A file then has one layout, whether it is downloaded from a page or put into the drop folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sellerops.base.errors import SpecError
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import Files
from sellerops.settings.spec_files import suggestion

LIKE = "like"
_SHARED = ("report_type", "family", "description", "format", "tables")
_MOST_STEPS = 3


def shared_settings(own: dict[str, Any], path: Path, root: Path, files: Files) -> tuple[dict[str, Any], Path]:
    """The settings that ``own`` takes from the file that its ``like`` names, and that file's path.

    Without ``like``: no settings, and ``path``. Raises SpecError for an unknown file, and for files whose
    ``like`` refers to each other.
    """
    if LIKE not in own:
        return {}, path
    return _settings_of(own[LIKE], path, root, files, _MOST_STEPS)


def _settings_of(name: Any, path: Path, root: Path, files: Files, steps: int) -> tuple[dict[str, Any], Path]:
    named = _file_of(name, root)
    if named is None or named == path or not steps:
        others = [f"{each.parent.name}/{each.stem}" for each in sorted(root.glob("*/*.yaml")) if each != path]
        raise SpecError(
            f"`like: {name}` names no other report.", where=shown(path), remedy=suggestion(str(name), others)
        )
    content = files.yaml(named)
    taken = {key: content[key] for key in _SHARED if key in content}
    if LIKE not in content:
        return taken, named
    further, _ = _settings_of(content[LIKE], named, root, files, steps - 1)
    return overlaid(further, taken), named


def _file_of(name: Any, root: Path) -> Path | None:
    """The file of ``<source>/<report>``; None if there is none."""
    parts = name.split("/") if isinstance(name, str) else []
    if len(parts) != 2 or parts[0] in ("", ".", ".."):
        return None
    path = root / parts[0] / f"{parts[1]}.yaml"
    return path if os.path.lexists(path) else None


def overlaid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """``below`` with the values of ``above``; mappings are merged key by key at every depth."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(value, dict) and isinstance(under, str):
            under = {"type": under}
        is_deeper = isinstance(value, dict) and isinstance(under, dict)
        merged[key] = overlaid(dict(under or {}), value) if is_deeper else value
    return merged
