"""The fields that an answer has to have, and how one differs: by name, never by value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shape:
    """``fields``: paths such as ``payload[].marketplace.id``; ``optional``: those that may be missing."""

    fields: frozenset[str]
    optional: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *fields: str, optional: tuple[str, ...] = ()) -> Shape:
        return cls(frozenset(fields), frozenset(optional))

    def differences(self, answer: Any) -> list[str]:
        """Missing and unknown fields, one line each."""
        found = set(leaves(answer))
        # Nothing is said of the fields of a list without elements.
        empty = {path for path in found if path.endswith("[]")}
        missing = {each for each in self.fields - found if not any(each.startswith(path) for path in empty)}
        unknown = found - empty - self.fields - self.optional
        return [
            *(f"missing {each}" for each in sorted(missing)),
            *(f"unknown {each}" for each in sorted(unknown)),
        ]


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all values; ``x[]`` for an empty list ``x``."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from leaves(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        if not value:
            yield f"{path}[]"
        for below in value:
            yield from leaves(below, f"{path}[]")
    else:
        yield path
