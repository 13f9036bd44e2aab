"""Streams rows of JSON and XML documents: flattens objects to their leaves and keeps numbers exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sellerops.formats.assembly import Assembler
from sellerops.formats.json_blocks import BlockReader
from sellerops.formats.json_splitting import Block
from sellerops.formats.json_units import JsonLines, JsonUnits
from sellerops.formats.json_values import Number, Repeating
from sellerops.formats.list_pages import ListPages
from sellerops.formats.malloc_settings import look_seldom_for_garbage
from sellerops.formats.names import (
    Field,
    free_name,
    refuse_missing,
    refuse_too_many,
    reserved_names,
    snake_case,
)
from sellerops.formats.paths import Path, Selector, as_list, is_selected, parse_path, pick
from sellerops.formats.row_texts import Texts
from sellerops.formats.rows import DriftReport, RejectReason, RowReject, Rows, Tally, marked
from sellerops.formats.sniff import Document
from sellerops.formats.tree_columns import as_json, combined, is_storable, spread, text_column, text_of
from sellerops.formats.tree_nodes import Node, column_paths, read_above, refuse_too_many_places
from sellerops.formats.trees import DecodedUnits, Row, RowWalker, Units, units_of
from sellerops.formats.xml_stream import XmlUnits
from sellerops.settings.specs import ColumnType, FileFormat, TableSpec

# Small enough that decoded rows are still in the processor's cache when their columns are built.
BATCH_ITEMS = 500


def rows_of(document: Document, table: TableSpec, file_format: FileFormat, where: str) -> RowWalker:
    """The rows of ``table`` in a JSON, JSON lines or XML document."""
    rows = table.row_steps
    units: Units
    if file_format.kind == "jsonl":
        units = lines = JsonLines(document, where)
        if rows:
            units = ListPages(DecodedUnits(lines), rows, is_keyed=bool(table.primary_key))
    elif file_format.kind == "json":
        units = JsonUnits(document, rows, read_above(table), where, is_list=table.is_list_document)
    else:
        levels = [path.level for _, _, path in column_paths(table) if path.level]
        units = XmlUnits(document, rows, min(levels, default=len(rows)), read_above(table), where)
    return RowWalker(units, rows, where, table.leaves)


class TreeReader:
    """Reads the elements at ``table.rows``; columns that first occur later appear in later batches only."""

    def __init__(
        self, rows: RowWalker, table: TableSpec, assembler: Assembler, tally: Tally, where: str
    ) -> None:
        look_seldom_for_garbage()
        self._rows = rows
        self._table = table
        self._assembler = assembler
        self._tally = tally
        self._where = where
        self._fields = [Field(name, column.type) for name, column in table.read_columns.items()]
        self._names = {*table.columns, *reserved_names(table)}
        self._unseen = set(table.read_columns)
        self._found: list[str] = []
        self._root = Node("")
        self._places = 0
        self._above: list[tuple[str, int, Path]] = []
        self._lists = {name for name, _, path in column_paths(table) if path.is_list}
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
        self._blocks = BlockReader(self._root)
        self._sample: Mapping[str, Any] | None = None
        self.drift = DriftReport()

    @property
    def schema(self) -> pa.Schema:
        return self._assembler.schema(self._fields)

    def batches(self) -> Iterator[pa.RecordBatch]:
        for texts in self._parts():
            yield self._assembler.assemble(texts, self._fields)

    def texts(self) -> Iterator[Rows]:
        """The same as lines of text if that is safe; rows with new columns are typed, to carry these."""
        width = len(self._fields)
        for texts in self._parts():
            if len(self._fields) == width:
                yield self._assembler.rows(texts, self._fields)
            else:
                yield self._assembler.assemble(texts, self._fields)
            width = len(self._fields)

    def _parts(self) -> Iterator[Texts]:
        is_empty = True
        for part in self._batches():
            is_empty = False
            if isinstance(part, Texts):
                self._tally.inspect(part.columns, part.lines)
                yield part
                continue
            found = [(number, row) for number, row in part if isinstance(row.value, dict)]
            columns = self._by_column([row for _, row in found])
            marks: dict[int, int] = {}
            refused = [
                _reject(number, RejectReason.TOO_FEW_FIELDS, row)
                for number, row in part
                if not isinstance(row.value, dict)
            ]
            if columns is None:
                found, columns, marks = self._by_row(found, refused)
            texts = _texts(found, columns, marks)
            if found:
                self._refuse_missing()
                self._sample = found[-1][1].value
                self._tally.inspect(texts.columns, texts.lines)
            self._tally.rows_in_file += len(refused)
            for each in refused:
                self._tally.reject(each)
            if found:
                yield texts
        if not is_empty:
            self.drift.missing = [name for name in self._table.read_columns if name in self._unseen]

    def _batches(self) -> Iterator[list[tuple[int, Row]] | Texts]:
        """Numbered rows in batches, and blocks of rows that can be read as a whole.

        The first rows are never read as a block: they show which columns are missing or undeclared.
        """
        count = 0
        pending: list[tuple[int, Row]] = []
        for part in self._rows:
            rows: Iterable[Row] = (part,) if isinstance(part, Row) else ()
            if isinstance(part, Block):
                if pending and self._sample is not None:
                    yield pending
                    pending = []
                texts = self._read_whole(part, count + 1)
                if texts is not None:
                    count += len(texts.lines)
                    yield texts
                else:
                    rows = (Row(*unit) for unit in units_of(part))
            for row in rows:
                count += 1
                pending.append((count, row))
                if len(pending) == BATCH_ITEMS:
                    yield pending
                    pending = []
        if pending:
            yield pending

    def _read_whole(self, block: Block, first: int) -> Texts | None:
        if self._sample is None:
            return None
        self._blocks.learn(self._places + len(self._fields), self._sample)
        inherited = self._inherited_by(block.outer) if self._above else {}
        above = {name for name, _, _ in self._above}
        return self._blocks.read(block, first, self._fields, inherited, above, self._unseen)

    def _by_column(self, rows: Sequence[Row]) -> dict[str, pa.Array] | None:
        """The columns of all rows at once; None if the rows must be read one by one."""
        values: dict[str, list[str | None]] = {}
        if not spread([row.value for row in rows], self._root, self._unseen, values):
            return None
        if self._above:
            inherited = [self._inherited_by(row.chain) for row in rows]
            for name in {name for name, _, _ in self._above}:
                if name in values:
                    return None
                values[name] = [each.get(name) for each in inherited]
        columns: dict[str, pa.Array] = {}
        for each in self._fields:
            column = (
                text_column(values[each.name]) if each.name in values else pa.nulls(len(rows), pa.string())
            )
            if column is None:
                return None
            columns[each.name] = column
        return columns

    def _by_row(
        self, rows: Sequence[tuple[int, Row]], refused: list[RowReject]
    ) -> tuple[list[tuple[int, Row]], dict[str, pa.Array], dict[int, int]]:
        """The same row by row, for any rows, with the number of damaged texts by row position; rows that
        cannot be stored are added to ``refused``.
        """
        found: list[tuple[int, Row]] = []
        leaves: list[dict[str, str]] = []
        marks: dict[int, int] = {}
        for number, row in rows:
            flat = self._flatten(row)
            damaged = [name for name, text in flat.items() if not is_storable(text)]
            wrong = next((name for name in damaged if not self._is_free_text(name)), None)
            if wrong is not None:
                refused.append(_reject(number, RejectReason.UNREADABLE_VALUE, row, wrong, flat[wrong]))
                shown = {name: pa.array([marked(text) or None], pa.string()) for name, text in flat.items()}
                self._tally.inspect(shown, [number])
                continue
            if damaged:
                marks[len(found)] = len(damaged)
                flat.update({name: marked(flat[name]) for name in damaged})
            found.append((number, row))
            leaves.append(flat)
        columns = {
            each.name: pa.array([row.get(each.name) or None for row in leaves], pa.string())
            for each in self._fields
        }
        return found, columns, marks

    def _is_free_text(self, name: str) -> bool:
        return self._assembler.is_free_text(next(each for each in self._fields if each.name == name))

    def _flatten(self, row: Row) -> dict[str, str]:
        """The texts of one row by column."""
        leaves: dict[str, str] = {}
        others: list[tuple[int, Node, str]] = []
        self._leaves(row.value, self._root, leaves, others)
        if self._above:
            leaves.update(self._inherited_by(row.chain))
        for _, node, text in sorted(others, key=lambda each: each[0]) if others else ():
            self._settle(node, text, leaves)
        return leaves

    def _leaves(
        self,
        value: Mapping[str, Any],
        node: Node,
        leaves: dict[str, str],
        others: list[tuple[int, Node, str]],
    ) -> None:
        """Collect every value that is not an object, by column; empty objects are ignored."""
        below = node.below
        for key, inner in value.items():
            here = below.get(key) or self._new_place(node, key)
            kind = type(inner)
            if here.is_elsewhere:
                continue
            if here.selectors:
                rest = self._choose(inner, here, leaves, others)
                if here.column is None:
                    inner, kind = rest, list
            if here.is_every and kind is list:
                self._add_every(inner, here, leaves)
                continue
            if here.is_list:
                inner, kind = as_list(inner), list
            elif kind is list and len(inner) == 1 and here.column is None and any(here.columns_below()):
                inner, kind = inner[0], type(inner[0])
            if kind is str or kind is Number:
                text = inner
            elif kind is dict or kind is Repeating:
                self._leaves(inner, here, leaves, others)
                continue
            elif inner is None or inner == []:
                if inner is None and here.below and self._unseen:
                    self._unseen.difference_update(here.columns_below())
                if here.column:
                    self._see(here)
                continue
            elif here.leads_elsewhere and kind is list and here.column is None:
                continue
            else:
                text = text_of(inner)
            if here.is_kept and here.column is None:
                continue
            if here.rank:
                others.append((here.rank, here, text))
            else:
                leaves[here.column or self._new_column(here)] = text
                if self._unseen:
                    self._see(here)

    def _new_place(self, node: Node, key: str) -> Node:
        """The node for a path the spec does not name; it stays in memory until the document ends."""
        self._places += 1
        refuse_too_many_places(self._places, node, key, where=self._where)
        return node.child(key)

    def _choose(
        self, value: Any, node: Node, leaves: dict[str, str], others: list[tuple[int, Node, str]]
    ) -> list[Any]:
        """Read the selected elements of a list; returns the others."""
        rest: list[Any] = []
        done: set[Selector] = set()
        for place, entry in enumerate(as_list(value)):
            selector = next((each for each in node.selectors if is_selected(entry, place, each)), None)
            if selector is None or selector in done:
                rest.append(entry)
                continue
            done.add(selector)
            chosen = node.selectors[selector]
            inner = entry if isinstance(entry, dict) else {"": entry}
            key = selector.key if selector.key is not None and selector.key not in chosen.below else None
            self._leaves({name: each for name, each in inner.items() if name != key}, chosen, leaves, others)
        return rest

    def _add_every(self, entries: list[Any], node: Node, leaves: dict[str, str]) -> None:
        """Combine the columns below ``node`` from all elements of the list there."""
        found: dict[str, list[str]] = {}
        for entry in entries:
            own: dict[str, str] = {}
            others: list[tuple[int, Node, str]] = []
            self._leaves(entry if isinstance(entry, dict) else {"": entry}, node, own, others)
            for _, other, text in sorted(others, key=lambda each: each[0]):
                self._settle(other, text, own)
            for name, text in own.items():
                found.setdefault(name, []).append(text)
        types = {each.name: each.type for each in self._fields}
        leaves.update(
            (name, combined(texts, types[name], name in self._lists)) for name, texts in found.items()
        )

    def _inherited_by(self, chain: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
        """The columns from a row's ancestors, read once for all rows with the same ancestors."""
        known, values = self._inherited
        if len(known) != len(chain) or any(one is not other for one, other in zip(known, chain, strict=True)):
            values = {}
            for name, _, path in self._above:
                value = pick(chain[path.level or 0], path.steps) if (path.level or 0) < len(chain) else None
                if isinstance(value, Mapping) and "" in value:
                    value = value[""]
                if value is not None and value != [] and name not in values:
                    values[name] = text_of(value)
                    self._unseen.discard(name)
            self._inherited = (list(chain), values)
        return values

    def _settle(self, node: Node, text: str, leaves: dict[str, str]) -> None:
        """Store a value from a column's alternative path: in the column if empty, else in an extra one."""
        assert node.column is not None
        if node.column not in leaves:
            leaves[node.column] = text
            self._see(node)
        else:
            if node.path not in self._beside:
                self._beside[node.path] = self._unknown(node.path, node.column)
            leaves[self._beside[node.path]] = text

    def _see(self, node: Node) -> None:
        if node.column:
            self._unseen.discard(node.column)

    def _new_column(self, node: Node) -> str:
        """Create a column for a path that the spec does not declare."""
        original = Repeating.original(node.path)
        declared = None
        if original != node.path:
            key = original.rpartition(".")
            declared = self._column_at(key[0], key[2])
        node.column = self._unknown(node.path, declared)
        return node.column

    def _column_at(self, parent: str, key: str) -> str | None:
        node: Node | None = self._root
        for step in [*(parent.split(".") if parent else []), key]:
            node = node.below.get(step) if node else None
        return node.column if node else None

    def _unknown(self, path: str, declared: str | None) -> str:
        original = Repeating.original(path)
        name = free_name(declared or snake_case(original) or "column", self._names)
        self._names.add(name)
        self._fields.append(Field(name, ColumnType.TEXT))
        self._found.append(original)
        self.drift.added[name] = original
        if declared or original != path:
            self.drift.duplicated.append(name)
        refuse_too_many(self.drift, where=self._where)
        return name

    def _refuse_missing(self) -> None:
        if self._unseen:
            seen = [
                self._table.header_of(name) for name in self._table.read_columns if name not in self._unseen
            ]
            missing = sorted(self._unseen)
            found = sorted([*seen, *self._found])
            refuse_missing(missing, self._table, found, where=self._where, has_header=False)


def _reject(
    number: int, reason: RejectReason, row: Row, column: str | None = None, value: str | None = None
) -> RowReject:
    return RowReject(number, reason, column, value, as_json(row.value))


def _texts(
    rows: Sequence[tuple[int, Row]], columns: Mapping[str, pa.Array], marks: Mapping[int, int]
) -> Texts:
    lines = np.array([number for number, _ in rows], dtype=np.int64)
    return Texts(columns, lines, lambda place: as_json(rows[place][1].value), marks)
