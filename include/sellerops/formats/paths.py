"""Where in a JSON or XML document a column stands: dotted paths, from the row or (``/``) from the root.

``a.b`` is the value ``b`` in the object ``a`` of the row. ``/x.y`` starts at the document's root (jsonl: the
line's; xml: below the root element) and, where it runs along the table's ``rows``, goes into the very
elements the row stands in. A step may choose from a list: ``items[kind=new]`` the first object whose
``kind`` is so, ``items[0]`` by place, ``items[]`` the whole list even when it is a single xml element.
``items[*].x`` is the ``x`` of every element: numbers added up, other values as a JSON list unless all are the
same. ``@name`` is an xml attribute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sellerops.base.errors import ConfigurationError

_STEP = re.compile(r"([^.\[\]]+)(?:\[(?:(\d+)|(\*)|([^\]=]+)=([^\]]*)|)(\]))?(?:\.|$)")


@dataclass(frozen=True)
class Selector:
    """Which element of a list: by place, by the text of one of its values, or every one; else the list."""

    place: int | None = None
    key: str | None = None
    value: str | None = None
    every: bool = False


@dataclass(frozen=True)
class Step:
    """One name of a path, and what is chosen when a list stands there."""

    key: str
    choice: Selector | None = None


@dataclass(frozen=True)
class Path:
    """A column's place: steps below the row, or below its ancestor at ``level`` (in names of ``rows``)."""

    steps: tuple[Step, ...]
    level: int | None = None

    @property
    def is_list(self) -> bool:
        """Whether it is a whole list, one xml element too."""
        return bool(self.steps) and self.steps[-1].choice == Selector()


def split_path(text: str) -> tuple[Step, ...]:
    """The steps of a dotted path. Raises ConfigurationError when it is none."""
    steps: list[Step] = []
    end = 0
    while end < len(text):
        found = _STEP.match(text, end)
        if found is None or (found.end() == len(text) and text.endswith(".")):
            raise ConfigurationError(
                f"{text!r} is no path.",
                remedy="Write names with points between: `price.amount`, `list[0].x`.",
            )
        key, place, every, wanted, value, bracket = found.groups()
        choice = Selector(int(place) if place else None, wanted, value, bool(every)) if bracket else None
        steps.append(Step(key, choice))
        end = found.end()
    return tuple(steps)


def parse_path(text: str, rows: Sequence[str]) -> Path:
    """A column's path for a table whose rows stand at ``rows``."""
    if not text.startswith("/"):
        return Path(split_path(text))
    steps = split_path(text[1:])
    level = 0
    while level < min(len(rows), len(steps)) and steps[level] == Step(rows[level]):
        level += 1
    is_above = level < len(rows)
    if is_above and any(step.choice and step.choice.every for step in steps[level:]):
        raise ConfigurationError(
            f"{text!r} reads every element of a list that stands beside the rows.",
            remedy="`[*]` goes with values within the row; choose one element, or keep the list with `[]`.",
        )
    return Path(steps[level:], level if is_above else None)


def pick(value: Any, steps: Sequence[Step]) -> Any:
    """What stands at the end of ``steps``, or None; the different values of a list on the way as a list."""
    for place, step in enumerate(steps):
        if isinstance(value, list):
            found = [each for entry in value if (each := pick(entry, steps[place:])) is not None]
            return found[0] if found and all(each == found[0] for each in found) else found or None
        if not isinstance(value, Mapping):
            return None
        value = value.get(step.key)
        if step.choice is not None:
            value = _chosen(value, step.choice)
    return value


def _chosen(value: Any, choice: Selector) -> Any:
    entries = as_list(value)
    if choice.place is not None:
        return entries[choice.place] if choice.place < len(entries) else None
    if choice.key is None:
        return entries
    return next((entry for entry in entries if is_selected(entry, 0, choice)), None)


def as_list(value: Any) -> list[Any]:
    """A list as it is; one xml element is a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def is_selected(entry: Any, place: int, choice: Selector) -> bool:
    """Whether an element of a list stands at the place, or has the value, that is asked for."""
    if choice.key is None:
        return place == choice.place
    return isinstance(entry, Mapping) and str(entry.get(choice.key)) == choice.value
