"""The places a row of a JSON or XML document can have a value at, and which of them are columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sellerops.base.errors import LimitExceeded
from sellerops.base.limits import LONGEST_PATH, MOST_PLACES
from sellerops.formats.paths import Path, Selector, Step, parse_path
from sellerops.settings.specs import TableSpec


@dataclass(eq=False)
class Node:
    """What is known of one place in a row.

    ``column``: the column of a value that stands here; ``rank``: above 0 for a column's other paths, of which
    the lowest that is there wins; ``is_elsewhere``: another table takes it, or what is in the elements of a
    list here (``leads_elsewhere``); ``is_kept``: within a list that has a column of its own, so that what is
    not known here is not lost; ``is_every``: each element of a list here adds to the columns below.
    """

    path: str
    column: str | None = None
    rank: int = 0
    is_elsewhere: bool = False
    leads_elsewhere: bool = False
    is_list: bool = False
    is_every: bool = False
    is_kept: bool = False
    below: dict[str, Node] = field(default_factory=dict)
    choices: dict[Selector, Node] = field(default_factory=dict)

    def child(self, key: str) -> Node:
        """The place below; an empty name, an xml element's own text, is the place itself."""
        found = self.below.get(key)
        if found is None:
            path = f"{self.path}.{key}" if self.path else key
            found = self if not key else Node(path, is_kept=self.is_kept)
            self.below[key] = found
        return found

    def chosen(self, choice: Selector) -> Node:
        found = self.choices.get(choice)
        if found is None:
            sign = choice.place if choice.place is not None else f"{choice.key}={choice.value}"
            found = self.choices[choice] = Node(f"{self.path}[{sign}]")
        return found

    @property
    def is_peculiar(self) -> bool:
        """Whether more than the value itself decides where it goes."""
        return bool(self.choices or self.rank or self.is_list or self.is_every or self.is_kept)

    def columns_below(self) -> Iterator[str]:
        """The columns of an object that stands here."""
        for node in self.below.values():
            if node is not self:
                if node.column:
                    yield node.column
                yield from node.columns_below()

    def keep(self) -> None:
        """Mark what is within lists that have a column of their own."""
        for node in (*self.below.values(), *self.choices.values()):
            if node is not self:
                node.is_kept = self.is_kept or (node in self.choices.values() and self.column is not None)
                node.keep()

    def at(self, steps: Sequence[Step]) -> Node:
        """The place at the end of a column's path, made where it is not there yet."""
        node = self
        for step in steps:
            node = node.child(step.key)
            if step.choice is not None:
                if step.choice == Selector():
                    node.is_list = True
                elif step.choice.every:
                    node.is_every = True
                else:
                    node = node.chosen(step.choice)
        return node


def column_paths(table: TableSpec) -> list[tuple[str, int, Path]]:
    """Every path of every column: its name, the path's rank, the path."""
    return [
        (name, rank, parse_path(source, table.row_steps))
        for name, column in table.read_columns.items()
        for rank, source in enumerate((column.source or name, *column.also))
    ]


def read_above(table: TableSpec) -> list[set[str]]:
    """For each name of ``table.rows`` the keys beside it that columns read: they stand before the rows."""
    wanted: list[set[str]] = [set() for _ in table.row_steps]
    for _, _, path in column_paths(table):
        if path.level is not None and path.steps:
            wanted[path.level].add(path.steps[0].key)
    return wanted


def refuse_too_many_places(count: int, node: Node, key: str, *, where: str) -> None:
    """Raise LimitExceeded when ``key`` is one unknown place too many, or its name is too long."""
    if count > MOST_PLACES:
        raise LimitExceeded(
            f"its rows have values at more than {MOST_PLACES} different places.",
            where=where,
            limit="MOST_PLACES",
        )
    if len(node.path) + len(key) > LONGEST_PATH:
        raise LimitExceeded(
            f"the name `{key[:80]}...` of a value is longer than {LONGEST_PATH} characters.",
            where=where,
            limit="LONGEST_PATH",
        )
