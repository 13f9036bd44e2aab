"""Reads and writes one sheet of a spreadsheet so that repeating a request changes nothing.

Rows are written to named cells and never with ``values.append``, because repeating that after a lost answer
would add the rows twice.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sellerops.base.errors import ConfigurationError
from sellerops.exports.a1 import Anchor
from sellerops.exports.cells import MOST_CELLS, MOST_COLUMNS, Cell, Key, key_of
from sellerops.exports.layout import Layout, read_header

# Cells read at once, to limit memory.
_PAGE_CELLS = 200_000


class SheetsApi(Protocol):
    """The calls of the Sheets API v4 that exports need. Implementations raise this project's errors."""

    def spreadsheet(self, spreadsheet_id: str) -> dict[str, Any]:
        """The resource ``Spreadsheet``, without cells."""
        ...

    def read(self, spreadsheet_id: str, area: str) -> list[list[Any]]:
        """Unformatted values by row; trailing empty rows and cells are left out."""
        ...

    def write(self, spreadsheet_id: str, areas: Sequence[str], values: Sequence[list[list[Cell]]]) -> None:
        """Write all areas or none, without parsing values."""
        ...

    def clear(self, spreadsheet_id: str, areas: Sequence[str]) -> None:
        """Clear the values of cells; formats stay."""
        ...

    def grow(self, spreadsheet_id: str, sheet_id: int, rows: int, columns: int) -> None:
        """Add empty rows at the bottom and columns on the right."""
        ...


@dataclass
class SheetContent:
    """What is below the header row.

    ``last_row``: the last row with values in the export's columns. ``used_columns``: the last column in use,
    0 for none.
    """

    last_row: int
    used_columns: int = 0
    keys: set[Key] = field(default_factory=set)


