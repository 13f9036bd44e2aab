"""Rows of JSON and XML documents: objects flattened to their leaves, streamed, with exact numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from sellerops.formats.assembly import Assembler, Texts
from sellerops.formats.json_stream import JsonLines, JsonUnits, LongNumber, Number, Repeating
from sellerops.formats.names import (
    Field,
    free_name,
    refuse_missing,
    refuse_too_many,
    reserved_names,
    snake_case,
)
from sellerops.formats.paths import Choice, Path, Step, as_list, is_chosen, parse_path, pick
from sellerops.formats.rows import DriftReport, RejectReason, RowReject, Rows, Tally
from sellerops.formats.sniff import Document
from sellerops.formats.trees import Row, RowsOf, Units
from sellerops.formats.xml_stream import XmlUnits
from sellerops.specs import ColumnType, FileFormat, TableSpec

BATCH_ITEMS = 2000


@dataclass(eq=False)
class _Node:
    """What is known of one place in a row.

    ``column``: the column of a value that stands here; ``rank``: above 0 for a column's other paths, of which
    the lowest that is there wins; ``is_elsewhere``: another table takes it, or what is in the elements of a
    list here (``leads_elsewhere``); ``is_kept``: within a list that has a column of its own, so that what is
    not known here is not lost.
    """

    path: str
    column: str | None = None
    rank: int = 0
    is_elsewhere: bool = False
    leads_elsewhere: bool = False
    is_list: bool = False
    is_kept: bool = False
    below: dict[str, _Node] = field(default_factory=dict)
    choices: dict[Choice, _Node] = field(default_factory=dict)

    def child(self, key: str) -> _Node:
        """The place below; an empty name, an xml element's own text, is the place itself."""
        found = self.below.get(key)
        if found is None:
            path = f"{self.path}.{key}" if self.path else key
            found = self if not key else _Node(path, is_kept=self.is_kept)
            self.below[key] = found
        return found

    def chosen(self, choice: Choice) -> _Node:
        found = self.choices.get(choice)
        if found is None:
            sign = choice.place if choice.place is not None else f"{choice.key}={choice.value}"
            found = self.choices[choice] = _Node(f"{self.path}[{sign}]")
        return found

    def keep(self) -> None:
        """Mark what is within lists that have a column of their own."""
        for node in (*self.below.values(), *self.choices.values()):
            if node is not self:
                node.is_kept = self.is_kept or (node in self.choices.values() and self.column is not None)
                node.keep()

    def at(self, steps: Sequence[Step]) -> _Node:
        """The place at the end of a column's path, made where it is not there yet."""
        node = self
        for step in steps:
            node = node.child(step.key)
            if step.choice is not None:
                if step.choice == Choice():
                    node.is_list = True
                else:
                    node = node.chosen(step.choice)
        return node


def column_paths(table: TableSpec) -> list[tuple[str, int, Path]]:
    """Every path of every column: its name, the path's rank, the path."""
    rows = table.rows.split(".") if table.rows else []
    return [
        (name, rank, parse_path(source, rows))
        for name, column in table.columns.items()
        for rank, source in enumerate((column.source or name, *column.also))
    ]


def read_above(table: TableSpec) -> list[set[str]]:
    """For each name of ``table.rows`` the keys beside it that columns read: they stand before the rows."""
    wanted: list[set[str]] = [set() for _ in table.rows.split(".")]
    for _, _, path in column_paths(table):
        if path.level is not None and path.steps:
            wanted[path.level].add(path.steps[0].key)
    return wanted


def rows_of(document: Document, table: TableSpec, file_format: FileFormat, where: str) -> RowsOf:
    """The rows of ``table`` in a document of JSON, of JSON lines or of XML."""
    rows = tuple(table.rows.split(".")) if table.rows else ()
    units: Units
    if file_format.kind == "jsonl":
        units = JsonLines(document, where)
    elif file_format.kind == "json":
        units = JsonUnits(document, rows, read_above(table), where)
    else:
        levels = [path.level for _, _, path in column_paths(table) if path.level]
        units = XmlUnits(document, rows, min(levels, default=len(rows)), read_above(table), where)
    return RowsOf(units, rows, where)


