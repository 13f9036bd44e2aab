"""Packing lists as text: files of any spreadsheet program, or text pasted into the form."""

from __future__ import annotations

import csv
import io

from sellerops.base.limits import MOST_PACKING_LIST_COLUMNS, MOST_PACKING_LIST_ROWS
from sellerops.inbound.packing_lists.columns import Column
from sellerops.inbound.packing_lists.tables import Row, count_headings
from sellerops.inbound.problems import Problems

DELIMITERS = (",", ";", "\t", "|")
_LONGEST_CELL = 10_000
_SAMPLE_ROWS = 30


def decode(content: bytes, place: str, problems: Problems) -> str | None:
    """The text of a file in UTF-8, UTF-16 with a byte order mark (Excel's "Unicode text"), or cp1252.

    None if it is not text; noted in ``problems``.
    """
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    problems.note(place, "is not a text file.", "Save it as xlsx or as CSV (UTF-8).")
    return None


def read_rows(
    text: str, place: str, columns: tuple[Column, ...], problems: Problems
) -> tuple[list[Row], str]:
    """The rows of a CSV text and its delimiter: the one that turns the most header cells into headings.

    ``place``: of the text; a row's place adds its line. Notes texts that are too large or not CSV.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Excel's own way of naming the delimiter.
    directive = text.partition("\n")[0].strip()
    if directive.casefold() in {f"sep={each}" for each in DELIMITERS}:
        text, delimiter = "\n" + text.partition("\n")[2], directive[4]
    else:
        delimiter = max(DELIMITERS, key=lambda each: _headings_with(text, each, columns))
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=False)
    line = 1
    try:
        for cells in reader:
            if len(rows) == MOST_PACKING_LIST_ROWS or len(cells) > MOST_PACKING_LIST_COLUMNS:
                problems.note(
                    place,
                    f"has more than {MOST_PACKING_LIST_ROWS:,} rows or {MOST_PACKING_LIST_COLUMNS} columns.",
                    "Split the shipment.",
                )
                break
            if any(len(cell) > _LONGEST_CELL for cell in cells):
                problems.note(
                    f"{place}, line {line}",
                    "a cell is longer than a page; a quotation mark may not be closed.",
                    "Correct the line.",
                )
                break
            rows.append(Row(f"{place}, line {line}", tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        problems.note(f"{place}, line {line}", f"is not CSV: {error}.", "Correct the line.")
    return rows, delimiter


def _headings_with(text: str, delimiter: str, columns: tuple[Column, ...]) -> int:
    """The number of headings in the best of the first rows if the text is split at the delimiter."""
    sample = "\n".join(text.split("\n", _SAMPLE_ROWS)[:_SAMPLE_ROWS])
    try:
        rows = list(csv.reader(io.StringIO(sample), delimiter=delimiter))
    except csv.Error:
        return 0
    return max((count_headings(cells, columns) for cells in rows), default=0)
