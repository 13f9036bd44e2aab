"""Where the configuration lives and how a YAML file of it is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from sellerops.errors import ConfigurationError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def config_dir() -> Path:
    """The folder of configuration: ``$SELLEROPS_CONFIG_DIR``, else ``include/config`` of this project."""
    override = os.environ.get("SELLEROPS_CONFIG_DIR")
    return Path(override) if override else Path(__file__).resolve().parent.parent / "config"


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in ``path``. Raises ConfigurationError naming file and line when it is not one."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot be read: {error}.", where=str(path)) from error
    try:
        content = yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "not readable"
        raise ConfigurationError(
            f"is not valid YAML: {problem}.", where=place, remedy="Correct the line; mind the indentation."
        ) from error
    if not isinstance(content, dict):
        raise ConfigurationError("holds no mapping of keys to values.", where=str(path))
    return content


class _UniqueKeyLoader(_Loader):  # type: ignore[misc]
    """YAML takes the last of two equal keys without a word; a spec must not lose one that way."""


def _unique_mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice", key_node.start_mark
            )
        seen.add(key)
    mapping: dict[Any, Any] = yaml.SafeLoader.construct_mapping(loader, node, deep=True)
    return mapping


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
