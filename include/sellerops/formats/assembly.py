"""Turns the texts of rows into a typed record batch and splits off the rows that the table cannot take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sellerops.calendar.slices import Slice
from sellerops.formats.absent_values import AbsentValueFiller
from sellerops.formats.casts import cast_column, is_plain_decimal, is_read_by_sql
from sellerops.formats.column_bytes import contains_any, longest
from sellerops.formats.names import Field, is_needed
from sellerops.formats.row_rules import accepted_window, fact_values, key_columns, marketplace_names
from sellerops.formats.row_texts import Texts, empty_rows, line_hashes
from sellerops.formats.rows import RejectReason, RowReject, Rows, Tally, TextRows, marked
from sellerops.formats.value_rules import ValueRules, arrow_type
from sellerops.settings.specs import ColumnType, TableSpec

SOURCE_LINE = "source_line"
# Bytes that a field must not contain: they would end it, or open a quote for COPY.
_APART = (b"\t", b"\n", b"\r", b"\b")
LINE_END = b"\n"
_NULLS_EMPTY = {"null_handling": "replace", "null_replacement": ""}
_NEAR = timedelta(days=2)
# Bytes of a row's key columns in total.
LONGEST_KEY = 2400


@dataclass
class _Found:
    """Result of examining rows: typed columns, rejects by row position, whether SQL reads the same values.

    A column that is not in ``typed`` was only scanned; all its values are valid.
    """

    typed: dict[str, pa.Array] = field(default_factory=dict)
    refused: dict[int, RowReject] = field(default_factory=dict)
    as_written: bool = True


class Assembler:
    """Casts one table's rows and checks their keys, window and marketplace, for every format."""

    def __init__(
        self,
        table: TableSpec,
        slice_: Slice,
        rules: ValueRules,
        tally: Tally,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """``facts``: values from the request; a missing fact is null."""
        self._table = table
        self._rules = rules
        self._tally = tally
        self._absent = AbsentValueFiller(table, rules)
        self._keys = tuple(dict.fromkeys(key_columns(table)))
        self._facts = fact_values(table, facts or {}, rules)
        self._window = accepted_window(table, slice_)
        self._days = slice_.days
        self._zone = ZoneInfo(slice_.timezone)
        self._hashed = not table.primary_key
        self._marketplace_ids = marketplace_names() if table.marketplace_from else None

    def schema(self, fields: Sequence[Field]) -> pa.Schema:
        """The schema of batches made of ``fields``."""
        columns = [pa.field(each.name, arrow_type(each.type, self._rules)) for each in fields]
        return pa.schema([*columns, *self._system_schema])

    def needs_value(self, column: Field) -> bool:
        """Whether a column's values must be read before a row is accepted; others may stay in their line."""
        return (
            self._hashed
            or column.type is not ColumnType.TEXT
            or column.name in (*self._keys, self._table.marketplace_from)
            or self._absent.has(column.name)
        )

    def is_free_text(self, column: Field) -> bool:
        """Whether a column may hold any text: it is not a key, day, version or marketplace."""
        declared = column.name in self._table.columns
        return column.type is ColumnType.TEXT and not (declared and is_needed(column.name, self._table))

    def reads(self, column: Field, text: str) -> bool:
        """Whether ``text`` is a value of the column's type."""
        return (
            bool(text.strip())
            and not cast_column(pa.array([marked(text)]), column.type, self._rules).failures
        )

    def assemble(self, texts: Texts, fields: Sequence[Field]) -> pa.RecordBatch:
        """The accepted rows; rejected ones go to the tally. Every row counts as a row of the file."""
        return self._typed(texts, fields, self._examine(texts, fields))

    def rows(self, texts: Texts, fields: Sequence[Field]) -> Rows:
        """The accepted rows: as lines of text if SQL reads every value the same way, else typed."""
        found = self._examine(texts, fields, as_text=True)
        lines = self._lines(texts, found, fields) if found.as_written else None
        if lines is None:
            return self._typed(texts, fields, found)
        return self._text_rows(texts, found, lines, tuple(each.name for each in fields), LINE_END)

    def _lines(self, texts: Texts, found: _Found, fields: Sequence[Field]) -> pa.Array | None:
        """The values of each row joined by tabs, nulls empty; None if a value cannot be written this way."""
        *others, last = columns = [_as_text(texts, found, each) for each in fields]
        for each, column in zip(fields, columns, strict=True):
            is_plain = each.name in texts.plain and not self._absent.has(each.name)
            if not is_plain and contains_any(column, *_APART):
                return None
        ended = pc.binary_join_element_wise(last, "", LINE_END.decode(), **_NULLS_EMPTY)
        return pc.binary_join_element_wise(*others, ended, "\t", **_NULLS_EMPTY).cast(pa.binary())

    def _typed(self, texts: Texts, fields: Sequence[Field], found: _Found) -> pa.RecordBatch:
        typed = [
            found.typed[each.name] if each.name in found.typed else self._cast(texts, each) for each in fields
        ]
        arrays = [*typed, *self._system(texts)]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema(fields))
        kept = self._settle(texts, found)
        return batch if kept is None else batch.filter(kept)

    def _cast(self, texts: Texts, column: Field) -> pa.Array:
        return cast_column(texts.columns[column.name], column.type, self._rules).values

    def as_written(
        self, texts: Texts, fields: Sequence[Field], lines: pa.Array, columns: tuple[str, ...], end: bytes
    ) -> TextRows | None:
        """The accepted rows as the lines they came in; None, with nothing counted, if a value must be cast.

        ``fields``: the columns to examine; ``columns``: all columns of a line, in its order.
        """
        if self._absent.is_needed_for(texts.columns):
            return None
        found = self._examine(texts, fields, as_text=True)
        if not found.as_written:
            return None
        return self._text_rows(texts, found, lines, columns, end)

    def _text_rows(
        self, texts: Texts, found: _Found, lines: pa.Array, columns: tuple[str, ...], end: bytes
    ) -> TextRows:
        system = pa.RecordBatch.from_arrays(self._system(texts), schema=self._system_schema)
        kept = self._settle(texts, found)
        if kept is not None:
            lines, system = lines.filter(kept), system.filter(kept)
        return TextRows(lines, columns, system, end)

    @property
    def _system_schema(self) -> pa.Schema:
        columns = [pa.field(name, value.type) for name, value in self._facts.items()]
        columns.append(pa.field(SOURCE_LINE, pa.int64(), nullable=False))
        if self._marketplace_ids is not None:
            columns.append(pa.field("marketplace_id", pa.string()))
        if self._hashed:
            columns.append(pa.field("line_hash", pa.string(), nullable=False))
        return pa.schema(columns)

    def _system(self, texts: Texts) -> list[pa.Array]:
        arrays = [pa.repeat(value, len(texts.lines)) for value in self._facts.values()]
        arrays.append(pa.array(texts.lines, pa.int64()))
        if self._marketplace_ids is not None:
            arrays.append(self._marketplace(texts))
        if self._hashed:
            arrays.append(line_hashes(texts, self._tally.personal_up_to()))
        return arrays

    def _examine(self, texts: Texts, fields: Sequence[Field], *, as_text: bool = False) -> _Found:
        """Cast and check the rows. ``as_text``: skip the cast of columns that SQL reads itself."""
        found = _Found()

        def hashes() -> pa.Array:
            return line_hashes(texts, self._tally.personal_up_to())

        sound = {
            column_type
            for column_type, values in texts.by_type.items()
            if as_text and is_read_by_sql(values, column_type, self._rules)
        }
        for each in fields:
            if as_text and self._is_surely_sound(texts.columns[each.name], each, sound):
                continue
            cast = cast_column(texts.columns[each.name], each.type, self._rules)
            is_filled = bool(cast.values.null_count) and self._absent.has(each.name)
            found.typed[each.name] = (
                self._absent.fill(each.name, cast.values, texts.columns, hashes) if is_filled else cast.values
            )
            is_other = is_filled and each.type is not ColumnType.TEXT
            found.as_written = found.as_written and cast.as_written and not is_other
            for place in cast.failures:
                value = texts.columns[each.name][place].as_py()
                self._refuse(found.refused, texts, place, RejectReason.UNREADABLE_VALUE, each.name, value)
        self._refuse_keyless(found.refused, texts, found.typed)
        self._refuse_long_keys(found.refused, texts, found.typed)
        self._refuse_outside(found.refused, texts, found.typed)
        return found

    def _is_surely_sound(self, values: pa.Array, column: Field, sound: Collection[ColumnType]) -> bool:
        """Whether a quick scan is enough: for columns that decide nothing about a row and whose type is in
        ``sound``, and for decimals.
        """
        if self._is_needed(column.name) or column.type is ColumnType.TEXT:
            return False
        if column.type in sound:
            return True
        return column.type is ColumnType.DECIMAL and is_plain_decimal(values, self._rules)

    def _is_needed(self, name: str) -> bool:
        """Whether a column's typed values decide if a row is accepted."""
        return name in self._keys or self._absent.has(name) or (self._window or (None,))[0] == name

    def _settle(self, texts: Texts, found: _Found) -> pa.Array | None:
        """Count the rows and pass the rejects to the tally; returns a mask of accepted rows, None for all."""
        self._tally.rows_in_file += len(texts.lines)
        self._tally.marked += sum(
            count for place, count in texts.marked.items() if place not in found.refused
        )
        if not found.refused:
            return None
        for place in sorted(found.refused):
            reject, day = found.refused[place], self._day(found, place)
            self._tally.reject(reject, day)
            if reject.reason is RejectReason.OUTSIDE_WINDOW and day and not self._is_near(day):
                self._tally.rows_far_outside += 1
        keep = np.ones(len(texts.lines), dtype=bool)
        keep[list(found.refused)] = False
        return pa.array(keep)

    def _day(self, found: _Found, place: int) -> date | None:
        """The marketplace-local day a row counts for; None if unknown."""
        if self._table.day_from_window:
            return self._days[0]
        value = found.typed[self._window[0]][place].as_py() if self._window else None
        return value.astimezone(self._zone).date() if isinstance(value, datetime) else value

    def _is_near(self, day: date) -> bool:
        """Whether the day is close enough to the window that only Amazon's clock or cut-off may differ."""
        return self._days[0] - _NEAR <= day <= self._days[-1] + _NEAR

    def _refuse(
        self,
        refused: dict[int, RowReject],
        texts: Texts,
        place: int,
        reason: RejectReason,
        column: str | None,
        value: str | None,
    ) -> None:
        """Record a reject; the first reason for a row counts."""
        if place not in refused:
            refused[place] = RowReject(int(texts.lines[place]), reason, column, value, texts.raw(place))

    def _refuse_keyless(
        self, refused: dict[int, RowReject], texts: Texts, typed: Mapping[str, pa.Array]
    ) -> None:
        # A row that is entirely empty is rejected, even if `absent` would fill its key.
        may_be_empty = texts.columns and (self._hashed or self._absent.is_needed_for(texts.columns))
        for place in _places(empty_rows(texts)) if may_be_empty else ():
            self._refuse(refused, texts, place, RejectReason.MISSING_KEY, None, None)
        for name in self._keys:
            column = typed[name]
            for place in _places(column.is_null()) if column.null_count else ():
                self._refuse(
                    refused, texts, place, RejectReason.MISSING_KEY, name, texts.columns[name][place].as_py()
                )

    def _refuse_long_keys(
        self, refused: dict[int, RowReject], texts: Texts, typed: Mapping[str, pa.Array]
    ) -> None:
        """Postgres indexes take 2,704 bytes per key, which includes account, marketplace and times."""
        parts = [name for name in self._keys if pa.types.is_string(typed[name].type)]
        if sum(longest(typed[name]) for name in parts) <= LONGEST_KEY:
            return
        lengths = [pc.fill_null(pc.binary_length(typed[name]), 0).to_numpy() for name in parts]
        for place in np.flatnonzero(np.sum(lengths, axis=0, dtype=np.int64) > LONGEST_KEY).tolist():
            name = parts[int(np.argmax([each[place] for each in lengths]))]
            value = texts.columns[name][place].as_py()
            self._refuse(refused, texts, place, RejectReason.KEY_TOO_LONG, name, value)

    def _refuse_outside(
        self, refused: dict[int, RowReject], texts: Texts, typed: Mapping[str, pa.Array]
    ) -> None:
        if self._window is None:
            return
        name, first, end = self._window
        column = typed[name]
        kind = column.type
        outside = pc.or_(
            pc.less(column, pa.scalar(first, kind)), pc.greater_equal(column, pa.scalar(end, kind))
        )
        for place in _places(pc.fill_null(outside, False)):
            self._refuse(
                refused, texts, place, RejectReason.OUTSIDE_WINDOW, name, texts.columns[name][place].as_py()
            )

    def _marketplace(self, texts: Texts) -> pa.Array:
        """Amazon's id of the marketplace a row names, null if it names an unknown one."""
        assert self._marketplace_ids is not None and self._table.marketplace_from is not None
        names, ids = self._marketplace_ids
        written = pc.utf8_lower(pc.utf8_trim_whitespace(texts.columns[self._table.marketplace_from]))
        return ids.take(pc.index_in(written, names))


def _as_text(texts: Texts, found: _Found, column: Field) -> pa.Array:
    """The texts of a column, with `absent` values filled in if the column is text."""
    is_text = column.type is ColumnType.TEXT and column.name in found.typed
    return found.typed[column.name] if is_text else texts.columns[column.name]


def _places(mask: pa.Array) -> list[int]:
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False)).tolist()
