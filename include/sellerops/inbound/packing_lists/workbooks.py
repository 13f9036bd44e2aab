"""Packing lists as Excel workbooks (xlsx), read with limits because the file may come from anywhere."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sellerops.base.limits import (
    LARGEST_UNPACKED_WORKBOOK,
    MOST_PACKING_LIST_COLUMNS,
    MOST_PACKING_LIST_ROWS,
    MOST_WORKBOOK_PARTS,
    megabytes,
)
from sellerops.inbound.packing_lists.cells import Unreadable, Value, is_blank
from sellerops.inbound.packing_lists.tables import Row
from sellerops.inbound.problems import Problems, quoted

_SAVE_AS_XLSX = (
    "Open it in your spreadsheet program and save it as an Excel workbook (.xlsx) or as CSV (UTF-8)."
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ERRORS = {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
# Digits that Excel shows; the rest is binary noise, such as 0.30000000000000004.
_DIGITS = ".15g"


def is_workbook(content: bytes) -> bool:
    """Whether the content is a zip archive, as every xlsx file is."""
    return content.startswith(b"PK\x03\x04")


def foreign_format(content: bytes) -> tuple[str, str] | None:
    """Cause and remedy if this is a known but unsupported format; None if it may be text or xlsx."""
    start = content[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return "is protected with a password.", "Save a copy without a password."
        return "is an old Excel file (.xls).", _SAVE_AS_XLSX
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<meta")) or b"<html" in start[:500]:
        return "is a web page, whatever its name says.", _SAVE_AS_XLSX
    if start.startswith(b"<?xml"):
        return "is an XML file, not a workbook or CSV.", _SAVE_AS_XLSX
    if start.startswith(b"%pdf"):
        return "is a PDF.", "Upload the spreadsheet that it was printed from."
    return None


def read_sheets(content: bytes, place: str, problems: Problems) -> list[tuple[str, list[Row]]]:
    """Name and rows of every visible sheet; empty if the workbook cannot be read, which is noted."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which do not matter here
            return list(_sheets(_checked(content), place, problems))
    except _Refused as refused:
        problems.note(place, refused.cause, refused.remedy)
    except Exception as error:  # noqa: BLE001 - a damaged workbook raises whatever its part breaks
        problems.note(place, f"is damaged: {type(error).__name__}: {quoted(error)}.", _SAVE_AS_XLSX)
    return []


class _Refused(Exception):
    def __init__(self, cause: str, remedy: str = _SAVE_AS_XLSX) -> None:
        self.cause, self.remedy = cause, remedy
        super().__init__(cause)


def _checked(content: bytes) -> io.BytesIO:
    """The workbook as an archive whose parts have their stated sizes and define no XML entities.

    Source: openpyxl does not guard against XML that expands, and zipfile unpacks up to 1 GB of a part that
    states a wrong size. No spreadsheet program writes a document type. Raises _Refused, or what zipfile
    raises for a damaged archive.
    """
    checked = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(checked, "w") as copy:
        parts = archive.infolist()
        _check_parts(parts)
        for each in parts:
            with archive.open(each) as file:
                part = file.read(each.file_size)
            is_xml = each.filename.endswith((".xml", ".rels"))
            if is_xml and (b"\0" in part or b"<!DOCTYPE" in part or b"<!ENTITY" in part):
                raise _Refused(f"has a document type in {quoted(each.filename)}.")
            copy.writestr(each.filename, part)
    return checked


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if sum(each.file_size for each in parts) > LARGEST_UNPACKED_WORKBOOK:
        raise _Refused(
            f"unpacks to more than {megabytes(LARGEST_UNPACKED_WORKBOOK)}.",
            "Copy the list into a new workbook.",
        )
    if len(parts) > MOST_WORKBOOK_PARTS:
        raise _Refused(f"has more than {MOST_WORKBOOK_PARTS} parts.", "Copy the list into a new workbook.")
    if any(each.flag_bits & 1 for each in parts):
        raise _Refused("is protected with a password.", "Save a copy without a password.")
    names = {each.filename for each in parts}
    if "xl/workbook.bin" in names:
        raise _Refused("is a binary workbook (.xlsb).")
    if "xl/workbook.xml" not in names:
        raise _Refused("is an archive, but not an Excel workbook.")


def _sheets(workbook: io.BytesIO, place: str, problems: Problems) -> Iterator[tuple[str, list[Row]]]:
    from openpyxl import load_workbook

    values = load_workbook(workbook, read_only=True, data_only=True, keep_links=False)
    formulas = load_workbook(workbook, read_only=True, keep_links=False)
    for sheet, source in zip(values.worksheets, formulas.worksheets, strict=True):
        if sheet.sheet_state != "visible":
            continue
        # The stated dimensions may be wrong, and rows beyond them would be left out.
        sheet.reset_dimensions()
        source.reset_dimensions()
        yield sheet.title, list(_rows(sheet, source, f"{place}, sheet {sheet.title}", problems))


def _rows(sheet: Any, source: Any, place: str, problems: Problems) -> Iterator[Row]:
    pairs = zip(sheet.iter_rows(values_only=True), source.iter_rows(values_only=True), strict=False)
    for number, (cells, written) in enumerate(pairs, 1):
        last = max((index for index, cell in enumerate(written) if not is_blank(cell)), default=-1)
        if last < 0:
            continue
        if number > MOST_PACKING_LIST_ROWS or last >= MOST_PACKING_LIST_COLUMNS:
            problems.note(
                f"{place}, row {number}",
                f"lies beyond {MOST_PACKING_LIST_ROWS:,} rows or {MOST_PACKING_LIST_COLUMNS} columns.",
                "Delete what is there, or split the shipment.",
            )
            return
        values = (cells[index] if index < len(cells) else None for index in range(last + 1))
        yield Row(
            f"{place}, row {number}",
            tuple(_value(value, formula) for value, formula in zip(values, written, strict=False)),
        )


def _value(value: Any, written: Any) -> Value:
    """A cell's value; ``written``: the same cell with its formula instead of the result."""
    if value is None and isinstance(written, str) and written.startswith("="):
        return Unreadable("has a formula without a stored result")
    if isinstance(value, str):
        return Unreadable(f"shows {value}") if value in _ERRORS else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return Decimal(format(value, _DIGITS)) if isinstance(value, float) else Decimal(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date) or value is None:
        return value
    if isinstance(value, time):
        return Unreadable(f"is a time of day ({value})")
    return str(value)
