"""Reads flat files whose fields may be quoted; that depends on the account, so each file is examined.

A header with all names quoted decides. Otherwise the first rows with quotes decide: the file is quoted if all
quotes follow the standard, every quoted field needs them (or every field has them), and rows then have as
many fields as the header. In any other file quotes are data.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import pyarrow as pa

from sellerops.formats.assembly import Assembler
from sellerops.formats.blocks import Block, combined, is_empty, is_odd, newlines_of, parse_fields
from sellerops.formats.charsets import LineDecoder
from sellerops.formats.headers import Header
from sellerops.formats.quote_marks import QuoteMarks
from sellerops.formats.records import (
    LONGEST_FIELD,
    Evidence,
    Quoting,
    evidence_of,
    quotes_all,
    records_of,
)
from sellerops.formats.row_texts import Texts
from sellerops.formats.rows import RejectReason, Rows, Tally
from sellerops.formats.sniff import Document
from sellerops.formats.torn_rows import Line, Refused
from sellerops.formats.tsv import TsvReader

_MOST_HEADER_LINES = 10


class QuotedReader(TsvReader):
    """Reads a flat file that may be quoted; a row's ``source_line`` is the line it begins on.

    Arrow parses blocks whose quotes follow the standard; other blocks are split record by record.
    ``always``: fields are quoted where needed without further evidence, as in csv.
    """

    def __init__(
        self,
        document: Document,
        decoder: LineDecoder,
        header: Header,
        assembler: Assembler,
        tally: Tally,
        where: str,
        *,
        delimiter: str = "\t",
        always: bool = False,
    ) -> None:
        self._delimiter = delimiter
        self._quoting = Quoting(delimiter, is_everywhere=False) if always else None
        self._is_decided = always
        self._header_quotes = False
        self._clean: QuoteMarks | None = None
        super().__init__(document, decoder, header, assembler, tally, where)

    def _first_line(self, block: bytes) -> tuple[bytes, bytes, bytes]:
        """The header (one line, unless all its names are quoted), its line end, and the rest of the block."""
        end = 0
        for _ in range(_MOST_HEADER_LINES):
            newline = block.find(b"\n", end)
            end = newline + 1 if newline >= 0 else len(block)
            line = block[:end].rstrip(b"\r\n")
            if quotes_all(line.decode("latin-1"), self._delimiter):
                self._header_quotes = True
                # If the rows are not quoted too, they are examined on their own.
                if block[end:].lstrip(b"\r\n")[:1] in (b"", b'"'):
                    self._quoting, self._is_decided = Quoting(self._delimiter, is_everywhere=True), True
                return block[:end].removesuffix(b"\n"), block[newline:end], block[end:]
            if not line.startswith(b'"') or newline < 0 or line.count(b'"') % 2 == 0:
                break
        return super()._first_line(block)

    def _fields_of(self, text: str) -> list[str]:
        if self._header_quotes or self._quoting:
            return Quoting(self._delimiter, is_everywhere=self._header_quotes).split(text)
        return text.split(self._delimiter)

    def _as_it_stood(self, values: list[str]) -> str:
        return self._quoting.joined(values) if self._quoting else super()._as_it_stood(values)

    def _is_plain(self, data: bytes) -> bool:
        """Whether each line is a row and quotes are data."""
        return self._quoting is None or (b'"' not in data and self._delimiter == "\t")

    def _learn_tail(self, block: bytes) -> bool:
        if self._is_plain(block):
            return super()._learn_tail(block)
        assert self._quoting is not None
        for record in records_of(self._decoder.decode_lines(block), self._quoting, self._width, is_last=True):
            if record.text:
                fields = self._quoting.split(record.text, self._width)
                self._unnamed_tail = len(fields) == self._width + 1 and not fields[-1]
                return False
        return True

    def _refuse_cut(self, block: bytes) -> None:
        if self._is_plain(block):
            super()._refuse_cut(block)
            return
        assert self._quoting is not None
        *_, last = records_of(self._decoder.decode_lines(block), self._quoting, self._width, is_last=True)
        if len(last.fields) < self._width or self._quoting.is_open(last.text):
            raise self._cut_in_row(last.text)

    def _end_of_rows(self, data: bytes) -> int:
        if not self._is_decided and b'"' in data:
            self._decide(data)
            if not self._is_decided:
                return 0
        if self._is_plain(data):
            return super()._end_of_rows(data)
        assert self._quoting is not None
        end = self._clean_end(data)
        if end and len(data) - end <= LONGEST_FIELD:
            return end
        lines = self._decoder.decode_lines(data)[:-1]
        records = records_of(lines, self._quoting, self._width, is_last=len(data) > 2 * LONGEST_FIELD)
        count = sum(record.text.count("\n") + 1 for record in records)
        return int(newlines_of(data)[count - 1]) + 1 if count else 0

    def _clean_end(self, data: bytes) -> int:
        """End of the last record if quotes follow the standard and no field contains a row, else 0."""
        marks = QuoteMarks.of(data)
        marks = marks.until(marks.end)
        self._clean = marks if self._is_clean(marks) else None
        return len(marks.data) if self._clean else 0

    def _is_clean(self, marks: QuoteMarks) -> bool:
        assert self._quoting is not None
        return marks.is_clean(self._delimiter) and not any(
            self._quoting.is_row(line.decode("latin-1"), self._width)
            for line in marks.inner_lines()
            if line.count(self._delimiter.encode()) >= self._width - 1
        )

    def _clean_marks(self, text: bytes) -> QuoteMarks | None:
        """The marks of a block's text if it is clean; usually known from finding the block's end."""
        if self._clean and self._clean.data == text:
            return self._clean
        marks = QuoteMarks.of(text)
        return marks if self._is_clean(marks) else None

    def _decide(self, data: bytes, *, is_last: bool = False) -> None:
        """Decide whether the file is quoted, from its first rows with quotes, once they are conclusive."""
        text = self._decoder.decode(data)
        if text is None:
            text = "\n".join(self._decoder.decode_lines(data)).encode("utf-8", "replace")
        evidence = evidence_of(text, self._delimiter, self._width, is_last=is_last)
        if evidence is Evidence.NONE_YET and not is_last and len(data) <= LONGEST_FIELD:
            return
        self._is_decided = True
        self._quoting = None
        if evidence in (Evidence.WHERE_NEEDED, Evidence.EVERYWHERE):
            self._quoting = Quoting(self._delimiter, is_everywhere=evidence is Evidence.EVERYWHERE)

    def _block(self, data: bytes, line: int, *, is_last: bool = False) -> Block:
        if is_last and not self._is_decided and b'"' in data:
            self._decide(data, is_last=True)
        return super()._block(data, line, is_last=is_last)

    def _parse(self, block: Block) -> Iterator[pa.RecordBatch]:
        if self._is_plain(block.data):
            yield from super()._parse(block)
            return
        texts = self._texts(block)
        if texts is None:
            yield from self._records_by_hand(block)
        elif len(texts.lines):
            yield self._assembler.assemble(texts, self._all_fields)

    def _parse_text(self, block: Block) -> list[Rows] | None:
        if self._is_plain(block.data):
            return super()._parse_text(block)
        texts = self._texts(block)
        if texts is None:
            return list(self._records_by_hand(block))
        return [self._assembler.rows(texts, self._all_fields)] if len(texts.lines) else []

    def _texts(self, block: Block) -> Texts | None:
        """The rows of a block, or None if Arrow would misread them."""
        assert self._quoting is not None
        text = self._decoder.decode(block.data)
        if text is None or b"\x00" in text or text.startswith(codecs.BOM_UTF8):
            return None
        marks = self._clean_marks(text)
        if marks is None:
            return None
        starts, count = marks.lines_of_records()
        width = self._width + self._unnamed_tail
        table, refused = parse_fields(text, width, range(width), self._delimiter, quoted=True)
        if (
            refused
            or is_odd(table, refused, count)
            or (self._unnamed_tail and not is_empty(table.column(self._width)))
        ):
            return None
        columns = [combined(column) for column in table.columns[: self._width]]
        return self._texts_of(columns, starts + block.first_line)

    def _records_by_hand(self, block: Block) -> Iterator[pa.RecordBatch]:
        yield from self._batch(self._records(block))

    def _records(self, block: Block) -> Iterator[Line | Refused]:
        """The block's records: those with as many fields as the header, and the rejects."""
        assert self._quoting is not None
        lines = self._decoder.decode_lines(block.data)
        for record in records_of(lines, self._quoting, self._width, is_last=True):
            if not record.text:
                continue
            line = Line(block.first_line + record.line, record.text, record.fields)
            if len(record.fields) == self._width:
                yield line
            else:
                few = len(record.fields) < self._width
                yield Refused(line, RejectReason.TOO_FEW_FIELDS if few else RejectReason.TOO_MANY_FIELDS)
