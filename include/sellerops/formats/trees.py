"""Walks from the parts of a JSON or XML document to its rows, keeping their ancestors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sellerops.base.errors import UnreadableDocument
from sellerops.formats.json_exact import values_of
from sellerops.formats.json_splitting import Block
from sellerops.settings.specs import LeafRows

# The key at which a leaf has the names that lead to it, joined by `/`, unless it has such a key itself.
PATH = "path"


class Unit(NamedTuple):
    """A part of a document that is in memory as a whole, and its enclosing objects, outermost first."""

    value: Any
    outer: Sequence[Mapping[str, Any]]


class Units(Protocol):
    """A document's parts in order; a Block of several parts may come before its parts."""

    def __iter__(self) -> Iterator[Unit | Block]: ...


@dataclass
class DecodedUnits:
    """Yields the parts of ``units``, with blocks decoded."""

    units: Units

    def __iter__(self) -> Iterator[Unit]:
        for unit in self.units:
            if isinstance(unit, Block):
                yield from units_of(unit)
            else:
                yield unit


def units_of(block: Block) -> Iterator[Unit]:
    """Take a block and yield its parts; yields none if the plain reader must read it."""
    values = values_of(block)
    block.is_taken = values is not None
    for value in values or ():
        yield Unit(value, block.outer)


class Row(NamedTuple):
    """A row and its ancestors: ``chain[n]`` is the object reached by the first ``n`` names of ``rows``."""

    value: Any
    chain: Sequence[Mapping[str, Any]]


@dataclass
class RowWalker:
    """Yields the rows at ``rows`` in ``units``.

    A part without the list has no rows. If such parts contain other lists and no part has this one, the
    document is a different one, and UnreadableDocument is raised at the end. Lists inside list entries are
    optional: Amazon omits them when empty.
    """

    units: Units
    rows: tuple[str, ...]
    where: str
    leaves: LeafRows | None = None
    _seen: bool = False
    _strange: bool = False

    def __iter__(self) -> Iterator[Row | Block]:
        """The rows; a block of rows may come before they do."""
        for unit in self.units:
            if not isinstance(unit, Block):
                yield from self._rows_in(unit)
            elif self.leaves is None and len(unit.outer) == len(self.rows):
                self._seen = True
                yield unit
            else:
                for each in units_of(unit):
                    yield from self._rows_in(each)
        if self._strange and not self._seen:
            raise UnreadableDocument(f"it has no list `{'.'.join(self.rows)}`.", where=self.where)

    def _rows_in(self, unit: Unit) -> Iterator[Row]:
        if len(unit.outer) == len(self.rows):
            self._seen = True
            yield from self._row(unit.value, unit.outer)
        else:
            yield from self._below(unit.value, unit.outer, is_entry=False)

    def _below(self, value: Any, chain: Sequence[Mapping[str, Any]], *, is_entry: bool) -> Iterator[Row]:
        level = len(chain)
        if level == len(self.rows) or not isinstance(value, Mapping):
            self._seen = self._seen or level == len(self.rows)
            yield from self._row(value, chain)
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

    def _row(self, value: Any, chain: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
        if self.leaves is None:
            yield Row(value, chain)
        else:
            yield from (Row(leaf, chain) for leaf in _leaves_of(value, self.leaves, ""))


def _leaves_of(value: Any, leaves: LeafRows, above: str) -> Iterator[Any]:
    """The nodes that have no nodes below them, each with the names that lead to it."""
    if not isinstance(value, Mapping):
        yield value
        return
    path = f"{above}/{value.get(leaves.named) or ''}" if above else str(value.get(leaves.named) or "")
    below = value.get(leaves.below)
    if isinstance(below, list) and below:
        for each in below:
            yield from _leaves_of(each, leaves, path)
        return
    yield {PATH: path, **{name: each for name, each in value.items() if name != leaves.below}}
