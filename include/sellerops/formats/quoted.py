"""Flat files whose fields may be quoted: csv, and tab-separated ones such as the inventory ledger's."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from sellerops.errors import DocumentDamaged
from sellerops.formats.assembly import Assembler, Texts
from sellerops.formats.blocks import Block, combined, is_empty, is_odd, parse_fields
from sellerops.formats.charsets import LineDecoder
from sellerops.formats.headers import Header
from sellerops.formats.records import Quoting, is_clean, lines_of_records, record_starts, whole_records
from sellerops.formats.rows import Rows, Tally
from sellerops.formats.sniff import Document
from sellerops.formats.tsv import TsvReader


class QuotedReader(TsvReader):
    """Rows of such a file; a row's ``source_line`` is the line it begins on.

    Blocks whose quotes are the standard's go through Arrow; in others each record is taken apart by hand.
    """

    def __init__(
        self,
        document: Document,
        decoder: LineDecoder,
        header: Header,
        assembler: Assembler,
        tally: Tally,
        where: str,
        delimiter: str,
    ) -> None:
        self._quoting = Quoting(delimiter)
        super().__init__(document, decoder, header, assembler, tally, where)

    def _cut(self, document: Document) -> Iterator[bytes]:
        return whole_records(document, self._quoting, self._where)

    def _first_line(self, block: bytes) -> tuple[bytes, bytes, bytes]:
        starts = record_starts(block, self._quoting, is_whole=True, where=self._where, most=1)
        end = starts[1] if len(starts) > 1 else 0
        line = block[:end]
        return line.removesuffix(b"\n"), line[-1:] if line.endswith(b"\n") else b"", block[end:]

    def _fields_of(self, text: str) -> list[str]:
        return self._quoting.fields(text)

    def _as_it_stood(self, values: list[str]) -> str:
        return self._quoting.joined(values)

    def _learn_tail(self, block: bytes) -> bool:
        for record in self._records(block):
            text = self._decoder.decode_line(record.rstrip(b"\r\n"))
            if text:
                fields = self._fields_of(text)
                self._unnamed_tail = len(fields) == self._width + 1 and not fields[-1]
                return False
        return True

    def _refuse_cut(self, block: bytes) -> None:
        *_, last = self._records(block)
        text = self._decoder.decode_line(last)
        if text is None or len(self._fields_of(text)) < self._width:
            raise DocumentDamaged("the document ends in the middle of a row.", where=self._where)

    def _records(self, block: bytes) -> Iterator[bytes]:
        starts = record_starts(block, self._quoting, is_whole=True, where=self._where)
        for start, end in pairwise(starts):
            yield block[start:end]

    def _parse(self, block: Block) -> Iterator[pa.RecordBatch]:
        texts = self._texts(block)
        if texts is None:
            yield from self._each_by_hand(block)
        elif len(texts.lines):
            yield self._assembler.assemble(texts, self._all_fields)

    def _parse_text(self, block: Block) -> list[Rows] | None:
        if self._quoting.delimiter == "\t" and b'"' not in block.data:
            return super()._parse_text(block)
        texts = self._texts(block)
        if texts is None:
            return list(self._each_by_hand(block))
        return [self._assembler.rows(texts, self._all_fields)] if len(texts.lines) else []

    def _texts(self, block: Block) -> Texts | None:
        """The rows of a block, or None when Arrow would not read them as we mean them."""
        text = self._decoder.decode(block.data)
        if (
            text is None
            or b"\x00" in text
            or text.startswith(codecs.BOM_UTF8)
            or not is_clean(text, self._quoting)
        ):
            return None
        starts, count = lines_of_records(text)
        width = self._width + self._unnamed_tail
        table, refused = parse_fields(text, width, range(width), self._quoting.delimiter, quoted=True)
        if (
            refused
            or is_odd(table, refused, count)
            or (self._unnamed_tail and not is_empty(table.column(self._width)))
        ):
            return None
        columns = [combined(column) for column in table.columns[: self._width]]
        return self._texts_of(columns, starts + block.first_line)

    def _each_by_hand(self, block: Block) -> Iterator[pa.RecordBatch]:
        records = list(self._records(block.data))
        heights = np.array([record.count(b"\n") for record in records], dtype=np.int64)
        numbers = block.first_line + np.concatenate([[0], np.cumsum(heights)[:-1]])
        yield from self._by_hand([record.removesuffix(b"\n") for record in records], numbers.tolist())