class TreeReader:
    """Rows of the elements at ``table.rows``; columns a later one brings along appear in later batches."""

    def __init__(
        self, rows: RowsOf, table: TableSpec, assembler: Assembler, tally: Tally, where: str
    ) -> None:
        self._rows = rows
        self._table = table
        self._assembler = assembler
        self._tally = tally
        self._where = where
        self._fields = [Field(name, column.type) for name, column in table.columns.items()]
        self._names = {*table.columns, *reserved_names(table)}
        self._unseen = set(table.columns)
        self._found: list[str] = []
        self._root = _Node("")
        self._above: list[tuple[str, int, Path]] = []
        for name, rank, path in column_paths(table):
            if path.level is None:
                node = self._root.at(path.steps)
                node.column, node.rank = name, rank
            else:
                self._above.append((name, rank, path))
        self._root.keep()
        for path_text in table.elsewhere:
            steps = parse_path(path_text, ()).steps
            self._root.at(steps).is_elsewhere = True
            for number in range(1, len(steps)):
                self._root.at(steps[:number]).leads_elsewhere = True
        self._inherited: tuple[Sequence[Mapping[str, Any]], dict[str, str]] = ([], {})
        self._beside: dict[str, str] = {}
        self.drift = DriftReport()

    @property
    def schema(self) -> pa.Schema:
        return self._assembler.schema(self._fields)

    def batches(self) -> Iterator[pa.RecordBatch]:
        rows: list[dict[str, str]] = []
        items: list[Any] = []
        lines: list[int] = []
        number = 0
        for number, row in enumerate(self._rows, start=1):
            leaves = self._flatten(row, number)
            if leaves is None:
                continue
            rows.append(leaves)
            items.append(row.value)
            lines.append(number)
            if len(rows) == BATCH_ITEMS:
                yield self._assemble(rows, items, lines)
                rows, items, lines = [], [], []
        if rows:
            yield self._assemble(rows, items, lines)
        if number:
            self.drift.missing = [name for name in self._table.columns if name in self._unseen]

    def texts(self) -> Iterator[Rows]:
        """The same: a row of a tree has no line of its own."""
        yield from self.batches()

    def _flatten(self, row: Row, number: int) -> dict[str, str] | None:
        """Column to text of one row; None when it cannot be one."""
        leaves: dict[str, str] = {}
        others: list[tuple[int, _Node, str]] = []
        if isinstance(row.value, dict):
            self._leaves(row.value, self._root, leaves, others)
            if self._above:
                self._inherit(row.chain, leaves)
            for _, node, text in sorted(others, key=lambda each: each[0]) if others else ():
                self._settle(node, text, leaves)
            wrong = None
            if self._rows.units.is_suspect:
                wrong = next((name for name, text in leaves.items() if not _is_storable(text)), None)
            if wrong is None:
                return leaves
        else:
            wrong = None
        self._tally.rows_in_file += 1
        reason = RejectReason.UNREADABLE_VALUE if wrong else RejectReason.TOO_FEW_FIELDS
        self._tally.reject(RowReject(number, reason, wrong, leaves.get(wrong or ""), as_json(row.value)))
        return None

    def _leaves(
        self,
        value: Mapping[str, Any],
        node: _Node,
        leaves: dict[str, str],
        others: list[tuple[int, _Node, str]],
    ) -> None:
        """Every value that is no object, by column; an object with nothing in it says nothing."""
        below = node.below
        for key, inner in value.items():
            here = below.get(key) or node.child(key)
            kind = type(inner)
            if here.is_elsewhere:
                continue
            if here.choices:
                rest = self._choose(inner, here, leaves, others)
                if here.column is None:
                    inner, kind = rest, list
            if here.is_list:
                inner, kind = as_list(inner), list
            if kind is str or kind is Number:
                text = inner
            elif kind is dict or kind is Repeating:
                self._leaves(inner, here, leaves, others)
                continue
            elif inner is None or inner == []:
                if inner is None and here.below and self._unseen:
                    self._see_below(here)
                if here.column:
                    self._see(here)
                continue
            elif here.leads_elsewhere and kind is list and here.column is None:
                continue
            else:
                text = _text(inner)
            if here.is_kept and here.column is None:
                continue
            if here.rank:
                others.append((here.rank, here, text))
            else:
                leaves[here.column or self._new_column(here)] = text
                if self._unseen:
                    self._see(here)

    def _see_below(self, node: _Node) -> None:
        """An object that is null says of its values that there are none, not that they are unknown."""
        for inner in node.below.values():
            if inner is not node:
                if inner.column:
                    self._see(inner)
                self._see_below(inner)

    def _choose(
        self, value: Any, node: _Node, leaves: dict[str, str], others: list[tuple[int, _Node, str]]
    ) -> list[Any]:
        """Read the chosen elements of a list; what nobody chose is returned."""
        rest: list[Any] = []
        done: set[Choice] = set()
        for place, entry in enumerate(as_list(value)):
            choice = next((each for each in node.choices if is_chosen(entry, place, each)), None)
            if choice is None or choice in done:
                rest.append(entry)
                continue
            done.add(choice)
            chosen = node.choices[choice]
            inner = entry if isinstance(entry, dict) else {"": entry}
            key = choice.key if choice.key is not None and choice.key not in chosen.below else None
            self._leaves({name: each for name, each in inner.items() if name != key}, chosen, leaves, others)
        return rest

    def _inherit(self, chain: Sequence[Mapping[str, Any]], leaves: dict[str, str]) -> None:
        """The columns that stand in the row's ancestors, read once for all rows of the same ones."""
        known, values = self._inherited
        if len(known) != len(chain) or any(one is not other for one, other in zip(known, chain, strict=True)):
            values = {}
            for name, _, path in self._above:
                value = pick(chain[path.level or 0], path.steps) if (path.level or 0) < len(chain) else None
                if isinstance(value, Mapping) and "" in value:
                    value = value[""]
                if value is not None and value != [] and name not in values:
                    values[name] = _text(value)
                    self._unseen.discard(name)
            self._inherited = (list(chain), values)
        leaves.update(values)

    def _settle(self, node: _Node, text: str, leaves: dict[str, str]) -> None:
        """A value at a column's other path: the column's when it has none yet, else one beside it."""
        assert node.column is not None
        if node.column not in leaves:
            leaves[node.column] = text
            self._see(node)
        else:
            if node.path not in self._beside:
                self._beside[node.path] = self._unknown(node.path, node.column)
            leaves[self._beside[node.path]] = text

    def _see(self, node: _Node) -> None:
        if node.column:
            self._unseen.discard(node.column)

    def _new_column(self, node: _Node) -> str:
        """The column of a place the spec does not know."""
        original = node.path.rstrip(Repeating.MARK)
        declared = None
        if original != node.path:
            key = original.rpartition(".")
            declared = self._column_at(key[0], key[2])
        node.column = self._unknown(node.path, declared)
        return node.column

    def _column_at(self, parent: str, key: str) -> str | None:
        node: _Node | None = self._root
        for step in [*(parent.split(".") if parent else []), key]:
            node = node.below.get(step) if node else None
        return node.column if node else None

    def _unknown(self, path: str, declared: str | None) -> str:
        original = path.rstrip(Repeating.MARK)
        name = free_name(declared or snake_case(path) or "column", self._names)
        self._names.add(name)
        self._fields.append(Field(name, ColumnType.TEXT))
        self._found.append(original)
        self.drift.added[name] = original
        if declared or original != path:
            self.drift.duplicated.append(name)
        refuse_too_many(self.drift, where=self._where)
        return name

    def _assemble(
        self, rows: Sequence[Mapping[str, str]], items: Sequence[Any], lines: Sequence[int]
    ) -> pa.RecordBatch:
        if self._unseen:
            seen = [self._table.header_of(name) for name in self._table.columns if name not in self._unseen]
            missing = sorted(self._unseen)
            refuse_missing(missing, self._table, sorted([*seen, *self._found]), where=self._where)
        columns = {
            each.name: pa.array([row.get(each.name) or None for row in rows], pa.string())
            for each in self._fields
        }
        texts = Texts(columns, np.array(lines, dtype=np.int64), lambda place: as_json(items[place]))
        return self._assembler.assemble(texts, self._fields)


def _text(value: Any) -> str:
    """A leaf exactly as text; lists and objects as JSON."""
    if isinstance(value, LongNumber):
        number = Decimal(value)
        # 1e999999 written out would fill the memory; as it stands it is refused as a number.
        return f"{number:f}" if abs(number.adjusted()) < 100 else str(value)
    return str(value) if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    """JSON text with numbers as they were written."""
    if isinstance(value, dict):
        inner = (
            f"{json.dumps(key.rstrip(Repeating.MARK), ensure_ascii=False)}: {as_json(entry)}"
            for key, entry in value.items()
        )
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_json, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def _is_storable(text: str) -> bool:
    if "\x00" in text or "\ufffd" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
