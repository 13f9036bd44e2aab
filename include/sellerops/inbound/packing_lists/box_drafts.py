"""Assembles the rows of a packing list into boxes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from sellerops.inbound.models import Box, BoxContent
from sellerops.inbound.packing_lists.columns import MEASURES, OF_A_BOX, Column
from sellerops.inbound.packing_lists.row_reader import RowReader
from sellerops.inbound.problems import Problems, quoted

_RANGE = re.compile(r"(?:\D*\s)?(\d{1,4})\s*(?:-|–|to)\s*(\d{1,4})", re.IGNORECASE)
_LENGTHS = MEASURES[:3]
Given = int | str | tuple[Decimal, str | None]


@dataclass
class BoxDraft:
    """A box while its rows are read. ``given``: what its rows say, by column."""

    name: str
    place: str
    given: dict[Column, Given] = field(default_factory=dict)
    contents: dict[str, int] = field(default_factory=dict)
    blank: list[Column] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many boxes like this there are: 3 for a box called 5-7 without a number of boxes."""
        given = self.given.get(Column.BOXES)
        return given if isinstance(given, int) else (self.count_by_name or 1)

    @property
    def count_by_name(self) -> int | None:
        found = _RANGE.fullmatch(self.name)
        if not found or int(found[1]) >= int(found[2]):
            return None
        return int(found[2]) - int(found[1]) + 1

    def add(self, reader: RowReader) -> None:
        """Add what a row says about the whole box. Notes what is missing or differs from an earlier row."""
        for column in OF_A_BOX:
            is_first = reader.row.place == self.place
            if reader.is_blank(column):
                if is_first:
                    self.blank.append(column)
                continue
            value = _given(reader, column)
            if value is None:
                continue
            # The units of the first row are already counted, for the number of boxes that it says.
            is_late = column is Column.BOXES and not is_first and column not in self.given
            if is_late or self.given.setdefault(column, value) != value:
                reader.problems.note(
                    reader.place(column),
                    f"differs from the box's first row ({self.place}).",
                    "All rows of a box must agree; blank cells repeat the row above.",
                )

    def finish(self, problems: Problems) -> Box | None:
        """The box; None if a required value is missing, which is noted."""
        by_name, given_count = self.count_by_name, self.given.get(Column.BOXES)
        if by_name and given_count is not None and given_count != by_name:
            problems.note(
                self.place,
                f"box {quoted(self.name)} is {by_name} boxes by its name, "
                f"but {given_count} in the column boxes.",
                "Correct one of the two.",
            )
        missing = [column.value for column in MEASURES if column not in self.given and column in self.blank]
        if missing:
            problems.note(
                self.place, f"box {quoted(self.name)} has no {', '.join(missing)}.", "Fill in the cells."
            )
        measures = [self.given.get(column) for column in MEASURES]
        numbers = [each[0] for each in measures if isinstance(each, tuple)]
        length_unit = self._unit(_LENGTHS, Column.DIMENSION_UNIT, "CM or IN", problems)
        weight_unit = self._unit((Column.WEIGHT,), Column.WEIGHT_UNIT, "KG or LB", problems)
        if len(numbers) < len(MEASURES) or not length_unit or not weight_unit:
            return None
        length, width, height, weight = numbers
        return Box(
            self.name,
            tuple(BoxContent(sku, quantity) for sku, quantity in self.contents.items()),
            length,
            width,
            height,
            weight,
            length_unit,
            weight_unit,
            self.count,
            place=self.place,
        )

    def _unit(
        self, columns: tuple[Column, ...], unit_column: Column, known: str, problems: Problems
    ) -> str | None:
        units = {each[1] for column in columns if isinstance(each := self.given.get(column), tuple)}
        stated = self.given.get(unit_column)
        found = {unit or stated for unit in units}
        if found <= {None}:
            if units and (unit_column in self.blank):
                problems.note_once(
                    self.place,
                    f"the {unit_column.value} is missing.",
                    f"Add the column {unit_column.value} with {known}, or write the unit into the heading: "
                    f"{columns[0].value} ({known.split(' or ')[0].lower()}).",
                )
            return None
        if len(found) > 1 or not found <= set(known.split(" or ")):
            problems.note(
                self.place,
                f"box {quoted(self.name)} has the units {', '.join(sorted(str(each) for each in found))}.",
                f"Use {known} for all its sides." if len(columns) > 1 else f"Use {known}.",
            )
            return None
        return str(found.pop())


def _given(reader: RowReader, column: Column) -> Given | None:
    if column is Column.BOXES:
        return reader.whole(column)
    if column is Column.DIMENSION_UNIT:
        return reader.unit(column, ("CM", "IN"))
    if column is Column.WEIGHT_UNIT:
        return reader.unit(column, ("KG", "LB"))
    return reader.measure(column)
