"""Records of a flat file with quoted fields (RFC 4180): where one ends, and what its fields are.

A field is quoted when it begins with a quote and ends with one that a delimiter or a line end follows; quotes
within are doubled, and delimiters and line ends are text there. Any other quote is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sellerops.errors import DocumentDamaged, UnreadableDocument
from sellerops.formats import blocks
from sellerops.formats.sniff import Document

# A quote that is not closed within this much is a quote somebody typed.
LONGEST_FIELD = 1 << 20
_LONGEST_RECORD = 64 << 20
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


@dataclass(frozen=True)
class Quoting:
    """How the fields of a record are told apart."""

    delimiter: str

    @cached_property
    def _field(self) -> re.Pattern[str]:
        mark = re.escape(self.delimiter)
        return re.compile(rf'(?:"((?:[^"]|"")*)"|([^{mark}]*))(?={mark}|\Z)', re.DOTALL)

    @cached_property
    def quoted(self) -> re.Pattern[bytes]:
        """A quoted field of a whole document, to its closing quote."""
        mark = re.escape(self.delimiter.encode())
        return re.compile(rb'"[^"]*(?:""[^"]*)*"(?=' + mark + rb"|\r?\n|\Z)")

    @cached_property
    def plain(self) -> re.Pattern[bytes]:
        """Any other field."""
        return re.compile(rb"[^\n" + re.escape(self.delimiter.encode()) + rb"]*")

    def fields(self, record: str) -> list[str]:
        """The values of a record without its line end."""
        if '"' not in record:
            return record.split(self.delimiter)
        values: list[str] = []
        at = 0
        while True:
            found = self._field.match(record, at)
            assert found is not None  # a plain field reaches to the next delimiter, whatever it holds
            quoted = found.group(1)
            values.append(found.group(2) if quoted is None else quoted.replace('""', '"'))
            if found.end() == len(record):
                return values
            at = found.end() + 1

    def joined(self, values: list[str]) -> str:
        """The same the other way, quoted where needed."""
        special = (self.delimiter, '"', "\n", "\r")
        quoted = (
            '"' + value.replace('"', '""') + '"' if any(each in value for each in special) else value
            for value in values
        )
        return self.delimiter.join(quoted)


def whole_records(document: Document, quoting: Quoting, where: str) -> Iterator[bytes]:
    """Blocks of whole records; only the last may lack its line end.

    Raises DocumentDamaged when the document ends inside a quoted field.
    """
    rest = b""
    while True:
        piece = document.read(blocks.BLOCK_BYTES)
        data = rest + piece
        end = len(data) if not piece and is_clean(data, quoting) else _clean_end(data, quoting)
        if not end and (not piece or len(data) > LONGEST_FIELD + blocks.BLOCK_BYTES):
            starts = record_starts(data, quoting, is_whole=not piece, where=where)
            end = len(data) if not piece else starts[-1]
        if end:
            yield data[:end]
        rest = data[end:]
        if not piece and not rest:
            return
        if len(rest) > _LONGEST_RECORD:
            raise UnreadableDocument(f"a row is longer than {_LONGEST_RECORD >> 20} MB.", where=where)


def record_starts(
    data: bytes, quoting: Quoting, *, is_whole: bool, where: str, most: int | None = None
) -> list[int]:
    """Where each record begins, looked at field by field; last, where the next one would.

    ``is_whole``: the document ends here; else what may go on behind ``data`` is left out. ``most``: so many
    records are enough.
    """
    starts = [0]
    at = 0
    while at < len(data) and (most is None or len(starts) <= most):
        end = _field_end(data, at, quoting, is_whole=is_whole, where=where)
        if end is None:
            return starts
        if end == len(data):
            return [*starts, end] if is_whole else starts
        at = end + (2 if data.startswith(b"\r\n", end) else 1)
        if data[at - 1] == _NEWLINE:
            starts.append(at)
    if is_whole and at >= len(data) and starts[-1] != len(data):
        starts.append(len(data))
    return starts


def _field_end(data: bytes, at: int, quoting: Quoting, *, is_whole: bool, where: str) -> int | None:
    """Where the field that begins at ``at`` ends; None when ``data`` does not tell yet."""
    if data[at] == _QUOTE:
        found = quoting.quoted.match(data, at)
        if found and (is_whole or found.end() < len(data) - 1):
            return found.end()
        is_open = found is not None or data.count(b'"', at + 1) == 0
        if is_open and len(data) - at <= LONGEST_FIELD:
            if is_whole:
                raise DocumentDamaged("the document ends inside a quoted field.", where=where)
            return None
    plain = quoting.plain.match(data, at)
    assert plain is not None
    return plain.end()


@dataclass(frozen=True)
class _Marks:
    """Quotes and newlines of some bytes, and which newlines stand outside quotes if all quotes pair up."""

    quotes: np.ndarray
    newlines: np.ndarray
    ends: np.ndarray


def _marks(data: bytes) -> _Marks:
    octets = np.frombuffer(data, np.uint8)
    quotes, newlines = np.flatnonzero(octets == _QUOTE), np.flatnonzero(octets == _NEWLINE)
    before = np.searchsorted(quotes, newlines)
    return _Marks(quotes, newlines, newlines[before % 2 == 0])


def lines_of_records(data: bytes) -> tuple[np.ndarray, int]:
    """For clean ``data``: the line, from 0, that each record begins on; and the number of records."""
    marks = _marks(data)
    firsts = np.searchsorted(marks.newlines, marks.ends) + 1
    starts = np.concatenate([[0], firsts])
    if data.endswith(b"\n"):
        starts = starts[:-1]
    return starts.astype(np.int64), len(starts)


def _clean_end(data: bytes, quoting: Quoting) -> int:
    """Behind the last record of ``data`` if all its quotes are the standard's up to there, else 0."""
    ends = _marks(data).ends
    if not len(ends):
        return 0
    end = int(ends[-1]) + 1
    return end if is_clean(data[:end], quoting) else 0


def is_clean(data: bytes, quoting: Quoting) -> bool:
    """Whether every quote opens a field, closes one or is doubled within."""
    octets = np.frombuffer(b"\n" + data + b"\n", np.uint8)
    quotes = np.flatnonzero(octets == _QUOTE)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    mark = ord(quoting.delimiter)
    before, after = octets[opening - 1], octets[closing + 1]
    doubled = np.zeros(len(opening) + 1, dtype=bool)
    doubled[1:-1] = opening[1:] == closing[:-1] + 1
    opens = np.isin(before, (mark, _NEWLINE)) | doubled[:-1]
    closes = np.isin(after, (mark, _NEWLINE, _RETURN)) | doubled[1:]
    return bool(opens.all() and closes.all())
