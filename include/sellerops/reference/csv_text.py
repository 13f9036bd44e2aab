"""Reads CSV as people and spreadsheets save it, with varying encodings, separators and headers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sellerops.reference.problems import Problem, quoted
from sellerops.settings.spec_files import suggestion

LARGEST_BYTES = 64_000_000
_SEPARATORS = (",", ";", "\t")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Line:
    """A line of the file by column name. ``number``: the line number as in an editor, from 1."""

    number: int
    cells: Mapping[str, str]


def csv_lines(
    content: bytes, columns: Sequence[str], required: Sequence[str], aliases: Mapping[str, str]
) -> tuple[list[Line], list[Problem]]:
    """The lines of a file with a header, and what is wrong with their form.

    Accepts UTF-8 with or without a byte order mark, UTF-16 with one, otherwise Windows-1252; commas,
    semicolons or tabs between cells; a first line ``sep=;``; and the columns in any order.

    :param columns: the names that the header may have.
    :param required: the names that it must have.
    :param aliases: other names of columns.
    """
    problems: list[Problem] = []
    text = _decoded(content, problems)
    if text is None:
        return [], problems
    skipped, separator, text = _without_separator_line(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[Line] = []
    try:
        header = next((row for row in reader if any(row)), [])
        names = _names(header, columns, required, aliases, problems)
        if names is None:
            return [], problems
        before = reader.line_num
        for row in reader:
            number, before = before + 1 + skipped, reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
                problems.append(_too_many(number, len(row), len(names), separator))
                continue
            cells = dict(zip(names, [cell.strip() for cell in row], strict=False))
            lines.append(Line(number, {name: cells.get(name, "") for name in names}))
    except csv.Error as error:
        problems.append(
            Problem(f"line {reader.line_num + skipped}", f"is not CSV: {error}.", "Close the quotes.")
        )
    return lines, problems


def _decoded(content: bytes, problems: list[Problem]) -> str | None:
    if problem := _unreadable(content):
        problems.append(problem)
        return None
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _decode(content, encoding, problems)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # Excel on Windows writes plain `CSV` in this encoding.
        return _decode(content, "cp1252", problems)


def _unreadable(content: bytes) -> Problem | None:
    if len(content) > LARGEST_BYTES:
        return Problem("file", f"is larger than {LARGEST_BYTES:,} bytes.", "Import it in parts.")
    if content.startswith(_WORKBOOKS):
        return Problem("file", "is an Excel workbook.", "Save it as `CSV UTF-8` and import that file.")
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem("file", "is not text: it contains bytes of value 0.", "Save it as `CSV UTF-8`.")
    return None


def _decode(content: bytes, encoding: str, problems: list[Problem]) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problems.append(
            Problem(f"line {line}", "has characters of an unknown encoding.", "Save the file as `CSV UTF-8`.")
        )
        return None


def _without_separator_line(text: str) -> tuple[int, str, str]:
    """The number of lines left out, the separator, and the text from the header on."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return 1, first.strip()[4], rest
    return 0, max(_SEPARATORS, key=first.count), text


def _names(
    header: Sequence[str],
    columns: Sequence[str],
    required: Sequence[str],
    aliases: Mapping[str, str],
    problems: list[Problem],
) -> list[str] | None:
    """The columns of the header; None if it has problems, so that lines cannot be read with it."""
    found = [_normalised(cell, aliases) for cell in header]
    while found and not found[-1]:
        found.pop()
    if not found:
        problems.append(Problem("line 1", "the header is missing.", f"Begin with {', '.join(columns)}."))
        return None
    wrong = [name for name in found if name not in columns]
    for name in wrong:
        problems.append(Problem("header", f"unknown column {quoted(name)}.", suggestion(name, columns)))
    for name in sorted({name for name in found if found.count(name) > 1}):
        problems.append(Problem("header", f"column {quoted(name)} appears twice.", "Delete one."))
    for name in required:
        if name not in found:
            problems.append(Problem("header", f"column {quoted(name)} is missing.", "Add it."))
    return None if problems else found


def _normalised(cell: str, aliases: Mapping[str, str]) -> str:
    name = "_".join(cell.strip().lower().replace("-", " ").split())
    return aliases.get(name, name)


def _too_many(number: int, found: int, expected: int, separator: str) -> Problem:
    return Problem(
        f"line {number}",
        f"has {found} cells, but the header has {expected}.",
        f"Write numbers with a point, and put texts that contain {separator!r} in double quotes.",
    )
