"""The lists of the trigger form: items, boxes and pallets as text, as JSON, or in a packing list file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sellerops.base.errors import InvalidRequest
from sellerops.inbound.models import Pallet, Problem
from sellerops.inbound.packing_lists.columns import PALLET_LIST, Column
from sellerops.inbound.packing_lists.packing_list import (
    PackingList,
    read_packing_list,
    read_pasted,
    read_records,
    record_rows,
)
from sellerops.inbound.packing_lists.pallet_list import HEADINGS, build_pallets
from sellerops.inbound.packing_lists.tables import find_table
from sellerops.inbound.packing_lists.text_tables import read_rows
from sellerops.inbound.problems import Problems, quoted
from sellerops.inbound.requests.form_fields import BOXES, ITEMS, PACKING_LIST_FILE, PALLETS, place_of
from sellerops.inbound.requests.packing_list_folder import read_file
from sellerops.inbound.settings import InboundSettings


def read_lists(values: Mapping[str, Any], settings: InboundSettings, problems: Problems) -> PackingList:
    """Items, boxes and pallets of the form's values; if only boxes are given, the items are their sums.

    Notes what cannot be read, and lists that are given twice.
    """
    name = str(values.get(PACKING_LIST_FILE) or "").strip()
    filled = [key for key in (ITEMS, BOXES) if _is_filled(values.get(key))]
    if name and filled:
        titles = " and ".join(place_of(key) for key in filled)
        problems.note(
            place_of(PACKING_LIST_FILE),
            f"there is a file, but {titles} {'are' if len(filled) > 1 else 'is'} filled in, too.",
            f"Leave either the file or {titles} empty.",
        )
        return PackingList()
    pallets = _pallets(values.get(PALLETS), problems)
    if name:
        found = _of_file(name, settings, problems)
        return replace(found, pallets=pallets or found.pallets)
    items, boxes = (_list(values.get(key), place_of(key), problems) for key in (ITEMS, BOXES))
    return PackingList(
        items.items or boxes.items,
        boxes.boxes or items.boxes,
        pallets,
        (*items.notes, *boxes.notes),
    )


def _is_filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def _of_file(name: str, settings: InboundSettings, problems: Problems) -> PackingList:
    try:
        return read_packing_list(read_file(settings.packing_list_folder, name), name)
    except InvalidRequest as error:
        problems += [Problem(**each) for each in error.details["problems"]]
        return PackingList()


def _list(value: Any, place: str, problems: Problems) -> PackingList:
    if not _is_filled(value):
        return PackingList()
    if isinstance(value, str):
        return read_pasted(value, place, problems)
    if isinstance(value, list):
        return read_records(value, place, problems)
    problems.note(place, f"{quoted(value)} is not a list.", "Write CSV with a header line, or a JSON list.")
    return PackingList()


def _pallets(value: Any, problems: Problems) -> tuple[Pallet, ...]:
    place = place_of(PALLETS)
    if not _is_filled(value):
        return ()
    if isinstance(value, str):
        rows, delimiter = read_rows(value, place, PALLET_LIST, problems)
        mark = {",": ".", ";": ","}.get(delimiter)
    elif isinstance(value, list):
        rows, mark = record_rows(value, place, problems), "."
    else:
        problems.note(place, f"{quoted(value)} is not a list.", HEADINGS)
        return ()
    table = find_table(rows, PALLET_LIST, Column.WEIGHT, problems)
    if table is None or not table.rows:
        problems.note(place, "has no pallets below its headings.", HEADINGS)
        return ()
    return build_pallets(table, mark, problems)
