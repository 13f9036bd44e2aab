"""Splits a flat file with quoted fields into records, and records into fields.

A field is quoted if it begins with a quote and ends with one that is followed by a delimiter or a line end.
Quotes within are doubled (RFC 4180) or left as they are (Amazon); delimiters and line ends within are text.
Any other quote is data. A field never includes a line that is a complete row itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from sellerops.formats.quote_marks import QuoteMarks

# A quote that is not closed within this many bytes is text that somebody typed.
LONGEST_FIELD = 1 << 20
_MOST_LINES = 300
# Lines tried as the start of a record, before all lines up to the next complete row are taken as rows.
_MOST_TRIES = 5


@dataclass(frozen=True)
class Record:
    """The lines of one row without the last line end; ``line`` counts from 0."""

    line: int
    text: str
    fields: list[str]


@dataclass(frozen=True)
class Quoting:
    """How a record is split into fields.

    ``is_everywhere``: every field is quoted, including the header; else only those that need it.
    """

    delimiter: str
    is_everywhere: bool

    @cached_property
    def _mark(self) -> str:
        return re.escape(self.delimiter)

    @cached_property
    def _quoted(self) -> re.Pattern[str]:
        return re.compile(rf'"([^"]*(?:""[^"]*)*)"(?={self._mark}|\Z)')

    @cached_property
    def _closing(self) -> re.Pattern[str]:
        return re.compile(rf'"(?={self._mark}|\r?\Z)')

    @cached_property
    def _first(self) -> re.Pattern[str]:
        """Matches the start of a row but no text within quotes, where quotes are doubled."""
        return re.compile(rf'"[^"]|""(?={self._mark})|[^"]')

    @cached_property
    def standard(self) -> re.Pattern[str]:
        """Matches a field by the standard: the text between its quotes, or the unquoted text."""
        return re.compile(rf'(?:"([^"]*(?:""[^"]*)*)"|([^{self._mark}]*))(?:{self._mark}|\Z)')

    def fields(self, record: str, width: int) -> list[str]:
        """The values of a record without its line end; empty ones beyond ``width`` are dropped."""
        values = self.split(record, width)
        while len(values) > width and not values[-1]:
            values.pop()
        return values

    def split(self, record: str, width: int = 0) -> list[str]:
        """All values of a record; ``width``: the expected number."""
        if '"' not in record:
            return record.split(self.delimiter)
        return self.all_quoted(record, width) or self._scan(record, width)

    def all_quoted(self, record: str, width: int) -> list[str] | None:
        """The fast path: the values if all are quoted and no text looks like the end of a field."""
        if len(record) < 2 or record[0] != '"' or record[-1] != '"':
            return None
        values = record[1:-1].split(f'"{self.delimiter}"')
        if len(values) != width:
            return None
        if '"' in record[1:-1].replace(f'"{self.delimiter}"', ""):
            return [_unescaped(value) if '"' in value else value for value in values]
        return values

    def _scan(self, record: str, width: int) -> list[str]:
        """Split value by value; ambiguous delimiters are read so that ``width`` values result."""
        plain, _ = self._values(record, is_merging=False)
        if len(plain) <= width:
            return plain
        merged, _ = self._values(record, is_merging=True)
        return merged if len(merged) == width else plain

    def _values(self, record: str, *, is_merging: bool) -> tuple[list[str], bool]:
        """The values, and whether an unquoted one contains a quote."""
        values: list[str] = []
        is_loose = False
        # If no closing quote follows, none follows further on either: searching again would make long lines
        # quadratic.
        has_closing = is_merging
        at = 0
        while True:
            found = self._quoted.match(record, at)
            if found:
                values.append(found.group(1).replace('""', '"'))
                end = found.end()
            else:
                end = record.find(self.delimiter, at)
                end = len(record) if end < 0 else end
                value = record[at:end]
                if has_closing and value[:1] == '"' and not (len(value) > 1 and value[-1] == '"'):
                    closing = self._closing.search(record, end)
                    has_closing = closing is not None
                    if closing:
                        end = closing.end()
                        value = record[at:end]
                is_enclosed = len(value) > 1 and value[0] == '"' == value[-1]
                is_loose = is_loose or (not is_enclosed and '"' in value)
                values.append(value[1:-1] if is_enclosed else value)
            if end >= len(record):
                return values, is_loose
            at = end + 1

    def is_open(self, record: str) -> bool:
        """Whether ``record`` ends inside a quoted field."""
        at = 0
        # The next closing quote: search only beyond it, so that long lines stay linear.
        closing = self._closing.search(record)
        while at < len(record):
            found = self._quoted.match(record, at)
            if found:
                at = found.end() + 1
                continue
            while closing and closing.start() <= at:
                closing = self._closing.search(record, closing.end())
            if record[at] == '"' and not closing:
                # Only Amazon's style leaves single quotes within fields, and it quotes every field.
                return self.is_everywhere or not record[at + 1 :].replace('""', "").count('"')
            end = record.find(self.delimiter, at)
            if end < 0:
                return False
            at = end + 1
        return False

    def is_row(self, line: str, width: int) -> bool:
        """Whether a line is a complete row of this file, so that no field may include it."""
        line = line.removesuffix("\r")
        if line.count(self.delimiter) < width - 1 or not line.strip(f"{self.delimiter} "):
            return False
        if self.is_everywhere and ('"' not in line or not self._first.match(line)):
            return False
        _, is_loose = self._values(line, is_merging=False)
        return not is_loose and len(self.fields(line, width)) == width

    def joined(self, values: list[str]) -> str:
        """Join values to a record, quoted where needed."""
        special = (self.delimiter, '"', "\n", "\r")
        quoted = (
            '"' + value.replace('"', '""') + '"' if any(each in value for each in special) else value
            for value in values
        )
        return self.delimiter.join(quoted)


def _unescaped(value: str) -> str:
    """The text between a field's quotes; doubled quotes become one, unless single ones occur too."""
    return value.replace('""', '"') if '"' not in value.replace('""', "") else value


