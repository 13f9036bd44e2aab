"""Writers of packing lists for the tests of their reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook

from sellerops.base.errors import InvalidRequest
from sellerops.inbound.packing_lists.packing_list import PackingList, read_packing_list

HEADINGS = (
    "box", "boxes", "sku", "quantity", "length", "width", "height", "dimension unit", "weight", "weight unit",
)  # fmt: skip
BOX = ("1", "1", "A-1", "12", "40", "30", "20", "CM", "9.5", "KG")


def csv_of(*rows: Sequence[Any], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """The rows as CSV."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode(encoding)


def xlsx_of(*rows: Sequence[Any], change: Callable[[Workbook], object] | None = None) -> bytes:
    """The rows as the sheet ``Boxes`` of a workbook, which ``change`` may alter."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Boxes"
    for row in rows:
        sheet.append(list(row))
    if change:
        change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def problems_of(content: bytes, filename: str = "list.csv") -> list[str]:
    """``place: cause remedy`` of every problem of a list; empty if it can be read."""
    try:
        read_packing_list(content, filename)
    except InvalidRequest as error:
        return [f"{each['place']}: {each['cause']} {each['remedy']}" for each in error.details["problems"]]
    return []


def units_of(found: PackingList) -> dict[str, int]:
    return {item.sku: item.quantity for item in found.items}
