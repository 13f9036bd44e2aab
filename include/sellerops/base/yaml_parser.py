"""Parsing YAML with limits on size, depth and aliases; duplicate keys are errors.

The limits are checked on the stream of parser events, before anything is composed: PyYAML composes
recursively, which crashes the process (no exception) at some ten thousand levels, and a few aliases can
expand to millions of nodes.
"""

from __future__ import annotations

import pickle
from functools import lru_cache
from typing import Any

import yaml

# The largest file of the project has 20 KB; the deepest nests 7 levels.
LARGEST_BYTES = 1024 * 1024
DEEPEST = 32
MOST_NODES = 200_000
# A process parses the same few hundred files again and again: specs, their defaults, the accounts.
_MOST_TEXTS = 1024

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STARTS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


class YamlError(Exception):
    """The YAML is invalid. ``line`` counts from 1; None if the error has no line."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        self.problem = problem
        self.line = line
        super().__init__(problem)


def parse_yaml(text: str) -> Any:
    """The values in ``text``, a fresh copy for each caller. Raises YamlError with the line."""
    try:
        return pickle.loads(_parsed(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
        raise YamlError(str(problem), mark.line + 1 if mark else None) from error
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        # A date that does not exist, a number of 5,000 digits, a list as a key.
        raise YamlError(str(error) or type(error).__name__) from error


@lru_cache(maxsize=_MOST_TEXTS)
def _parsed(text: str) -> bytes:
    """The values, pickled: unpickling takes a twentieth of the time of parsing. Forks inherit the cache."""
    _check_bounds(text)
    return pickle.dumps(yaml.load(text, Loader=_UniqueKeyLoader))


def _check_bounds(text: str) -> None:
    """Count nodes with every alias expanded, since that is what a reader of the values walks."""
    if len(text) > LARGEST_BYTES:
        raise YamlError(f"longer than {LARGEST_BYTES:,} characters")
    anchored: dict[str, int] = {}
    path: list[list[Any]] = [["", 0]]  # anchor and nodes so far, of each open collection
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, _STARTS):
            path.append([event.anchor, 1])
            if len(path) > DEEPEST:
                raise YamlError(f"nested deeper than {DEEPEST} levels", line)
            continue
        if isinstance(event, _ENDS):
            anchor, nodes = path.pop()
        elif isinstance(event, yaml.ScalarEvent):
            if "\0" in event.value:
                raise YamlError("a value contains a zero byte", line)
            anchor, nodes = event.anchor, 1
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchored:
                raise YamlError(f"the alias *{event.anchor} refers to no earlier anchor", line)
            anchor, nodes = None, anchored[event.anchor]
        else:
            continue
        if anchor:
            anchored[anchor] = nodes
        path[-1][1] += nodes
        if path[-1][1] > MOST_NODES:
            raise YamlError(f"more than {MOST_NODES:,} values with aliases expanded", line)


class _UniqueKeyLoader(_Loader):  # type: ignore[misc]
    """Refuses duplicate keys: PyYAML silently keeps the last one, and a spec must not lose a key that way."""


def _unique_mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
        seen.add(key)
    mapping: dict[Any, Any] = yaml.SafeLoader.construct_mapping(loader, node, deep=True)
    return mapping


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
