"""Reads the cells of one row according to their columns, and notes what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar, get_args

from sellerops.inbound.api_values import PrepCategory, PrepType
from sellerops.inbound.models import Owner
from sellerops.inbound.packing_lists.cells import (
    CellError,
    Value,
    day_of,
    decimal_mark_in,
    is_blank,
    is_yes,
    measure_of,
    text_of,
    unit_of,
    whole_number_of,
)
from sellerops.inbound.packing_lists.columns import MEASURES, Column
from sellerops.inbound.packing_lists.tables import Row, Table
from sellerops.inbound.problems import Problems, quoted

T = TypeVar("T")

_OWNERS = {
    "amazon": Owner.AMAZON, "by amazon": Owner.AMAZON,
    "seller": Owner.SELLER, "by seller": Owner.SELLER, "merchant": Owner.SELLER, "me": Owner.SELLER,
    "none": Owner.NONE, "no prep": Owner.NONE, "no prep needed": Owner.NONE, "not needed": Owner.NONE,
}  # fmt: skip


def decimal_mark_of(table: Table, usual: str | None) -> str | None:
    """The decimal mark of a list's measures; ``usual`` if the list does not show it."""
    cells = (table.value(row, column) for row in table.rows for column in MEASURES)
    return decimal_mark_in([cell for cell in cells if isinstance(cell, str)]) or usual


@dataclass(frozen=True)
class RowReader:
    """One row of a table. The methods return None (``is_yes``: False, ``prep_types``: no types) for a blank
    cell and for a cell whose problem they note.

    ``mark``: the decimal mark of the table; None if unknown.
    """

    table: Table
    row: Row
    mark: str | None
    problems: Problems

    def is_blank(self, column: Column) -> bool:
        return is_blank(self.table.value(self.row, column))

    def place(self, column: Column) -> str:
        heading = self.table.heading(column)
        return f"{self.row.place}, column {heading.text if heading else column.value}"

    def text(self, column: Column) -> str | None:
        return self._read(column, _name)

    def whole(self, column: Column) -> int | None:
        return self._read(column, lambda value: whole_number_of(value, self.mark))

    def measure(self, column: Column) -> tuple[Decimal, str | None] | None:
        """The number, and its unit from the cell or the heading."""
        heading = self.table.heading(column)
        found = self._read(column, lambda value: measure_of(value, self.mark))
        return (found[0], found[1] or (heading.unit if heading else None)) if found else None

    def unit(self, column: Column, known: tuple[str, str]) -> str | None:
        """One of the two known units."""

        def read(value: Value) -> str:
            unit = unit_of(text_of(value))
            if unit not in known:
                raise CellError(f"{unit} does not belong here.", f"Write {known[0]} or {known[1]}.")
            return unit

        return self._read(column, read)

    def day(self, column: Column) -> date | None:
        heading = self.table.heading(column)
        return self._read(column, lambda value: day_of(value, heading.date_order if heading else None))

    def is_yes(self, column: Column) -> bool:
        return self._read(column, is_yes) or False

    def owner(self, column: Column) -> Owner | None:
        return self._read(column, _owner)

    def prep_category(self) -> str | None:
        return self._read(Column.PREP_CATEGORY, lambda value: _known(value, get_args(PrepCategory)))

    def prep_types(self) -> tuple[str, ...]:
        def read(value: Value) -> tuple[str, ...]:
            names = re.split(r"[\s,;/|+]+", text_of(value))
            return tuple(_known(name, get_args(PrepType), "ITEM_") for name in names if name)

        return self._read(Column.PREP_TYPES, read) or ()

    def _read(self, column: Column, parse: Callable[[Value], T]) -> T | None:
        value = self.table.value(self.row, column)
        if is_blank(value):
            return None
        try:
            return parse(value)
        except CellError as error:
            self.problems.note(self.place(column), error.cause, error.remedy)
            return None


def _name(value: Value) -> str:
    """A name as text. Excel turns names such as 3-7 into dates, and what was typed is lost."""
    if isinstance(value, date):
        raise CellError(
            f"the spreadsheet has turned this cell into the date {value}.",
            "Format the column as text and type the value again.",
        )
    return text_of(value)


def _owner(value: Value) -> Owner:
    name = text_of(value)
    owner = _OWNERS.get(name.casefold())
    if owner is None:
        raise CellError(f"unknown owner {quoted(name)}.", "Write AMAZON, SELLER or NONE, or leave it blank.")
    return owner


def _known(value: Value, names: tuple[str, ...], prefix: str = "") -> str:
    name = text_of(value).upper()
    if name in names:
        return name
    if prefix + name in names:
        return prefix + name
    raise CellError(f"Amazon does not know {quoted(name)}.", f"Use one of {', '.join(names)}.")
