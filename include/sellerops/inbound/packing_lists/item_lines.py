"""Adds up the rows of a packing list into items: units per SKU, with what the rows say about the SKU."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sellerops.inbound.models import Item
from sellerops.inbound.packing_lists.box_drafts import BoxDraft
from sellerops.inbound.packing_lists.cells import Unreadable, is_blank
from sellerops.inbound.packing_lists.columns import Column
from sellerops.inbound.packing_lists.row_reader import RowReader
from sellerops.inbound.problems import quoted

_TOTAL = (
    "total", "totals", "sum", "grand total", "subtotal", "total units", "total quantity", "total boxes",
    "summe", "gesamt",
)  # fmt: skip
_OF_A_SKU = ("prep_owner", "label_owner", "expiration", "lot", "prep_category", "prep_types")


def is_total(reader: RowReader) -> bool:
    """Whether a row without a SKU only adds up the rows above."""
    if not reader.is_blank(Column.SKU) and not _says_total(reader.table.value(reader.row, Column.SKU)):
        return False
    return any(_says_total(cell) for cell in reader.row.cells)


def _says_total(cell: object) -> bool:
    if not isinstance(cell, str):
        return False
    return cell.strip().rstrip(":").casefold() in _TOTAL


@dataclass
class ItemLines:
    """Items by SKU. Rows that contradict each other about a SKU become separate items."""

    notes: list[str] = field(default_factory=list)
    _by_sku: dict[str, list[Item]] = field(default_factory=dict)
    _units_in_rows: int = 0
    _units: int = 0

    def items(self) -> list[Item]:
        return [item for items in self._by_sku.values() for item in items]

    def add(self, reader: RowReader, box: BoxDraft | None) -> None:
        """Add a row's units, once for each of the identical boxes. Notes a missing SKU or quantity."""
        sku, quantity = reader.text(Column.SKU), reader.whole(Column.QUANTITY)
        if sku is None:
            if reader.is_blank(Column.SKU):
                reader.problems.note(reader.place(Column.SKU), "the SKU is missing.", "Fill in the cell.")
            return
        if quantity is None:
            if reader.is_blank(Column.QUANTITY):
                reader.problems.note(
                    reader.place(Column.QUANTITY), f"{quoted(sku)} has no quantity.", "Fill in the cell."
                )
            quantity = 0
        if box:
            box.contents[sku] = box.contents.get(sku, 0) + quantity
        units = quantity * (box.count if box else 1)
        self._units_in_rows += quantity
        self._units += units
        self._add(
            Item(
                sku,
                units,
                prep_owner=reader.owner(Column.PREP_OWNER),
                label_owner=reader.owner(Column.LABEL_OWNER),
                expiration=reader.day(Column.EXPIRATION),
                lot=reader.text(Column.LOT),
                prep_category=reader.prep_category(),
                prep_types=reader.prep_types(),
                place=reader.row.place,
            ),
            is_repeated_knowingly=box is not None,
        )

    def _add(self, item: Item, *, is_repeated_knowingly: bool) -> None:
        known = self._by_sku.setdefault(item.sku, [])
        for index, other in enumerate(known):
            if all(_agree(getattr(item, name), getattr(other, name)) for name in _OF_A_SKU):
                given = {name: getattr(other, name) or getattr(item, name) for name in _OF_A_SKU}
                known[index] = replace(other, quantity=other.quantity + item.quantity, **given)
                if not is_repeated_knowingly:
                    self.notes.append(
                        f"{item.place}: {quoted(item.sku)} is listed again ({other.place}); the quantities "
                        "were added up."
                    )
                return
        known.append(item)

    def compare_total(self, reader: RowReader) -> None:
        """Note a total that differs from the units above, counted per row or over all boxes."""
        cell = reader.table.value(reader.row, Column.QUANTITY)
        if is_blank(cell) or isinstance(cell, Unreadable):
            return
        total = reader.whole(Column.QUANTITY)
        if total is not None and total not in (self._units_in_rows, self._units):
            reader.problems.note(
                reader.place(Column.QUANTITY),
                f"the total is {total}, but the rows above add up to {self._units}.",
                "Correct the rows or the total.",
            )


def _agree(one: object, other: object) -> bool:
    return not one or not other or one == other