def records_of(lines: Sequence[str], quoting: Quoting, width: int, *, is_last: bool) -> Iterator[Record]:
    """The records of whole lines. ``is_last``: the document ends here; else an open record at the end is
    left out.
    """
    at = tries = 0
    barrier = -1
    while at < len(lines):
        tries = tries if at < barrier else 0
        text = lines[at].removesuffix("\r")
        fields = quoting.all_quoted(text, width)
        if fields:
            yield Record(at, text, fields)
            at += 1
            continue
        end: int | None = at + 1
        if '"' in text and tries < _MOST_TRIES and quoting.is_open(text):
            end, reached = _record_end(lines, at, quoting, width)
            if end is None and reached == len(lines) and not is_last:
                return
            if end is None:
                barrier, tries = reached, tries + 1
        end = end or at + 1
        text = "\n".join(lines[at:end]).removesuffix("\r")
        yield Record(at, text, quoting.fields(text, width))
        at = end


def _record_end(lines: Sequence[str], at: int, quoting: Quoting, width: int) -> tuple[int | None, int]:
    """The line after the record that begins at ``at`` (None if it never closes), and the last line read."""
    size = len(lines[at])
    for place in range(at + 1, min(len(lines), at + _MOST_LINES)):
        size += len(lines[place]) + 1
        if size > LONGEST_FIELD or quoting.is_row(lines[place], width):
            return None, place
        if not quoting._closing.search(lines[place]):
            continue
        record = "\n".join(lines[at : place + 1]).removesuffix("\r")
        if not quoting.is_open(record):
            return (place + 1 if len(quoting.fields(record, width)) == width else None), place + 1
    return None, min(len(lines), at + _MOST_LINES)


class Evidence(Enum):
    """What the first rows with quotes show about a file without a quoted header."""

    NONE_YET = "none yet"
    DATA = "quotes are data"
    WHERE_NEEDED = "fields are quoted that need it"
    EVERYWHERE = "every field is quoted"


def quotes_all(header: str, delimiter: str) -> bool:
    """Whether all names of a header are quoted; an empty one at the end may be unquoted."""
    mark = re.escape(delimiter)
    return bool(re.fullmatch(rf'"[^"]*(?:""[^"]*)*"(?:{mark}"[^"]*(?:""[^"]*)*")*{mark}?', header))


def evidence_of(data: bytes, delimiter: str, width: int, *, is_last: bool) -> Evidence:
    """How these whole lines are quoted. ``is_last``: the document ends with them."""
    quoting = Quoting(delimiter, is_everywhere=False)
    is_whole = is_last and data.count(b'"') % 2 == 0
    marks = QuoteMarks.of(data)
    end = len(data) if is_whole else marks.end
    rows, rest = marks.until(end), data[end:]
    mark = delimiter.encode()
    inner = [*rows.inner_lines(), *rest.split(b"\n")[1:-1]]
    has_row_inside = any(line.count(mark) == width - 1 and line.strip(mark + b"\r ") for line in inner)
    if has_row_inside or not rows.is_clean(delimiter) or (is_last and not is_whole):
        return Evidence.DATA
    if not len(rows.quotes):
        return Evidence.NONE_YET
    may_wait = not is_last and len(data) <= LONGEST_FIELD
    return _evidence_of_records(rows, quoting, width, may_wait=may_wait)


def _evidence_of_records(rows: QuoteMarks, quoting: Quoting, width: int, *, may_wait: bool) -> Evidence:
    """The same for whole records whose quotes all follow the standard. ``may_wait``: later rows may be more
    conclusive than quoted empty fields.
    """
    starts, _ = rows.lines_of_records()
    lines = rows.data.decode().split("\n")
    seen: Counter[str] = Counter()
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        record = "\n".join(lines[start:end]).rstrip("\r\n")
        if '"' not in record:
            seen["unquoted"] += bool(record.strip())
            continue
        fields = quoting.standard.findall(record + quoting.delimiter)[:-1]
        seen["rows"] += len(fields) == width
        seen["lines"] += "\n" not in record and record.count(quoting.delimiter) == width - 1
        for quoted, plain in fields:
            seen["unquoted"] += bool(plain)
            seen["quoted"] += bool(quoted)
            seen["needless"] += bool(quoted) and not any(
                each in quoted for each in (quoting.delimiter, '"', "\r", "\n")
            )
    if may_wait and not seen["quoted"]:
        return Evidence.NONE_YET
    if not seen["rows"] or seen["rows"] < seen["lines"]:
        return Evidence.DATA
    if not seen["unquoted"]:
        return Evidence.EVERYWHERE
    return Evidence.DATA if seen["needless"] else Evidence.WHERE_NEEDED
