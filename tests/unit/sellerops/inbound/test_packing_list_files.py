"""Files that are not what their name says, hostile files, and Excel's own kinds of cells."""

from __future__ import annotations

import io
import re
import struct
import tracemalloc
import zipfile
import zlib
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook
from support.packing_lists import BOX, HEADINGS, csv_of, problems_of, units_of, xlsx_of

from sellerops.base import limits
from sellerops.inbound.packing_lists.packing_list import read_packing_list

_NUMBERS = ("1", 1, "A-1", 12, 40, 30, 20, "CM", 9.5, "KG")


def zip_of(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def with_part(content: bytes, name: str, pattern: bytes, replacement: bytes) -> bytes:
    """A workbook of which one part is altered."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(file, "w") as target:
        for each in source.namelist():
            part = source.read(each)
            if each == name:
                part, times = re.subn(pattern, replacement, part)
                assert times == 1
            target.writestr(each, part)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "cause", "remedy"),
    [
        (b"", "is empty", "Upload"),
        (b" \r\n\r\n", "is empty", "Upload"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel file (.xls)", "(.xlsx)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "protected with a password", "without a password",
        ),
        (b"<html><body><table><tr><td>sku</td></tr></table>", "is a web page", "(.xlsx)"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html>", "is a web page", "(.xlsx)"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas">', "is an XML file", "(.xlsx)"),
        (b"%PDF-1.7 ...", "is a PDF", "spreadsheet"),
        (b"sku,quantity\nA\0B,1\n", "not a text file", "CSV (UTF-8)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a text file", "CSV (UTF-8)"),
        (b"PK\x03\x04 cut off", "is damaged", "(.xlsx)"),
        (zip_of(word__document_xml=b"x"), "not an Excel workbook", "(.xlsx)"),
        (zip_of(**{"xl__workbook.bin": b"x"}), "binary workbook (.xlsb)", "(.xlsx)"),
        (zip_of(**{"xl__workbook.xml": b"<workbook"}), "is damaged", "(.xlsx)"),
        (
            zip_of(**{"xl__workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}),
            "has a document type", "(.xlsx)",
        ),
        (zip_of(**{"xl__workbook.xml": b"x", "xl__a.xml": bytes(65 << 20)}), "unpacks to more than 64", ""),
        (zip_of(**{"xl__workbook.xml": b"x", **{f"p{n}": b"" for n in range(501)}}), "than 500 parts", "new"),
        (b"sku,quantity\n" + b"A,1\n" * 1_400_000, "is larger than 5 MB", "split"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_what_it_is_and_what_to_do(
    content: bytes, cause: str, remedy: str
) -> None:
    (problem,) = problems_of(content, "folder/packing.xlsx")
    assert problem.startswith("packing.xlsx: ")
    assert cause in problem
    assert remedy in problem


def test_a_workbook_protected_by_zip_encryption_is_refused() -> None:
    content = bytearray(xlsx_of(HEADINGS, _NUMBERS))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(signature, place + 4)
    (problem,) = problems_of(bytes(content), "a.xlsx")
    assert "protected with a password" in problem


def test_a_part_that_is_larger_than_it_states_is_not_unpacked() -> None:
    """Its size and checksum are those of its first bytes: only the end of the stream gives it away."""
    start = b"<workbook/>"
    content = bytearray(zip_of(**{"xl__workbook.xml": start + bytes(8 << 20)}))
    for signature, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        place = content.find(signature) + offset
        content[place : place + 4] = struct.pack("<I", zlib.crc32(start))
        content[place + 8 : place + 12] = struct.pack("<I", len(start))
    tracemalloc.start()
    assert problems_of(bytes(content), "a.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_a_quotation_mark_that_is_never_closed_is_found_by_its_line() -> None:
    content = b"sku,quantity\nA,1\n" + b'"B,2\n' + b"C,3\n" * 4_000
    (problem,) = problems_of(content)
    assert problem.startswith("list.csv, line 3: a cell is longer than a page")


def test_more_rows_or_columns_than_any_shipment_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellerops.inbound.packing_lists.text_tables.MOST_PACKING_LIST_ROWS", 3)
    monkeypatch.setattr("sellerops.inbound.packing_lists.workbooks.MOST_PACKING_LIST_ROWS", 3)
    rows = [("sku", "quantity"), ("A", 1), ("B", 1), ("C", 1)]
    assert "list.csv: has more than 3 rows" in problems_of(csv_of(*rows))[0]
    assert "list.xlsx, sheet Boxes, row 4" in problems_of(xlsx_of(*rows), "list.xlsx")[0]
    wide = [("sku", "quantity", *[f"c{n}" for n in range(limits.MOST_PACKING_LIST_COLUMNS)])]
    assert "columns" in problems_of(csv_of(*wide))[0]
    assert "columns" in problems_of(xlsx_of(*wide), "list.xlsx")[0]


def test_numbers_as_text_dates_and_binary_noise_of_excel_are_read() -> None:
    headings = (*HEADINGS, "expiration")
    row = (1.0, "2", "A-1", "12", 0.1 + 0.2, "30.5", 20, "cm", "9,5", "kg", datetime(2027, 3, 31, 0, 0))
    found = read_packing_list(xlsx_of(headings, row), "list.xlsx")
    (box,) = found.boxes
    assert (box.name, box.count, box.length, box.width, box.weight) == (
        "1", 2, Decimal("0.3"), Decimal("30.5"), Decimal("9.5"),
    )  # fmt: skip
    assert found.items[0].expiration == date(2027, 3, 31)
    assert found.items[0].place == "list.xlsx, sheet Boxes, row 2"


def test_merged_cells_of_a_box_repeat_and_blank_rows_do_not_matter() -> None:
    def merge(book: Workbook) -> None:
        book["Boxes"].merge_cells("A2:A3")
        book["Boxes"].merge_cells("E2:E3")

    second = (None, None, "B", 3, None, None, None, None, None, None)
    content = xlsx_of(HEADINGS, _NUMBERS, second, (), ("2", *_NUMBERS[1:]), change=merge)
    found = read_packing_list(content, "list.xlsx")
    assert [[each.sku for each in box.contents] for box in found.boxes] == [["A-1", "B"], ["A-1"]]


def test_a_formula_counts_with_its_stored_result_and_is_named_without_one() -> None:
    content = xlsx_of(HEADINGS, (*_NUMBERS[:3], "=6+6", *_NUMBERS[4:]))
    assert problems_of(content, "list.xlsx") == [
        "list.xlsx, sheet Boxes, row 2, column quantity: this cell has a formula without a stored result. "
        "Enter the value itself."
    ]
    stored = with_part(content, "xl/worksheets/sheet1.xml", rb"(?<=</f>)<v ?/?>(</v>)?", b"<v>12</v>")
    assert units_of(read_packing_list(stored, "list.xlsx")) == {"A-1": 12}


@pytest.mark.parametrize(("column", "index"), [("box", 0), ("sku", 2)])
def test_a_name_that_excel_has_turned_into_a_date_is_refused(column: str, index: int) -> None:
    row = list(_NUMBERS)
    row[index] = date(2026, 7, 3)
    problem = problems_of(xlsx_of(HEADINGS, row), "list.xlsx")[0]
    assert f"row 2, column {column}: the spreadsheet has turned this cell into the date 2026-07-03" in problem
    assert "Format the column as text" in problem


def test_an_error_in_a_cell_is_named() -> None:
    (problem,) = problems_of(xlsx_of(HEADINGS, (*_NUMBERS[:2], "#N/A", *_NUMBERS[3:])), "list.xlsx")
    assert "row 2, column sku: this cell shows #N/A" in problem


def test_pallets_come_from_their_own_sheet_and_other_sheets_are_noted() -> None:
    def add(book: Workbook) -> None:
        pallets = book.create_sheet(" pallets ")
        pallets.append(["Pallets", "Length (in)", "Width (in)", "Height (in)", "Weight (lb)", "Stackable"])
        pallets.append([2, 48, 40, 60, 600, True])
        book.create_sheet("Prices").append(["a", "b"])
        book.create_sheet("Empty")
        hidden = book.create_sheet("Old")
        hidden.append(list(HEADINGS))
        hidden.append(list(_NUMBERS))
        hidden.sheet_state = "hidden"

    found = read_packing_list(xlsx_of(HEADINGS, _NUMBERS, change=add), "list.xlsx")
    (pallet,) = found.pallets
    assert (pallet.count, pallet.length, pallet.weight, pallet.dimension_unit, pallet.weight_unit) == (
        2, 48, 600, "IN", "LB",
    )  # fmt: skip
    assert pallet.is_stackable
    assert found.notes == ("The sheet Prices was not read: it has no headings of packing list columns.",)


def test_an_incomplete_pallet_is_named() -> None:
    def add(book: Workbook) -> None:
        pallets = book.create_sheet("Pallets")
        pallets.append(["Pallets", "Length", "Width", "Height", "Weight"])
        pallets.append([2, 48, 40, None, 600])

    (problem,) = problems_of(xlsx_of(HEADINGS, _NUMBERS, change=add), "list.xlsx")
    assert "sheet Pallets, row 2: a pallet has no height, dimension unit, weight unit" in problem


def test_two_sheets_that_look_like_a_packing_list_are_refused() -> None:
    def add(book: Workbook) -> None:
        book.copy_worksheet(book["Boxes"]).title = "Copy"

    (problem,) = problems_of(xlsx_of(HEADINGS, _NUMBERS, change=add), "list.xlsx")
    assert "the sheets 'Boxes' and 'Copy' both look like a packing list" in problem


def test_the_same_list_is_the_same_as_csv_and_as_workbook() -> None:
    assert read_packing_list(csv_of(HEADINGS, BOX), "a.csv") == read_packing_list(
        xlsx_of(HEADINGS, _NUMBERS), "a.xlsx"
    )
