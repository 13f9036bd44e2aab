"""Pallets, from the sheet ``Pallets`` of a packing list or from the form."""

from __future__ import annotations

from sellerops.inbound.models import Pallet
from sellerops.inbound.packing_lists.columns import MEASURES, Column
from sellerops.inbound.packing_lists.row_reader import RowReader, decimal_mark_of
from sellerops.inbound.packing_lists.tables import Table
from sellerops.inbound.problems import Problems

HEADINGS = "It needs the columns pallets, length, width, height, dimension unit, weight, weight unit."


def build_pallets(table: Table | None, usual_mark: str | None, problems: Problems) -> tuple[Pallet, ...]:
    """The pallets of a table, one entry per row. Notes what is missing or cannot be read."""
    if table is None:
        return ()
    mark = decimal_mark_of(table, usual_mark)
    readers = [RowReader(table, row, mark, problems) for row in table.rows]
    return tuple(pallet for reader in readers if (pallet := _pallet(reader)))


def _pallet(reader: RowReader) -> Pallet | None:
    known = len(reader.problems)
    count = reader.whole(Column.PALLETS)
    measures = [reader.measure(column) for column in MEASURES]
    length_unit = reader.unit(Column.DIMENSION_UNIT, ("CM", "IN"))
    weight_unit = reader.unit(Column.WEIGHT_UNIT, ("KG", "LB"))
    is_stackable = reader.is_yes(Column.STACKABLE)
    given = [each for each in measures if each]
    length_unit = length_unit or next((unit for _, unit in given[:3] if unit), None)
    weight_unit = weight_unit or (given[-1][1] if given else None)
    if len(reader.problems) > known:
        return None
    missing = [column.value for column, each in zip(MEASURES, measures, strict=True) if each is None]
    missing += ["dimension unit"] if length_unit is None else []
    missing += ["weight unit"] if weight_unit is None else []
    if count is None or length_unit is None or weight_unit is None or missing:
        missing += ["pallets"] if count is None else []
        reader.problems.note(reader.row.place, f"a pallet has no {', '.join(missing)}.", HEADINGS)
        return None
    length, width, height, weight = (number for number, _ in given)
    return Pallet(
        length,
        width,
        height,
        weight,
        length_unit,
        weight_unit,
        count,
        is_stackable,
        place=reader.row.place,
    )
