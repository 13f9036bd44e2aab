"""Rows of cells with their places, and the header row among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sellerops.inbound.packing_lists.cells import Value, is_blank
from sellerops.inbound.packing_lists.columns import Column, Heading, recognise
from sellerops.inbound.problems import Problems, quoted

# A title, the supplier's address and the like may precede the header.
_HEADER_WITHIN = 30


@dataclass(frozen=True)
class Row:
    """``place``: where people find it, such as ``packing.xlsx, sheet Boxes, row 7``."""

    place: str
    cells: tuple[Value, ...]

    @property
    def is_blank(self) -> bool:
        return all(is_blank(cell) for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """Rows below a header. ``headings``: by index of the cell; ``extra``: headings that are not used."""

    headings: Mapping[int, Heading]
    rows: tuple[Row, ...]
    extra: tuple[str, ...] = ()

    def heading(self, column: Column) -> Heading | None:
        return next((each for each in self.headings.values() if each.column is column), None)

    def value(self, row: Row, column: Column) -> Value:
        """The cell of a column; None if the table does not have it."""
        for index, heading in self.headings.items():
            if heading.column is column:
                return row.cells[index] if index < len(row.cells) else None
        return None


def find_table(
    rows: Sequence[Row], columns: tuple[Column, ...], key: Column, problems: Problems
) -> Table | None:
    """The table below the row with the most headings, which must include ``key``; None if there is none.

    Notes headings that name the same column.
    """
    found = _header(rows, columns, key)
    if found is None:
        return None
    index, headings = found
    seen: dict[Column, Heading] = {}
    for heading in headings.values():
        if heading.column in seen:
            problems.note(
                rows[index].place,
                f"the headings {quoted(seen[heading.column].text)} and {quoted(heading.text)} both mean "
                f"{heading.column.value}.",
                "Rename or delete one of the columns.",
            )
        seen.setdefault(heading.column, heading)
    extra = tuple(
        str(cell).strip()
        for number, cell in enumerate(rows[index].cells)
        if number not in headings and not is_blank(cell)
    )
    return Table(headings, tuple(row for row in rows[index + 1 :] if not row.is_blank), extra)


def _header(
    rows: Sequence[Row], columns: tuple[Column, ...], key: Column
) -> tuple[int, dict[int, Heading]] | None:
    best: tuple[int, dict[int, Heading]] | None = None
    for index, row in enumerate(rows[:_HEADER_WITHIN]):
        named = {number: recognise(cell, columns) for number, cell in enumerate(row.cells)}
        headings = {number: heading for number, heading in named.items() if heading}
        if any(each.column is key for each in headings.values()) and (
            best is None or len(headings) > len(best[1])
        ):
            best = index, headings
    return best


def count_headings(cells: Sequence[Value], columns: tuple[Column, ...]) -> int:
    """How many cells of a row are headings."""
    return sum(recognise(cell, columns) is not None for cell in cells)
