"""Locates the configuration folder and reads its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.base.yaml_parser import LARGEST_BYTES, YamlError, parse_yaml

# Resolved once: every marketplace of every slice needs it, and resolving it each time would dominate the
# time of planning.
_OWN = Path(__file__).resolve().parents[2] / "config"


def config_dir() -> Path:
    """The configuration folder: ``$SELLEROPS_CONFIG_DIR``, else ``include/config`` of this project."""
    override = os.environ.get("SELLEROPS_CONFIG_DIR")
    return Path(override) if override else _OWN


def shown(path: Path) -> str:
    """The path as text that any database and terminal accepts: file names may be arbitrary bytes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in ``path``. Raises ConfigurationError with file and line if it is not a mapping."""
    return parse_mapping(read_text(path), path)


def read_text(path: Path) -> str:
    """The text of a configuration file. Raises ConfigurationError; never blocks on a pipe or device."""
    where = shown(path)
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError("is not a file.", where=where, remedy="Move it out of the folder.")
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigurationError(
                f"is larger than {LARGEST_BYTES:,} bytes.", where=where, remedy="Put the right file here."
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"cannot be read: {str(error).replace(str(path), path.name)}.".encode(
                "utf-8", "backslashreplace"
            ).decode(),
            where=where,
            remedy="Save it as UTF-8 and make it readable by Airflow's user.",
        ) from error


def parse_mapping(text: str, path: Path) -> dict[str, Any]:
    """The mapping in ``text``, read from ``path``. Raises ConfigurationError with file and line."""
    try:
        content = parse_yaml(text)
    except YamlError as error:
        raise ConfigurationError(
            f"is not valid YAML: {error.problem}.",
            where=f"{shown(path)}:{error.line}" if error.line else shown(path),
            remedy="Correct the line; check the indentation.",
        ) from error
    if not isinstance(content, dict):
        raise ConfigurationError("is not a mapping of keys to values.", where=shown(path))
    return content
