"""Reads packing lists: CSV or xlsx files, text pasted into the form, or the records of a REST call.

For the columns and the headings that they may have, see docs/inbound.md and ``columns``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sellerops.base.limits import LARGEST_PACKING_LIST, megabytes
from sellerops.inbound.models import Box, Item, Pallet
from sellerops.inbound.packing_lists.box_drafts import BoxDraft
from sellerops.inbound.packing_lists.cells import Value
from sellerops.inbound.packing_lists.columns import MEASURES, PACKING_LIST, PALLET_LIST, Column
from sellerops.inbound.packing_lists.item_lines import ItemLines, is_total
from sellerops.inbound.packing_lists.pallet_list import build_pallets
from sellerops.inbound.packing_lists.row_reader import RowReader, decimal_mark_of
from sellerops.inbound.packing_lists.tables import Row, Table, find_table
from sellerops.inbound.packing_lists.text_tables import decode, read_rows
from sellerops.inbound.packing_lists.workbooks import foreign_format, is_workbook, read_sheets
from sellerops.inbound.problems import Problems, quoted, raise_problems

PALLETS_SHEET = "pallets"
_HEADINGS = (
    "The list needs a row of headings with at least sku and quantity (docs/inbound.md has all columns)."
)
# The decimal mark that a list usually has, by the delimiter of its file.
_USUAL_MARK = {",": ".", ";": ","}


@dataclass(frozen=True)
class PackingList:
    """What a list says. ``items`` are the sums of the boxes if it has boxes. ``notes``: what was assumed."""

    items: tuple[Item, ...] = ()
    boxes: tuple[Box, ...] = ()
    pallets: tuple[Pallet, ...] = ()
    notes: tuple[str, ...] = ()


def read_packing_list(content: bytes, filename: str) -> PackingList:
    """The packing list in a file. Raises InvalidRequest with all problems: file, sheet, row and column."""
    problems = Problems()
    found = _read_file(content, filename, problems)
    raise_problems(problems)
    return found


def read_pasted(text: str, place: str, problems: Problems) -> PackingList:
    """The list in a text; problems are noted. Two columns without headings are SKU and quantity."""
    if len(text) > LARGEST_PACKING_LIST:
        problems.note(place, f"is longer than {megabytes(LARGEST_PACKING_LIST)}.", "Split the shipment.")
        return PackingList()
    rows, delimiter = read_rows(text, place, PACKING_LIST, problems)
    table = find_table(rows, PACKING_LIST, Column.SKU, problems)
    if table is None and rows and all(_is_pair(row) for row in rows if not row.is_blank):
        table = find_table([Row(place, ("sku", "quantity")), *rows], PACKING_LIST, Column.SKU, problems)
    return _build(table, place, _USUAL_MARK.get(delimiter), problems)


def read_records(records: Sequence[Any], place: str, problems: Problems) -> PackingList:
    """The list in JSON objects whose keys are the columns; ``contents`` of a box may be a list of its own."""
    table = find_table(record_rows(records, place, problems), PACKING_LIST, Column.SKU, problems)
    return _build(table, place, ".", problems) if records else PackingList()


def _read_file(content: bytes, filename: str, problems: Problems) -> PackingList:
    place = filename.rpartition("/")[2] or filename
    if not content.strip():
        problems.note(place, "is empty.", "Upload the packing list again.")
        return PackingList()
    if len(content) > LARGEST_PACKING_LIST:
        problems.note(
            place,
            f"is larger than {megabytes(LARGEST_PACKING_LIST)}.",
            "Remove pictures and other sheets, or split the shipment.",
        )
        return PackingList()
    foreign = foreign_format(content)
    if foreign:
        problems.note(place, *foreign)
        return PackingList()
    if is_workbook(content):
        return _read_workbook(content, place, problems)
    text = decode(content, place, problems)
    return read_pasted(text, place, problems) if text is not None else PackingList()


def _read_workbook(content: bytes, place: str, problems: Problems) -> PackingList:
    sheets = read_sheets(content, place, problems)
    if problems:
        return PackingList()
    lists: dict[str, Table] = {}
    pallets: tuple[Pallet, ...] = ()
    ignored = []
    for name, rows in sheets:
        if name.strip().casefold() == PALLETS_SHEET:
            pallets = build_pallets(find_table(rows, PALLET_LIST, Column.PALLETS, problems), None, problems)
        elif table := find_table(rows, PACKING_LIST, Column.SKU, problems):
            lists[name] = table
        elif rows:
            ignored.append(f"The sheet {name} was not read: it has no headings of packing list columns.")
    if len(lists) > 1:
        names = " and ".join(quoted(name) for name in lists)
        problems.note(place, f"the sheets {names} both look like a packing list.", "Keep one of them.")
        return PackingList()
    found = _build(next(iter(lists.values()), None), place, None, problems)
    return PackingList(found.items, found.boxes, pallets, (*found.notes, *ignored))


def _build(table: Table | None, place: str, usual_mark: str | None, problems: Problems) -> PackingList:
    if table is None:
        problems.note(place, "has no headings of packing list columns.", _HEADINGS)
        return PackingList()
    if not table.heading(Column.QUANTITY):
        problems.note(place, "has no column quantity.", _HEADINGS)
        return PackingList()
    if not table.rows:
        problems.note(place, "has no rows below its headings.", "Add the SKUs and their quantities.")
        return PackingList()
    has_boxes = _has_boxes(table, place, problems)
    if has_boxes is None:
        return PackingList()
    mark = decimal_mark_of(table, usual_mark)
    lines, drafts = ItemLines(), dict[str, BoxDraft]()
    latest: BoxDraft | None = None
    for number, row in enumerate(table.rows, 1):
        reader = RowReader(table, row, mark, problems)
        if is_total(reader):
            lines.compare_total(reader)
            continue
        if has_boxes:
            latest = _box_of(reader, latest, drafts, number)
        lines.add(reader, latest)
    boxes = [draft.finish(problems) for draft in drafts.values()]
    notes = [*lines.notes]
    if table.extra:
        notes.append(f"{place}: these columns were not used: {', '.join(table.extra[:20])}.")
    notes += [
        f"Box {draft.name} counts as {draft.count} boxes, by its name."
        for draft in drafts.values()
        if draft.count_by_name and Column.BOXES not in draft.given
    ]
    return PackingList(tuple(lines.items()), tuple(box for box in boxes if box), notes=tuple(notes))


def _has_boxes(table: Table, place: str, problems: Problems) -> bool | None:
    """Whether the list describes boxes; None if it describes them in part, which is noted."""
    measures = [column for column in MEASURES if table.heading(column)]
    if not measures and not table.heading(Column.BOX) and not table.heading(Column.BOXES):
        return False
    missing = [column.value for column in MEASURES if column not in measures]
    if missing:
        problems.note(
            place,
            f"describes boxes, but has no column {', '.join(missing)}.",
            "Add it, or remove the box columns to submit the boxes later.",
        )
        return None
    return True


def _box_of(
    reader: RowReader, latest: BoxDraft | None, drafts: dict[str, BoxDraft], number: int
) -> BoxDraft | None:
    """The box that a row belongs to; without a column box, every row is a box of its own."""
    if reader.table.heading(Column.BOX):
        name = reader.text(Column.BOX)
        if name is None and reader.is_blank(Column.BOX):
            if latest is None:
                reader.problems.note(
                    reader.place(Column.BOX), "the first row has no box name.", "Name the box."
                )
                return None
            name = latest.name
    else:
        name = str(number)
    if name is None:
        return None
    draft = drafts.setdefault(name, BoxDraft(name, reader.row.place))
    draft.add(reader)
    return draft


def record_rows(records: Sequence[Any], place: str, problems: Problems) -> list[Row]:
    """JSON objects as rows below a header of their keys. Notes values that are neither text nor number."""
    flat: list[tuple[str, dict[str, Any]]] = []
    for number, record in enumerate(records, 1):
        here = f"{place}, entry {number}"
        if not isinstance(record, Mapping):
            problems.note(here, "is not an object.", 'Write it as {"sku": "...", "quantity": 1, ...}.')
            continue
        contents = record.get("contents")
        own = {str(key): value for key, value in record.items() if key != "contents"}
        if not isinstance(contents, list):
            flat.append((here, own))
            continue
        box = own.pop("name", own.pop("box", number))
        flat += [(here, {"box": box, **own, **each}) for each in contents if isinstance(each, Mapping)]
    keys = list(dict.fromkeys(key for _, record in flat for key in record))
    rows = [Row(place, tuple(keys))]
    for here, record in flat:
        rows.append(
            Row(here, tuple(_json_value(record.get(key), f"{here}, {key}", problems) for key in keys))
        )
    return rows


def _json_value(value: Any, place: str, problems: Problems) -> Value:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if value is None or isinstance(value, str):
        return value
    problems.note(place, f"{quoted(value)} is neither text nor a number.", "Correct the value.")
    return None


def _is_pair(row: Row) -> bool:
    """Whether a row holds a SKU and a quantity."""
    return len(row.cells) == 2 and str(row.cells[1] or "").strip().isdigit()


__all__ = ["PackingList", "read_packing_list", "read_pasted", "read_records", "record_rows"]
