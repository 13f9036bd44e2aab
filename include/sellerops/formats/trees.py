"""From the parts of a JSON or XML document to its rows: nested lists walked, ancestors at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sellerops.errors import UnreadableDocument


class Unit(NamedTuple):
    """A part of a document that is in memory as a whole, and the objects it stands in, outermost first."""

    value: Any
    outer: Sequence[Mapping[str, Any]]


class Units(Protocol):
    """A document's parts in their order."""

    def __iter__(self) -> Iterator[Unit]: ...


class Row(NamedTuple):
    """A row and its ancestors: ``chain[n]`` is the object reached by the first ``n`` names of ``rows``."""

    value: Any
    chain: Sequence[Mapping[str, Any]]


@dataclass
class RowsOf:
    """The rows at ``rows`` in ``units``.

    A part without the list is one without rows, unless another list stands there: when no part ever has the
    list then, it is another document, and UnreadableDocument is raised at the end. Lists within the entries
    of a list are optional: Amazon leaves them out where they would be empty.
    """

    units: Units
    rows: tuple[str, ...]
    where: str
    _seen: bool = False
    _strange: bool = False

    def __iter__(self) -> Iterator[Row]:
        for unit in self.units:
            if len(unit.outer) == len(self.rows):
                self._seen = True
                yield Row(unit.value, unit.outer)
            else:
                yield from self._below(unit.value, unit.outer, is_entry=False)
        if self._strange and not self._seen:
            raise UnreadableDocument(f"there is no list `{'.'.join(self.rows)}` in it.", where=self.where)

    def _below(self, value: Any, chain: Sequence[Mapping[str, Any]], *, is_entry: bool) -> Iterator[Row]:
        level = len(chain)
        if level == len(self.rows) or not isinstance(value, Mapping):
            self._seen = self._seen or level == len(self.rows)
            yield Row(value, chain)
            return
        key = self.rows[level]
        if key not in value:
            self._seen = self._seen or is_entry
            self._strange = self._strange or any(isinstance(each, list) for each in value.values())
            return
        inner = value[key]
        if inner is None or inner == []:
            self._seen = True
            return
        is_entry = is_entry or isinstance(inner, list)
        for entry in inner if isinstance(inner, list) else [inner]:
            yield from self._below(entry, [*chain, value], is_entry=is_entry)
