"""Reads the sheets of an Excel workbook row by row, as the texts that a CSV file would have."""

from __future__ import annotations

import csv
import io
import itertools
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import IO, Any, BinaryIO

from sellerops.base.errors import DocumentDamaged, LimitExceeded, UnreadableDocument
from sellerops.base.limits import MOST_WORKBOOK_ROWS
from sellerops.formats.cell_texts import text_of
from sellerops.formats.headers import Header
from sellerops.formats.preamble import MOST_LINES_ABOVE, Start, facts_of, find_row
from sellerops.formats.spelling import plain
from sellerops.formats.workbook_parts import check_parts, spooled

SHEET = "(sheet)"


@dataclass(frozen=True)
class _Sheet:
    """``above``: rows above the header; ``headers``: its names; empty sheets have none."""

    title: str
    rows: Any
    above: list[list[str]]
    headers: list[str]


class Workbook:
    """The rows of a workbook's sheets below one header.

    The headers of several sheets are joined by name. ``start.lines``: rows above the header in the first
    sheet. Raises DocumentDamaged, UnreadableDocument and LimitExceeded, here or while rows are read.
    """

    def __init__(
        self,
        ahead: bytes,
        rest: BinaryIO,
        header: Header,
        sheet: int | str,
        where: str,
        *,
        has_sheet_column: bool,
    ) -> None:
        self._where = where
        self._has_sheet_column = has_sheet_column
        self._file = spooled(ahead, rest, where)
        check_parts(self._file, where)
        self._sheets = [each for each in self._chosen(sheet, header) if each.headers]
        self._columns = _joined(each.headers for each in self._sheets)
        above = self._sheets[0].above if self._sheets else []
        self.start = Start(len(above), facts=facts_of(above))

    @property
    def header_line(self) -> bytes:
        """The joined header as a line of CSV; empty if all sheets are."""
        names = [name for _, _, name in self._columns]
        return _as_csv([*names, *([SHEET] if self._has_sheet_column else [])]) if names else b""

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows with a value, in the order of the joined header, with their line: the row in Excel for the
        first sheet, counted on for further ones. Cells beyond the header stay at the end.
        """
        before = 0
        for each in self._sheets:
            places = _places(each.headers, self._columns)
            number = 0
            for number, cells in enumerate(self._rows(each.rows), 1):
                texts = _texts(cells) if number > len(each.above) + 1 else []
                if any(texts):
                    yield before + number, self._row(texts, places, len(self._columns), each.title)
            before += number

    def _chosen(self, wanted: int | str, header: Header) -> Iterator[_Sheet]:
        workbook = _opened(self._file, self._where)
        visible = [each for each in workbook.worksheets if each.sheet_state == "visible"]
        if isinstance(wanted, int):
            chosen = visible[wanted - 1 : wanted] if wanted > 0 else []
        else:
            chosen = [each for each in visible if fnmatchcase(each.title.casefold(), wanted.casefold())]
        if not chosen:
            titles = ", ".join(repr(each.title) for each in visible)
            raise UnreadableDocument(
                f"it has no sheet {wanted!r}; its sheets are {titles}.",
                where=self._where,
                remedy="Correct `format.sheet` in the spec, then clear the load task.",
            )
        for each in chosen:
            # The stated dimensions may be wrong, and rows beyond them would be left out.
            each.reset_dimensions()
            yield self._sheet(each, header, is_only=len(chosen) == 1)

    def _sheet(self, sheet: Any, header: Header, *, is_only: bool) -> _Sheet:
        first = [_texts(cells) for cells in itertools.islice(self._rows(sheet), MOST_LINES_ABOVE)]
        if not any(cell.strip() for row in first for cell in row):
            return _Sheet(sheet.title, sheet, [], [])
        place, is_whole = find_row(first, header)
        headers = _trimmed(first[place])
        if not is_whole and not is_only:
            shown = ", ".join(repr(name[:80]) for name in headers[:40])
            raise UnreadableDocument(
                f"the sheet {sheet.title!r} lacks required columns. Found: {shown}.",
                where=self._where,
                remedy="Set `format.sheet` to the sheets with rows, or add the headers under `also`; then "
                "clear the load task.",
                found=headers,
            )
        return _Sheet(sheet.title, sheet, first[:place], headers)

    def _rows(self, sheet: Any) -> Iterator[Sequence[Any]]:
        try:
            for number, cells in enumerate(sheet.iter_rows(), 1):
                if number > MOST_WORKBOOK_ROWS:
                    raise LimitExceeded(
                        f"the sheet {sheet.title!r} has more than {MOST_WORKBOOK_ROWS} rows.",
                        where=self._where,
                        limit="MOST_WORKBOOK_ROWS",
                    )
                yield cells
        except LimitExceeded:
            raise
        except Exception as error:  # openpyxl raises whatever a damaged part breaks
            raise DocumentDamaged(
                f"the sheet {sheet.title!r} is damaged ({type(error).__name__}: {error}).", where=self._where
            ) from error

    def _row(self, cells: list[str], places: list[int] | None, width: int, title: str) -> list[str]:
        """A row in the order of the joined header."""
        own = width if places is None else len(places)
        beyond = _trimmed(cells[own:])
        row = [*cells[:own], *[""] * (own - len(cells[:own]))]
        if places is not None:
            given, row = row, [""] * width
            for place, value in zip(places, given, strict=True):
                row[place] = value
        # Cells beyond the header stay, so that the row is refused rather than cut.
        return [*row, *([title] if self._has_sheet_column else []), *beyond]


def _opened(file: IO[bytes], where: str) -> Any:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which do not matter here
            return load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises whatever a damaged part breaks
        raise DocumentDamaged(
            f"the workbook is damaged ({type(error).__name__}: {error}).", where=where
        ) from error


def _texts(cells: Sequence[Any]) -> list[str]:
    return [text_of(cell) for cell in cells]


def _trimmed(cells: list[str]) -> list[str]:
    """The cells up to the last one with text."""
    last = max((place for place, cell in enumerate(cells) if cell.strip()), default=-1)
    return cells[: last + 1]


def _joined(headers: Iterator[list[str]] | Sequence[list[str]]) -> list[tuple[str, int, str]]:
    """All columns of several sheets in the order they first occur: spelling, occurrence, name."""
    found: dict[tuple[str, int], str] = {}
    for names in headers:
        for key, name in zip(_keys(names), names, strict=True):
            found.setdefault(key, name)
    return [(*key, name) for key, name in found.items()]


def _keys(names: Sequence[str]) -> list[tuple[str, int]]:
    """Each name in plain spelling, and which of several equal ones it is."""
    seen: Counter[str] = Counter()
    keys = []
    for name in map(plain, names):
        seen[name] += 1
        keys.append((name, seen[name]))
    return keys


def _places(headers: Sequence[str], joined: Sequence[tuple[str, int, str]]) -> list[int] | None:
    """The place of each of a sheet's columns in the joined header; None if both are in the same order."""
    order = {(spelling, occurrence): place for place, (spelling, occurrence, _) in enumerate(joined)}
    places = [order[key] for key in _keys(headers)]
    return None if places == list(range(len(joined))) else places


def _as_csv(cells: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")
