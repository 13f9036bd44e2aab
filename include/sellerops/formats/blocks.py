"""Reads a document in blocks of whole lines and parses them with Arrow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from sellerops.base.errors import UnreadableDocument
from sellerops.formats.malloc_settings import keep_freed_memory
from sellerops.formats.sniff import Document

BLOCK_BYTES = 1 << 21
_LONGEST_LINE = 64 << 20
_NEWLINE, _RETURN = 10, 13


@dataclass(frozen=True)
class Block:
    """Whole lines of the file, and the line number of the first."""

    data: bytes
    first_line: int

    @cached_property
    def newlines(self) -> np.ndarray:
        """Positions of the newlines."""
        return newlines_of(self.data)

    @cached_property
    def count(self) -> int:
        return len(self.newlines) + (not self.data.endswith(b"\n"))

    @property
    def numbers(self) -> range:
        return range(self.first_line, self.first_line + self.count)

    def line_numbers(self) -> np.ndarray:
        """The line numbers as int64."""
        return np.arange(self.first_line, self.first_line + self.count, dtype=np.int64)


class WholeLines:
    """Reads a document in blocks that end with a line end; only the last block may lack it."""

    def __init__(self, document: Document, where: str) -> None:
        self._document = document
        self._where = where
        keep_freed_memory()
        self._rest = b""
        self._ahead = document.read(BLOCK_BYTES)

    def next(self) -> tuple[bytes, bool]:
        """The next block, and whether it is the last; empty after the end."""
        parts, size = [self._rest], 0
        self._rest = b""
        while ahead := self._ahead:
            self._ahead = self._document.read(BLOCK_BYTES)
            end = ahead.rfind(b"\n") + 1 if self._ahead else len(ahead)
            if end:
                self._rest = ahead[end:]
                return b"".join([*parts, memoryview(ahead)[:end]]), not self._ahead
            parts.append(ahead)
            size += len(ahead)
            if size > _LONGEST_LINE:
                raise UnreadableDocument(
                    f"a line is longer than {_LONGEST_LINE >> 20} MB.", where=self._where
                )
        return b"".join(parts), True

    def put_back(self, data: bytes) -> None:
        """Prepend ``data``, the unread end of the previous block, to the next one."""
        self._rest = data + self._rest


def is_odd(table: pa.Table, refused: Sequence[Any], count: int) -> bool:
    """Whether Arrow's rows differ from the block's lines.

    Arrow ends a line at a lone carriage return. A row with all columns empty is either a blank line, which is
    not a row, or a line of tabs, which is.
    """
    if len(table) + len(refused) != count:
        return True
    blank: Any = None
    for column in table.columns:
        if not column.null_count:
            return False
        blank = column.is_null() if blank is None else pc.and_(blank, column.is_null())
    return blank is not None and bool(pc.any(blank).as_py())


def kept_rows(
    block: Block, refused: Sequence[Any], odd: Collection[int]
) -> tuple[np.ndarray, pa.Array | None]:
    """The line numbers of a block's rows without the ``odd`` lines (counted from 0), and the positions of
    these rows in Arrow's table, which lacks the ``refused`` ones; None for all.
    """
    numbers = block.line_numbers()
    if not odd:
        return numbers, None
    is_row = np.ones(block.count, dtype=bool)
    is_row[[row.number - 1 for row in refused]] = False
    is_kept = is_row.copy()
    is_kept[list(odd)] = False
    return numbers[is_kept], pa.array(np.flatnonzero(is_kept[is_row]))


def newlines_of(text: bytes) -> np.ndarray:
    """Positions of the newlines in ``text``."""
    return np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE)


def all_end_with(end: bytes, text: bytes, newlines: np.ndarray) -> bool:
    """Whether every line of ``text`` ends with ``end``: CRLF or LF alone."""
    if not text.endswith(end) or newlines[0] == 0:
        return False
    returns = np.frombuffer(text, np.uint8)[newlines - 1] == _RETURN
    return bool(returns.all() if end == b"\r\n" else not returns.any())


def as_lines(text: bytes, newlines: np.ndarray) -> pa.Array:
    """The lines of ``text`` with their line ends, without copying."""
    offsets = np.zeros(len(newlines) + 1, dtype=np.int32)
    offsets[1:] = newlines + 1
    return pa.Array.from_buffers(
        pa.binary(), len(newlines), [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    )


def parse_fields(
    text: bytes, width: int, wanted: Sequence[int], delimiter: str = "\t", *, quoted: bool = False
) -> tuple[pa.Table, list[Any]]:
    """The ``wanted`` fields as text, named by position, empty ones null; and the rows of another width."""
    names = [str(number) for number in range(width)]
    refused: list[Any] = []

    def refuse(row: Any) -> str:
        refused.append(row)
        return "skip"

    table = pa.csv.read_csv(
        pa.py_buffer(text),
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
        parse_options=pa.csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if quoted else False,
            double_quote=quoted,
            escape_char=False,
            newlines_in_values=quoted,
            ignore_empty_lines=False,
            invalid_row_handler=refuse,
        ),
        convert_options=pa.csv.ConvertOptions(
            check_utf8=False,
            column_types={name: pa.string() for name in names},
            include_columns=[str(place) for place in wanted],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
        ),
    )
    return table, refused


def combined(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def is_empty(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count == len(column))
