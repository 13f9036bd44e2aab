"""Reads the files that web pages offer (``format.style: web``): workbooks, and text below any preamble."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from sellerops.base.errors import UnreadableDocument
from sellerops.calendar.slices import Slice
from sellerops.formats import times
from sellerops.formats.assembly import Assembler
from sellerops.formats.blocks import Block
from sellerops.formats.charsets import LineDecoder, candidates
from sellerops.formats.headers import Header
from sellerops.formats.numbers import DecimalStyle, decimal_style
from sellerops.formats.preamble import Start, find_start
from sellerops.formats.quoted import QuotedReader
from sellerops.formats.row_texts import Texts
from sellerops.formats.rows import RejectReason, Rows, Tally
from sellerops.formats.sniff import Document, Rejoined
from sellerops.formats.torn_rows import Line, Refused
from sellerops.formats.value_rules import FLAT_DECIMAL, ValueRules
from sellerops.formats.web_values import WebValues
from sellerops.formats.workbook_parts import ZIP
from sellerops.formats.workbooks import SHEET, Workbook
from sellerops.settings.marketplaces import Marketplace
from sellerops.settings.specs import FileFormat, TableSpec

_ROWS_AT_ONCE = 5_000


class WebReader(QuotedReader):
    """Reads a web page's file from its header on, and rewrites its values before they are cast.

    ``source_line`` is the line of the file: lines above the header count. ``stated``: facts above the header.
    """

    def __init__(self, start: Start, values: WebValues, *given: Any) -> None:
        self.stated = start.facts
        self._values = values
        self._first_row = start.lines + 2
        super().__init__(*given, delimiter=start.delimiter, always=True)
        self._ends_of_ranges = values.ends_of_ranges(self.drift)

    def _parse_text(self, block: Block) -> list[Rows] | None:
        # Lines passed on as text would be stored without being rewritten.
        return None if self._is_plain(block.data) else super()._parse_text(block)

    def _texts_of(
        self, columns: list[pa.Array], lines: np.ndarray, marks: Mapping[int, int] | None = None
    ) -> Texts:
        texts = super()._texts_of(columns, lines, marks)
        both = {**texts.columns, **{end: texts.columns[first] for end, first in self._ends_of_ranges.items()}}
        return replace(texts, columns=self._values.rewritten(both))


class WorkbookReader(WebReader):
    """Reads a workbook the same way: its document is the header alone, and its rows come from the sheets."""

    def __init__(self, workbook: Workbook, *given: Any) -> None:
        self._workbook = workbook
        super().__init__(workbook.start, *given)

    def batches(self) -> Iterator[pa.RecordBatch]:
        rows = (self._row_of(number, cells) for number, cells in self._workbook.rows())
        while part := list(itertools.islice(rows, _ROWS_AT_ONCE)):
            yield from self._batch(part)

    def texts(self) -> Iterator[Rows]:
        return self.batches()

    def _row_of(self, number: int, cells: list[str]) -> Line | Refused:
        row = Line(number, self._as_it_stood(cells), cells[: self._width])
        return Refused(row, RejectReason.TOO_MANY_FIELDS) if len(cells) > self._width else row


def open_web_file(
    table: TableSpec,
    stream: BinaryIO,
    file_format: FileFormat,
    slice_: Slice,
    marketplaces: Sequence[Marketplace],
    tally: Tally,
    facts: Mapping[str, str],
    where: str,
    declared: str | None,
) -> WebReader:
    """The reader of one table; the parameters are those of ``open_rows``.

    Facts that the file states above its header are added to ``facts`` and take precedence.
    """
    header, workbook = Header(table), None
    ahead = stream.read(len(ZIP))
    if ahead == ZIP:
        has_sheet_column = any(table.header_of(name) == SHEET for name in table.read_columns)
        workbook = Workbook(
            ahead, stream, header, file_format.sheet, where, has_sheet_column=has_sheet_column
        )
        document, start = Document(io.BytesIO(workbook.header_line), where=where), workbook.start
        decoder = LineDecoder(["utf-8"])
    else:
        document = Document(io.BufferedReader(Rejoined(ahead, stream)), where=where, declared=declared)
        names = candidates(document.charset, declared, file_format.charset, marketplaces[0].charset)
        start = find_start(document.peek(), header, LineDecoder(names))
        document.skip(start.size)
        decoder = LineDecoder(names)
    values = WebValues(table, decimal_style(marketplaces), file_format.decimal)
    patterns = tuple(dict.fromkeys((times.ISO, *file_format.timestamps)))
    rules = ValueRules(
        DecimalStyle.POINT,
        times.with_marketplace_orders(patterns, marketplaces, slice_.requested_days),
        FLAT_DECIMAL,
        frozenset(file_format.nothing),
    )
    told = {**facts, **start.facts}
    refuse_missing_facts(table, told, where)
    told = values.rewritten_facts(told)
    assembler = Assembler(table, slice_, rules, tally, told)
    given = (values, document, decoder, header, assembler, tally, where)
    return WorkbookReader(workbook, *given) if workbook else WebReader(start, *given)


def refuse_missing_facts(table: TableSpec, facts: Mapping[str, str], where: str) -> None:
    """Raise UnreadableDocument if neither the page nor the file states a fact that the spec requires."""
    missing = [
        fact for name, fact in table.facts.items() if table.columns[name].required and not facts.get(fact)
    ]
    if missing:
        raise UnreadableDocument(
            f"neither the page nor the lines above the header say {', '.join(missing)}; they say "
            f"{', '.join(facts) or 'nothing'}.",
            where=where,
            found=list(facts),
        )