class Sheet:
    """The sheet that an anchor names.

    The constructor reads its size, and raises ConfigurationError if the sheet does not exist.
    """

    def __init__(self, api: SheetsApi, spreadsheet_id: str, anchor: Anchor) -> None:
        self.api = api
        self.spreadsheet_id = spreadsheet_id
        self.anchor = anchor
        content = api.spreadsheet(spreadsheet_id)
        tabs = {each["properties"]["title"]: each["properties"] for each in content.get("sheets", [])}
        grid = self._own(tabs).get("gridProperties", {})
        self.sheet_id = int(tabs[anchor.tab].get("sheetId", 0))
        self.rows, self.columns = int(grid.get("rowCount", 0)), int(grid.get("columnCount", 0))
        self._cells_elsewhere = sum(
            int(other.get("gridProperties", {}).get("rowCount", 0))
            * int(other.get("gridProperties", {}).get("columnCount", 0))
            for title, other in tabs.items()
            if title != anchor.tab
        )

    def header(self) -> list[Any]:
        """The cells of the header row, from the anchor on."""
        if self.anchor.row > self.rows or self.anchor.column > self.columns:
            return []
        last = (self.anchor.row, self.columns)
        rows = self.api.read(
            self.spreadsheet_id, self.anchor.area((self.anchor.row, self.anchor.column), last)
        )
        return rows[0] if rows else []

    def read_content(
        self, header: Sequence[Any], titles: Sequence[str], keys: Sequence[str], days: Sequence[bool]
    ) -> SheetContent:
        """Read what is below the header row; ``days``: which of ``keys`` are dates."""
        known = read_header(self.anchor, header)
        ours = [known[title] - self.anchor.column for title in titles if title in known]
        key_at = [known[key] - self.anchor.column for key in keys if key in known]
        content = SheetContent(self.anchor.row, self.anchor.column + len(header) - 1 if header else 0)
        for number, row in self._rows():
            if any(each != "" for each in row):
                used = max(at for at, each in enumerate(row) if each != "")
                content.used_columns = max(content.used_columns, self.anchor.column + used)
            if any(at < len(row) and row[at] != "" for at in ours):
                content.last_row = number
            if keys and len(key_at) == len(keys):
                key = key_of([row[at] if at < len(row) else "" for at in key_at], days)
                if any(key):
                    content.keys.add(key)
        return content

    def check_size(self, layout: Layout, last_row: int) -> None:
        """Raise ConfigurationError if the spreadsheet would exceed Google's limits."""
        rows, columns = max(self.rows, last_row), max(self.columns, layout.last_column)
        cells = self._cells_elsewhere + rows * columns
        if cells > MOST_CELLS or columns > MOST_COLUMNS:
            raise ConfigurationError(
                f"needs {rows:,} rows by {columns:,} columns here and {cells:,} cells in the whole "
                f"spreadsheet; Google Sheets allows {MOST_CELLS:,} cells and {MOST_COLUMNS:,} columns. "
                "Nothing was written.",
                where=f"sheet {self.anchor}",
                remedy="Export fewer rows or columns (with a `query`) or use a new spreadsheet; delete empty "
                "columns and sheets, which count too.",
            )

    def grow(self, layout: Layout, last_row: int) -> None:
        """Add missing rows and columns; none are ever removed."""
        rows, columns = max(0, last_row - self.rows), max(0, layout.last_column - self.columns)
        if rows or columns:
            self.api.grow(self.spreadsheet_id, self.sheet_id, rows, columns)
            self.rows, self.columns = self.rows + rows, self.columns + columns

    def write_header(self, layout: Layout) -> None:
        """Write the new titles."""
        self._write(layout, self.anchor.row, [list(layout.titles)], only=layout.new)

    def write_rows(self, layout: Layout, first_row: int, rows: list[list[Cell]]) -> None:
        """Write the export's columns of all ``rows``, or nothing."""
        self._write(layout, first_row, rows)

    def clear_under_header(self, columns: Sequence[int]) -> None:
        """Clear these columns below the header row; other columns and all formats stay."""
        top = self.anchor.row + 1
        wanted = sorted(column for column in columns if column <= self.columns)
        if wanted and top <= self.rows:
            areas = [self.anchor.area((top, each), (self.rows, each)) for each in wanted]
            self.api.clear(self.spreadsheet_id, areas)

    def _write(
        self, layout: Layout, first_row: int, rows: list[list[Cell]] | list[list[str]],
        only: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        areas, values = [], []
        for column, positions in layout.blocks(only):
            last = (first_row + len(rows) - 1, column + len(positions) - 1)
            areas.append(self.anchor.area((first_row, column), last))
            values.append([[row[position] for position in positions] for row in rows])
        if areas and rows:
            self.api.write(self.spreadsheet_id, areas, values)

    def _rows(self) -> Iterator[tuple[int, list[Any]]]:
        """The rows below the header, read in pages: (row number, cells from the anchor's column on)."""
        width = self.columns - self.anchor.column + 1
        if width < 1:
            return
        page = max(1, _PAGE_CELLS // width)
        for top in range(self.anchor.row + 1, self.rows + 1, page):
            bottom = min(top + page - 1, self.rows)
            area = self.anchor.area((top, self.anchor.column), (bottom, self.columns))
            for offset, row in enumerate(self.api.read(self.spreadsheet_id, area)):
                yield top + offset, row

    def _own(self, tabs: dict[str, dict[str, Any]]) -> dict[str, Any]:
        found = tabs.get(self.anchor.tab)
        if found is None or found.get("sheetType", "GRID") != "GRID":
            guess = difflib.get_close_matches(self.anchor.tab, tabs, n=1)
            raise ConfigurationError(
                f"the spreadsheet has no sheet {self.anchor.tab!r} with cells; it has "
                f"{', '.join(map(repr, tabs)) or 'none'}.",
                where=f"spreadsheet {self.spreadsheet_id}",
                remedy=f"Did you mean {guess[0]!r}? Correct `range`." if guess and guess[0] != self.anchor.tab
                else "Add the sheet, or correct `range`; then clear the task.",
            )  # fmt: skip
        return found
