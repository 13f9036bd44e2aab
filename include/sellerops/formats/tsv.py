"""Reads tab-separated flat files: each line is a row, and quotes are data.

Arrow parses blocks of whole lines. A block that Arrow would misread (an undecodable line, NUL, a lone
carriage return, a blank line) is split line by line.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa

from sellerops.base.errors import DocumentDamaged, UnreadableDocument
from sellerops.formats.assembly import Assembler
from sellerops.formats.blocks import (
    Block,
    WholeLines,
    all_end_with,
    as_lines,
    combined,
    is_empty,
    is_odd,
    kept_rows,
    newlines_of,
    parse_fields,
)
from sellerops.formats.charsets import LineDecoder
from sellerops.formats.headers import Header
from sellerops.formats.names import Field
from sellerops.formats.row_texts import Texts
from sellerops.formats.rows import (
    DriftReport,
    RejectReason,
    RowReject,
    Rows,
    Tally,
    has_unread_bytes,
    is_damaged,
    marked,
)
from sellerops.formats.sniff import Document, not_the_report
from sellerops.formats.torn_rows import Line, Refused, RowJoiner, consecutive
from sellerops.settings.specs import ColumnType

_FIRST_LINE = re.compile(rb"[^\r\n]+")
_NOT_AS_TEXT = (b"\x00", b"\x08")
# Bytes that may belong to a block's last row; no row of a report is longer.
_LONGEST_ROW = 1 << 20
# A file with numbers that SQL cannot read has them throughout: do not parse each block twice.
_GIVE_UP_AFTER = 3


class TsvReader:
    """Reads one flat file as typed batches; memory is bounded by the size of a block."""

    # The line of the first row, below the header.
    _first_row = 2

    def __init__(
        self,
        document: Document,
        decoder: LineDecoder,
        header: Header,
        assembler: Assembler,
        tally: Tally,
        where: str,
    ) -> None:
        self._decoder = decoder
        self._assembler = assembler
        self._tally = tally
        self._where = where
        self._blocks = WholeLines(document, where)
        headers = self._read_header()
        fields, drift = self._map(headers, header)
        self.drift: DriftReport = drift
        self._fields: list[Field] = [field for field in fields if field]
        self._width = len(self._fields)
        self._unnamed_tail = len(fields) > self._width
        self._missing = header.fields(drift.missing)
        self._all_fields = [*self._fields, *self._missing]
        self._line_breaks = RowJoiner(
            self._width, [assembler.is_free_text(field) for field in self._fields], self._starts_row
        )

    @property
    def schema(self) -> pa.Schema:
        return self._assembler.schema(self._all_fields)

    def batches(self) -> Iterator[pa.RecordBatch]:
        for block in self._numbered_blocks():
            yield from self._parse(block)

    def texts(self) -> Iterator[Rows]:
        """Blocks as written where SQL can read them, else typed; all are typed after several in a row that it
        cannot read.
        """
        typed_in_a_row = 0
        for block in self._numbered_blocks():
            rows = self._parse_text(block) if typed_in_a_row < _GIVE_UP_AFTER else None
            if rows is None:
                typed_in_a_row += 1
                yield from self._parse(block)
            else:
                typed_in_a_row = 0
                yield from rows

    def _numbered_blocks(self) -> Iterator[Block]:
        """Blocks of whole rows; lines that may belong to the last row are put back until more are read."""
        line = self._first_row
        is_learning = True
        data, is_last = self._blocks.next()
        while data:
            is_learning = is_learning and self._learn_tail(data)
            if is_last:
                if not data.endswith(b"\n"):
                    self._refuse_cut(data)
                yield self._block(data, line, is_last=True)
                return
            end = self._end_of_rows(data)
            self._blocks.put_back(data[end:])
            if end:
                block = self._block(data[:end], line)
                line += block.count
                yield block
            data, is_last = self._blocks.next()

    def _block(self, data: bytes, line: int, *, is_last: bool = False) -> Block:
        return Block(data, line)

    def _end_of_rows(self, data: bytes) -> int:
        """Where the last row of these lines begins, in case a line break tore it."""
        end = len(data)
        while end and len(data) - end < _LONGEST_ROW:
            start = data.rfind(b"\n", 0, end - 1) + 1
            if data.count(b"\t", start, end) >= self._width - 1:
                return start
            end = start
        return len(data)

    def _first_line(self, block: bytes) -> tuple[bytes, bytes, bytes]:
        """The header, its line end if there is one, and the rest of the block."""
        return block.partition(b"\n")

    def _fields_of(self, text: str) -> list[str]:
        return text.split("\t")

    def _as_it_stood(self, values: list[str]) -> str:
        return "\t".join(values)

    def _map(self, headers: list[str], header: Header) -> tuple[list[Field | None], DriftReport]:
        try:
            fields, drift = header.map(headers, where=self._where)
        except UnreadableDocument as error:
            if self._cut_in_header and header.begins(headers[-1]):
                raise DocumentDamaged("the document ends inside its header.", where=self._where) from error
            if len(headers) == 1 and len(header) > 1:
                raise not_the_report(headers[0], where=self._where) from error
            raise
        if len(headers) == 1 and len(header) > 1 and len(drift.missing) == len(header):
            raise not_the_report(headers[0], where=self._where)
        return fields, drift

    def _read_header(self) -> list[str]:
        """The names in the first line; the rest of its block is put back."""
        block, _ = self._blocks.next()
        self._decoder.learn(block)
        line, newline, rest = self._first_line(block)
        self._blocks.put_back(rest)
        self._end = b"\r\n" if line.endswith(b"\r") else b"\n"
        self._cut_in_header = not newline
        text = self._decoder.decode_line(line.removesuffix(b"\r"))
        if text is None or "\x00" in text:
            raise UnreadableDocument("the header is not text in any known charset.", where=self._where)
        if "\r" in text:
            raise UnreadableDocument("its lines end with a lone carriage return.", where=self._where)
        return self._fields_of(text)

    def _learn_tail(self, block: bytes) -> bool:
        """Learn from the first row whether lines have an extra tab at the end. Returns False once known."""
        first = _FIRST_LINE.search(block)
        if not first:
            return True
        line = first[0]
        self._unnamed_tail = line.count(b"\t") == self._width and line.endswith(b"\t")
        return False

    def _refuse_cut(self, block: bytes) -> None:
        """Raise DocumentDamaged if the last line has no line end and is incomplete."""
        last = block[block.rfind(b"\n") + 1 :]
        if last.count(b"\t") < self._width - 1 or self._decoder.decode_line(last) is None:
            raise self._cut_in_row(last.decode("ascii", "backslashreplace"))

    def _cut_in_row(self, last: str) -> DocumentDamaged:
        return DocumentDamaged(
            "the document ends in the middle of a row.", where=self._where, last_line=last[-200:]
        )

    def _starts_row(self, text: str) -> bool:
        """Whether a text can be the first value of a row; a key contains no spaces."""
        first = self._fields[0]
        if first.type is not ColumnType.TEXT:
            return self._assembler.reads(first, text)
        return not self._assembler.is_free_text(first) and len(text.split()) == 1

    def _parse(self, block: Block) -> Iterator[pa.RecordBatch]:
        """The typed batches of one block."""
        text = self._decoder.decode(block.data)
        if text is None or b"\x00" in text or text.startswith(codecs.BOM_UTF8):
            yield from self._by_hand(self._lines(block))
            return
        width = self._width + self._unnamed_tail
        table, refused = parse_fields(text, width, range(width))
        if is_odd(table, refused, block.count) or (
            self._unnamed_tail and not is_empty(table.column(self._width))
        ):
            yield from self._by_hand(self._lines(block))
            return
        odd, by_hand = self._apart(refused, block, text)
        columns = [combined(column) for column in table.columns[: self._width]]
        lines, kept = kept_rows(block, refused, odd)
        if kept is not None:
            columns = [column.take(kept) for column in columns]
        if len(lines):
            yield self._assembler.assemble(self._texts_of(columns, lines), self._all_fields)
        yield from self._by_hand(by_hand)

    def _parse_text(self, block: Block) -> list[Rows] | None:
        """The rows of a block as written, or None, with nothing counted, if that is not safe."""
        text = self._decoder.decode(block.data)
        # COPY is configured to use backspace as its quote character, so text must not contain it.
        if self._unnamed_tail or text is None or any(byte in text for byte in _NOT_AS_TEXT):
            return None
        newlines = block.newlines if text is block.data else newlines_of(text)
        if not all_end_with(self._end, text, newlines) or text.startswith(codecs.BOM_UTF8):
            return None
        looked_at = [
            place for place, column in enumerate(self._fields) if self._assembler.needs_value(column)
        ]
        table, refused = parse_fields(text, self._width, looked_at or [0])
        if is_odd(table, refused, block.count) or not len(table):
            return None
        odd, by_hand = self._apart(refused, block, text)
        numbers, kept = kept_rows(block, refused, odd)
        if not len(numbers):
            return None
        lines = as_lines(text, newlines)
        if len(numbers) < len(lines):
            lines = lines.take(pa.array(numbers - block.first_line))
        fields = [self._fields[place] for place in looked_at]
        columns = {
            column.name: combined(table.column(str(place)))
            for place, column in zip(looked_at, fields, strict=True)
        }
        if kept is not None:
            columns = {name: column.take(kept) for name, column in columns.items()}
        columns.update({column.name: pa.nulls(len(lines), pa.string()) for column in self._missing})
        texts = Texts(columns, numbers, lambda place: lines[place].as_py().decode().rstrip("\r\n"))
        names = tuple(column.name for column in self._fields)
        rows = self._assembler.as_written(texts, [*fields, *self._missing], lines, names, self._end)
        return None if rows is None else [rows, *self._by_hand(by_hand)]

    def _apart(self, refused: Sequence[Any], block: Block, text: bytes) -> tuple[set[int], list[Line]]:
        """The lines to examine together: those of another width, and the rows they may be torn from."""
        if not refused:
            return set(), []
        places = {row.number - 1 for row in refused}
        near = places | {place + 1 for place in places} | {place - 1 for place in places}
        odd = {place for place in near if 0 <= place < block.count}
        lines = text.split(b"\n")
        return odd, [self._line(lines[place].decode(), block.first_line + place) for place in sorted(odd)]

    def _lines(self, block: Block) -> list[Line]:
        """The block's lines, including undecodable ones."""
        return [
            self._line(text, number)
            for text, number in zip(self._decoder.decode_lines(block.data), block.numbers, strict=False)
        ]

    def _line(self, text: str, number: int) -> Line:
        """One line, without empty fields after the last column."""
        text = text.removesuffix("\r")
        fields = text.split("\t")
        if self._unnamed_tail and 1 < len(fields) <= self._width and not fields[-1]:
            fields.pop()
        while len(fields) > self._width and not fields[-1]:
            fields.pop()
        return Line(number, text, fields)

    def _by_hand(self, lines: Sequence[Line]) -> Iterator[pa.RecordBatch]:
        """Read rows line by line; a line that is not a row is rejected with its reason."""
        yield from self._batch(each for part in consecutive(lines) for each in self._line_breaks.rows(part))

    def _batch(self, found: Iterable[Line | Refused]) -> Iterator[pa.RecordBatch]:
        """The rows as one batch; rejected lines go to the tally."""
        rows: list[Line] = []
        for each in found:
            row = self._marked(each) if isinstance(each, Line) and is_damaged(each.text) else each
            if isinstance(row, Line):
                rows.append(row)
                continue
            self._tally.rows_in_file += 1
            raw = marked(row.line.text)
            self._tally.reject(RowReject(row.line.number, row.reason, row.column, raw_line=raw))
        if rows:
            columns = [
                pa.array([value or None for value in column], pa.string())
                for column in zip(*(row.fields for row in rows), strict=True)
            ]
            numbers = np.array([row.number for row in rows], dtype=np.int64)
            marks = {place: row.marks for place, row in enumerate(rows) if row.marks}
            yield self._assembler.assemble(self._texts_of(columns, numbers, marks), self._all_fields)

    def _marked(self, row: Line) -> Line | Refused:
        """The row with lost characters marked; a reject if a key, day, version or typed value lost some."""
        damaged = [place for place, value in enumerate(row.fields) if is_damaged(value)]
        for place in damaged:
            if not self._assembler.is_free_text(self._fields[place]):
                is_unread = has_unread_bytes(row.fields[place])
                reason = RejectReason.UNDECODABLE if is_unread else RejectReason.UNREADABLE_VALUE
                return Refused(row, reason, self._fields[place].name)
        return Line(row.number, row.text, [marked(value) for value in row.fields], len(damaged))

    def _texts_of(
        self, columns: list[pa.Array], lines: np.ndarray, marks: Mapping[int, int] | None = None
    ) -> Texts:
        """Rows with all fields; missing columns are null."""
        texts = dict(zip((field.name for field in self._fields), columns, strict=True))
        texts.update(zip((field.name for field in self._missing), repeat(pa.nulls(len(lines), pa.string()))))

        def raw(place: int) -> str:
            return self._as_it_stood([column[place].as_py() or "" for column in columns])

        return Texts(texts, lines, raw, marks or {})
