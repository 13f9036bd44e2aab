"""Tab-separated flat files. Quotes are data; a line is a row; nothing is guessed from a column's position.

Blocks of whole lines go through Arrow's parser. A block with anything Arrow would read otherwise than we mean
(a line no charset reads, NUL, a lone carriage return, a blank line) is split by hand, line by line.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa

from sellerops.errors import DocumentDamaged, UnreadableDocument
from sellerops.formats.assembly import Assembler, Texts
from sellerops.formats.blocks import (
    Block,
    all_end_with,
    as_lines,
    combined,
    is_empty,
    is_odd,
    newlines_of,
    parse_fields,
    whole_lines,
)
from sellerops.formats.charsets import LineDecoder
from sellerops.formats.headers import Header
from sellerops.formats.names import Field
from sellerops.formats.rows import DriftReport, RejectReason, RowReject, Rows, Tally
from sellerops.formats.sniff import Document

_NOT_AS_TEXT = (b"\x00", b"\x08")
# Files whose numbers are written otherwise are so throughout: do not look at each block twice.
_GIVE_UP_AFTER = 3


class TsvReader:
    """Rows of one flat file as typed batches; memory is bounded by a block."""

    def __init__(
        self,
        document: Document,
        decoder: LineDecoder,
        header: Header,
        assembler: Assembler,
        tally: Tally,
        where: str,
    ) -> None:
        self._document = document
        self._decoder = decoder
        self._assembler = assembler
        self._tally = tally
        self._where = where
        self._blocks = self._cut(document)
        self._rest = b""
        headers = self._read_header()
        fields, drift = self._map(headers, header)
        self.drift: DriftReport = drift
        self._fields: list[Field] = [field for field in fields if field]
        self._width = len(self._fields)
        self._unnamed_tail = len(fields) > self._width
        self._missing = header.fields(drift.missing)
        self._all_fields = [*self._fields, *self._missing]

    @property
    def schema(self) -> pa.Schema:
        return self._assembler.schema(self._all_fields)

    def batches(self) -> Iterator[pa.RecordBatch]:
        for block in self._numbered_blocks():
            yield from self._parse(block)

    def texts(self) -> Iterator[Rows]:
        """Blocks as they stand while SQL can read them; after some in a row that it cannot, all typed."""
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
        line = 2
        first = True
        for data in self._data_blocks():
            if first:
                first = self._learn_tail(data)
            if not data.endswith(b"\n"):
                self._refuse_cut(data)
            block = Block(data, line)
            line += block.count
            yield block

    def _cut(self, document: Document) -> Iterator[bytes]:
        return whole_lines(document, self._where)

    def _first_line(self, block: bytes) -> tuple[bytes, bytes, bytes]:
        """Its header, the header's end if there is one, and the rest."""
        return block.partition(b"\n")

    def _fields_of(self, text: str) -> list[str]:
        return text.split("\t")

    def _as_it_stood(self, values: list[str]) -> str:
        return "\t".join(values)

    def _map(self, headers: list[str], header: Header) -> tuple[list[Field | None], DriftReport]:
        try:
            return header.map(headers, where=self._where)
        except UnreadableDocument as error:
            if self._cut_in_header:
                raise DocumentDamaged("the document ends inside its header.", where=self._where) from error
            raise

    def _read_header(self) -> list[str]:
        """The names of the first line; the rest of its block is kept."""
        block = next(self._blocks, b"")
        self._decoder.learn(block)
        line, newline, self._rest = self._first_line(block)
        self._end = b"\r\n" if line.endswith(b"\r") else b"\n"
        self._cut_in_header = not newline
        text = self._decoder.decode_line(line.removesuffix(b"\r"))
        if text is None or "\x00" in text:
            raise UnreadableDocument("the header is no text of any known charset.", where=self._where)
        if "\r" in text:
            raise UnreadableDocument("its lines end with a carriage return alone.", where=self._where)
        return self._fields_of(text)

    def _data_blocks(self) -> Iterator[bytes]:
        if self._rest:
            yield self._rest
        self._rest = b""
        yield from self._blocks

    def _learn_tail(self, block: bytes) -> bool:
        """Whether lines end with a tab more than the header: the first row tells. False once it is known."""
        for line in block.splitlines():
            if line:
                tabs = line.count(b"\t")
                self._unnamed_tail = tabs == self._width and line.endswith(b"\t")
                return False
        return True

    def _refuse_cut(self, block: bytes) -> None:
        """Raise DocumentDamaged when the last line has no end and is not whole."""
        last = block[block.rfind(b"\n") + 1 :]
        if last.count(b"\t") < self._width - 1 or self._decoder.decode_line(last) is None:
            raise DocumentDamaged(
                "the document ends in the middle of a row.",
                where=self._where,
                last_line=last[-200:].decode("ascii", "backslashreplace"),
            )

    def _parse(self, block: Block) -> Iterator[pa.RecordBatch]:
        """The typed batches of one block."""
        text = self._decoder.decode(block.data)
        if text is None or b"\x00" in text or text.startswith(codecs.BOM_UTF8):
            yield from self._by_hand(block.data.split(b"\n"), block.numbers)
            return
        width = self._width + self._unnamed_tail
        table, refused = parse_fields(text, width, range(width))
        if is_odd(table, refused, block.count) or (
            self._unnamed_tail and not is_empty(table.column(self._width))
        ):
            yield from self._by_hand(block.data.split(b"\n"), block.numbers)
            return
        columns = [combined(column) for column in table.columns[: self._width]]
        if len(table):
            lines = np.delete(block.line_numbers(), [row.number - 1 for row in refused])
            yield self._assembler.assemble(self._texts_of(columns, lines), self._all_fields)
        yield from self._odd_rows(refused, block)

    def _parse_text(self, block: Block) -> list[Rows] | None:
        """The rows of a block as they stand in it, or None when that is not safe (and nothing is counted)."""
        text = self._decoder.decode(block.data)
        # A backspace is what COPY is told to take for a quote, because text holds none.
        if self._unnamed_tail or text is None or any(byte in text for byte in _NOT_AS_TEXT):
            return None
        newlines = block.newlines if text is block.data else newlines_of(text)
        if not all_end_with(self._end, text, newlines) or text.startswith(codecs.BOM_UTF8):
            return None
        looked_at = [
            place for place, column in enumerate(self._fields) if self._assembler.is_looked_at(column)
        ]
        table, refused = parse_fields(text, self._width, looked_at or [0])
        if is_odd(table, refused, block.count) or not len(table):
            return None
        lines, numbers = as_lines(text, newlines), block.line_numbers()
        if refused:
            odd = [row.number - 1 for row in refused]
            numbers = np.delete(numbers, odd)
            lines = lines.take(pa.array(np.delete(np.arange(len(lines)), odd)))
        fields = [self._fields[place] for place in looked_at]
        columns = {
            column.name: combined(table.column(str(place)))
            for place, column in zip(looked_at, fields, strict=True)
        }
        columns.update({column.name: pa.nulls(len(lines), pa.string()) for column in self._missing})
        texts = Texts(columns, numbers, lambda place: lines[place].as_py().decode().rstrip("\r\n"))
        names = tuple(column.name for column in self._fields)
        rows = self._assembler.as_written(texts, [*fields, *self._missing], lines, names, self._end)
        return None if rows is None else [rows, *self._odd_rows(refused, block)]

    def _odd_rows(self, refused: Sequence[Any], block: Block) -> Iterator[pa.RecordBatch]:
        """Rows of another width: mended where only empty fields are too many, else rejected."""
        if refused:
            raw = [row.text.encode() for row in refused]
            yield from self._by_hand(raw, [block.numbers[row.number - 1] for row in refused], bytes.decode)

    def _by_hand(
        self,
        raw: Sequence[bytes],
        numbers: Sequence[int],
        decode: Callable[[bytes], str | None] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Rows of single lines; what is no row of this file goes to the rejects with its reason."""
        decode = decode or self._decoder.decode_line
        rows: list[list[str]] = []
        lines: list[int] = []
        for line, number in zip(raw, numbers, strict=False):
            bare = line.removesuffix(b"\r")
            if not bare:
                continue
            fields = self._split(bare, number, decode)
            if fields:
                rows.append(fields)
                lines.append(number)
        if rows:
            columns = [
                pa.array([value or None for value in column], pa.string())
                for column in zip(*rows, strict=True)
            ]
            texts = self._texts_of(columns, np.array(lines, dtype=np.int64))
            yield self._assembler.assemble(texts, self._all_fields)

    def _split(self, line: bytes, number: int, decode: Callable[[bytes], str | None]) -> list[str] | None:
        """The fields of a line, or None when it was rejected."""
        text = decode(line)
        fields = self._fields_of(text) if text is not None else []
        while len(fields) > self._width and not fields[-1]:
            fields.pop()
        if text is None:
            reason, raw = RejectReason.UNDECODABLE, line.decode("ascii", "backslashreplace")
        elif "\x00" in text or "\ufffd" in text:
            reason, raw = RejectReason.UNREADABLE_VALUE, text
        elif len(fields) == self._width:
            return fields
        else:
            few = len(fields) < self._width
            reason, raw = (RejectReason.TOO_FEW_FIELDS if few else RejectReason.TOO_MANY_FIELDS), text
        self._tally.rows_in_file += 1
        self._tally.reject(RowReject(number, reason, raw_line=raw))
        return None

    def _texts_of(self, columns: list[pa.Array], lines: np.ndarray) -> Texts:
        """Rows of all fields, the missing ones null."""
        texts = dict(zip((field.name for field in self._fields), columns, strict=True))
        texts.update(zip((field.name for field in self._missing), repeat(pa.nulls(len(lines), pa.string()))))

        def raw(place: int) -> str:
            return self._as_it_stood([column[place].as_py() or "" for column in columns])

        return Texts(texts, lines, raw)
