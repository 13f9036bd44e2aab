"""JSON documents: the items of one list, flattened to their leaves, streamed, with exact numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import ijson
import numpy as np
import pyarrow as pa

from sellerops.errors import DocumentDamaged, UnreadableDocument
from sellerops.formats.assembly import Assembler, Texts
from sellerops.formats.names import (
    Field,
    free_name,
    refuse_missing,
    refuse_too_many,
    reserved_names,
    snake_case,
)
from sellerops.formats.rows import DriftReport, RejectReason, RowReject, Rows, Tally
from sellerops.formats.sniff import Document
from sellerops.formats.surrogates import WithoutHalves
from sellerops.specs import ColumnType, TableSpec

BATCH_ITEMS = 1000
_DEPTH = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}


class JsonReader:
    """Rows of the list at ``table.rows``; columns a later item brings along appear in later batches."""

    def __init__(
        self, document: Document, table: TableSpec, assembler: Assembler, tally: Tally, where: str
    ) -> None:
        self._document = document
        self._table = table
        self._assembler = assembler
        self._tally = tally
        self._where = where
        self._paths = {column.source or name: name for name, column in table.columns.items()}
        self._fields = [Field(name, column.type) for name, column in table.columns.items()]
        self._unseen = set(table.columns)
        self.drift = DriftReport()

    @property
    def schema(self) -> pa.Schema:
        return self._assembler.schema(self._fields)

    def batches(self) -> Iterator[pa.RecordBatch]:
        rows: list[dict[str, str]] = []
        items: list[Mapping[str, Any]] = []
        lines: list[int] = []
        number = 0
        for number, item in enumerate(self._items(), start=1):
            row = self._flatten(item, number)
            if row is not None:
                rows.append(row)
                items.append(item)
                lines.append(number)
            if len(rows) == BATCH_ITEMS:
                yield self._assemble(rows, items, lines)
                rows, items, lines = [], [], []
        if rows:
            yield self._assemble(rows, items, lines)
        self._end(number)

    def texts(self) -> Iterator[Rows]:
        """The same: a JSON row has no line of its own."""
        yield from self.batches()

    def _items(self) -> Iterator[Any]:
        """Each item of the list. Raises when the document is no JSON, ends early or has no such list."""
        found = False
        events = ijson.parse(WithoutHalves(self._document), use_float=False)
        try:
            for prefix, event, _ in events:
                if prefix == self._table.rows and event == "start_array":
                    found = True
                    yield from self._list_items(events)
                elif prefix == self._table.rows and event == "null":
                    found = True  # an empty list, the other way Amazon writes it
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise self._broken(error) from error
        if not found:
            raise UnreadableDocument(f"there is no list `{self._table.rows}` in it.", where=self._where)

    def _broken(self, error: Exception) -> DocumentDamaged | UnreadableDocument:
        cause = " ".join(str(error).split())[:200]
        if "premature EOF" in cause or "incomplete" in cause.lower():
            return DocumentDamaged("the JSON document ends early.", where=self._where)
        return UnreadableDocument(f"this is no valid JSON: {cause}.", where=self._where)

    def _list_items(self, events: Iterator[tuple[str, str, Any]]) -> Iterator[Any]:
        """The items between here and the end of the list."""
        builder, depth = ijson.ObjectBuilder(map_type=_Repeating), 0
        for prefix, event, value in events:
            if depth == 0 and event == "end_array" and prefix == self._table.rows:
                return
            builder.event(event, value)
            depth += _DEPTH.get(event, 0)
            if depth == 0:
                yield builder.value
                builder = ijson.ObjectBuilder(map_type=_Repeating)

    def _flatten(self, item: Any, number: int) -> dict[str, str] | None:
        """Column to text of one item; None when it cannot be a row."""
        leaves: dict[str, str] = {}
        if isinstance(item, dict):
            self._leaves(item, "", leaves)
        wrong = next((name for name, text in leaves.items() if not _is_storable(text)), None)
        if isinstance(item, dict) and wrong is None:
            return leaves
        self._tally.rows_in_file += 1
        reason = RejectReason.UNREADABLE_VALUE if wrong else RejectReason.TOO_FEW_FIELDS
        self._tally.reject(RowReject(number, reason, wrong, leaves.get(wrong or ""), _as_json(item)))
        return None

    def _leaves(self, value: Mapping[str, Any], path: str, leaves: dict[str, str]) -> None:
        """Every value that is no object, by column; an object with nothing in it says nothing."""
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            if type(inner) is _Repeating:
                self._leaves(inner, here, leaves)
            elif inner is not None and inner != []:
                leaves[self._column(here)] = _text(inner)
            elif here in self._paths:
                self._unseen.discard(self._paths[here])

    def _column(self, path: str) -> str:
        """The column of a leaf; a new one for a path the spec does not know."""
        name = self._paths.get(path)
        if name is None:
            original = path.rstrip(_Repeating.MARK)
            taken = {*self._paths.values(), *reserved_names(self._table)}
            name = free_name(self._paths.get(original) or snake_case(path) or "column", taken)
            self._paths[path] = name
            self._fields.append(Field(name, ColumnType.TEXT))
            self.drift.added[name] = original
            refuse_too_many(self.drift, where=self._where)
            if original != path:
                self.drift.duplicated.append(name)
        if name in self._unseen:
            self._unseen.discard(name)
        return name

    def _assemble(
        self, rows: Sequence[Mapping[str, str]], items: Sequence[Any], lines: Sequence[int]
    ) -> pa.RecordBatch:
        refuse_missing(sorted(self._unseen), self._table, sorted(self._paths), where=self._where)
        columns = {
            field.name: pa.array([row.get(field.name) or None for row in rows], pa.string())
            for field in self._fields
        }
        texts = Texts(columns, np.array(lines, dtype=np.int64), lambda place: _as_json(items[place]))
        return self._assembler.assemble(texts, self._fields)

    def _end(self, number: int) -> None:
        if number:
            self.drift.missing = [name for name in self._table.columns if name in self._unseen]


class _Repeating(dict[str, Any]):
    """An object whose repeated keys are kept: the second ``sku`` is ``sku`` with a mark."""

    MARK = "\u0001"

    def __setitem__(self, key: str, value: Any) -> None:
        while key in self:
            key += self.MARK
        super().__setitem__(key, value)


def _text(value: Any) -> str:
    """A leaf exactly as text; lists as JSON."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is Decimal:
        # 1e999999 written out would fill the memory; as it stands it is refused as a number.
        return f"{value:f}" if abs(value.adjusted()) < 100 else str(value)
    return str(value) if kind is int else _as_json(value)


def _as_json(value: Any) -> str:
    """JSON text with numbers to their last digit."""
    if isinstance(value, dict):
        inner = (
            f"{json.dumps(key.rstrip(_Repeating.MARK))}: {_as_json(entry)}" for key, entry in value.items()
        )
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_json, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _is_storable(text: str) -> bool:
    if "\x00" in text or "\ufffd" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
