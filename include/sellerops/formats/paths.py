"""Dotted paths to a column's value in a JSON or XML document, from the row or (``/``) from the root.

``a.b`` is the value ``b`` in the object ``a`` of the row. ``/x.y`` starts at the document's root (jsonl: the
line; xml: below the root element) and, as far as it follows the table's ``rows``, goes through the elements
that contain the row. A step may select from a list: ``items[kind=new]`` the first object whose ``kind`` is
``new``, ``items[0]`` by position, ``items[]`` the whole list even if it is a single xml element.
``items[*].x`` is the ``x`` of every element: numbers are added up, other values become a JSON list unless all
are equal. ``@name`` is an xml attribute.
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
    """Selects from a list: an element by position or by one of its values, every element, or the list."""

    place: int | None = None
    key: str | None = None
    value: str | None = None
    every: bool = False


@dataclass(frozen=True)
class Step:
    """One name of a path, and what to select if its value is a list."""

    key: str
    selector: Selector | None = None


@dataclass(frozen=True)
class Path:
    """Steps below the row, or below its ancestor at ``level`` (counted in names of ``rows``)."""

    steps: tuple[Step, ...]
    level: int | None = None

    @property
    def is_list(self) -> bool:
        """Whether the value is a whole list, including a single xml element."""
        return bool(self.steps) and self.steps[-1].selector == Selector()


def split_path(text: str) -> tuple[Step, ...]:
    """The steps of a dotted path. Raises ConfigurationError if it is not valid."""
    steps: list[Step] = []
    end = 0
    while end < len(text):
        found = _STEP.match(text, end)
        if found is None or (found.end() == len(text) and text.endswith(".")):
            raise ConfigurationError(
                f"{text!r} is not a valid path.",
                remedy="Write names separated by points: `price.amount`, `list[0].x`.",
            )
        key, place, every, wanted, value, bracket = found.groups()
        selector = Selector(int(place) if place else None, wanted, value, bool(every)) if bracket else None
        steps.append(Step(key, selector))
        end = found.end()
    return tuple(steps)


def parse_path(text: str, rows: Sequence[str]) -> Path:
    """A column's path for a table whose rows are at ``rows``. Raises ConfigurationError if invalid."""
    if not text.startswith("/"):
        return Path(split_path(text))
    steps = split_path(text[1:])
    level = 0
    while level < min(len(rows), len(steps)) and steps[level] == Step(rows[level]):
        level += 1
    is_above = level < len(rows)
    if is_above and any(step.selector and step.selector.every for step in steps[level:]):
        raise ConfigurationError(
            f"{text!r} reads every element of a list outside the row.",
            remedy="Use `[*]` within the row only; select one element, or keep the list with `[]`.",
        )
    return Path(steps[level:], level if is_above else None)


def pick(value: Any, steps: Sequence[Step]) -> Any:
    """The value at the end of ``steps``, or None.

    For a list on the path: the value of its entries if all agree, else the list of their values.
    """
    for place, step in enumerate(steps):
        if isinstance(value, list):
            found = [each for entry in value if (each := pick(entry, steps[place:])) is not None]
            return found[0] if found and all(each == found[0] for each in found) else found or None
        if not isinstance(value, Mapping):
            return None
        value = value.get(step.key)
        if step.selector is not None:
            value = _chosen(value, step.selector)
    return value


def _chosen(value: Any, selector: Selector) -> Any:
    entries = as_list(value)
    if selector.place is not None:
        return entries[selector.place] if selector.place < len(entries) else None
    if selector.key is None:
        return entries
    return next((entry for entry in entries if is_selected(entry, 0, selector)), None)


def as_list(value: Any) -> list[Any]:
    """``value`` if it is a list; a single xml element becomes a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def is_selected(entry: Any, place: int, selector: Selector) -> bool:
    """Whether an element of a list has the position or value that ``selector`` asks for."""
    if selector.key is None:
        return place == selector.place
    return isinstance(entry, Mapping) and str(entry.get(selector.key)) == selector.value
