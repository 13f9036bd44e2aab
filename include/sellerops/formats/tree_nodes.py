"""The tree of paths in a row of a JSON or XML document, and the columns they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sellerops.base.errors import LimitExceeded
from sellerops.base.limits import LONGEST_PATH, MOST_PLACES
from sellerops.formats.paths import Path, Selector, Step, parse_path
from sellerops.settings.specs import TableSpec


@dataclass(eq=False)
class Node:
    """What is known about one path in a row.

    ``column``: the column of a value here; ``rank``: above 0 for a column's alternative paths, the lowest
    present one wins; ``is_elsewhere``: another table reads this path; ``leads_elsewhere``: another table
    reads from the elements of a list here; ``is_kept``: inside a list that has its own column, so unknown
    values need no column; ``is_every``: each element of a list here contributes to the columns below.
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
    selectors: dict[Selector, Node] = field(default_factory=dict)

    def child(self, key: str) -> Node:
        """The node for ``key``; the empty key, an xml element's own text, is this node itself."""
        found = self.below.get(key)
        if found is None:
            path = f"{self.path}.{key}" if self.path else key
            found = self if not key else Node(path, is_kept=self.is_kept)
            self.below[key] = found
        return found

    def chosen(self, selector: Selector) -> Node:
        found = self.selectors.get(selector)
        if found is None:
            sign = selector.place if selector.place is not None else f"{selector.key}={selector.value}"
            found = self.selectors[selector] = Node(f"{self.path}[{sign}]")
        return found

    @property
    def is_peculiar(self) -> bool:
        """Whether a value alone does not decide its column."""
        return bool(self.selectors or self.rank or self.is_list or self.is_every or self.is_kept)

    def columns_below(self) -> Iterator[str]:
        """The columns of an object here."""
        for node in self.below.values():
            if node is not self:
                if node.column:
                    yield node.column
                yield from node.columns_below()

    def keep(self) -> None:
        """Mark the nodes inside lists that have their own column."""
        for node in (*self.below.values(), *self.selectors.values()):
            if node is not self:
                node.is_kept = self.is_kept or (node in self.selectors.values() and self.column is not None)
                node.keep()

    def at(self, steps: Sequence[Step]) -> Node:
        """The node at the end of a column's path, created if necessary."""
        node = self
        for step in steps:
            node = node.child(step.key)
            if step.selector is not None:
                if step.selector == Selector():
                    node.is_list = True
                elif step.selector.every:
                    node.is_every = True
                else:
                    node = node.chosen(step.selector)
        return node


def column_paths(table: TableSpec) -> list[tuple[str, int, Path]]:
    """All paths of all columns, as (column name, rank, path)."""
    return [
        (name, rank, parse_path(source, table.row_steps))
        for name, column in table.read_columns.items()
        for rank, source in enumerate((column.source or name, *column.also))
    ]


def read_above(table: TableSpec) -> list[set[str]]:
    """For each name of ``table.rows``, the sibling keys that columns read; they must precede the rows."""
    wanted: list[set[str]] = [set() for _ in table.row_steps]
    for _, _, path in column_paths(table):
        if path.level is not None and path.steps:
            wanted[path.level].add(path.steps[0].key)
    return wanted


def refuse_too_many_places(count: int, node: Node, key: str, *, where: str) -> None:
    """Raise LimitExceeded if ``key`` is one unknown path too many, or too long."""
    if count > MOST_PLACES:
        raise LimitExceeded(
            f"its rows have values at more than {MOST_PLACES} different paths.",
            where=where,
            limit="MOST_PLACES",
        )
    if len(node.path) + len(key) > LONGEST_PATH:
        raise LimitExceeded(
            f"the name `{key[:80]}...` of a value is longer than {LONGEST_PATH} characters.",
            where=where,
            limit="LONGEST_PATH",
        )
