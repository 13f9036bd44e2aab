"""Packing lists as Excel workbooks (xlsx), read with bounds: the file comes from anywhere."""

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
from sellerops.inbound.cells import Unreadable, Value, is_blank
from sellerops.inbound.problems import Problems
from sellerops.inbound.tables import Row

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
    """Cause and remedy if this is a known format that is not read; None if it may be text or xlsx."""
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
    refusal = _refusal(content)
    if refusal:
        problems.note(place, *refusal)
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which do not matter here
            return list(_sheets(content, place, problems))
    except Exception as error:  # noqa: BLE001 - a damaged workbook raises whatever its part breaks
        problems.note(place, f"is damaged: {type(error).__name__}: {str(error)[:100]}.", _SAVE_AS_XLSX)
        return []


def _refusal(content: bytes) -> tuple[str, str] | None:
    """Cause and remedy if the archive is too large, not a workbook, or defines XML entities.

    openpyxl does not guard against XML that expands; no spreadsheet program writes a document type.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if sum(each.file_size for each in parts) > LARGEST_UNPACKED_WORKBOOK:
                limit = megabytes(LARGEST_UNPACKED_WORKBOOK)
                return f"unpacks to more than {limit}.", "Copy the list into a new workbook."
            if len(parts) > MOST_WORKBOOK_PARTS:
                return f"has more than {MOST_WORKBOOK_PARTS} parts.", "Copy the list into a new workbook."
            if any(each.flag_bits & 1 for each in parts):
                return "is protected with a password.", "Save a copy without a password."
            names = {each.filename for each in parts}
            if "xl/workbook.bin" in names:
                return "is a binary workbook (.xlsb).", _SAVE_AS_XLSX
            if "xl/workbook.xml" not in names:
                return "is an archive, but not an Excel workbook.", _SAVE_AS_XLSX
            for each in parts:
                # zipfile never returns more than the size that was just counted.
                part = archive.read(each) if each.filename.endswith((".xml", ".rels")) else b""
                if b"\0" in part or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
                    return f"has a document type in {each.filename[:100]!r}.", _SAVE_AS_XLSX
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        return f"is damaged: {str(error)[:100]}.", "Save it again, or upload it again."
    return None


def _sheets(content: bytes, place: str, problems: Problems) -> Iterator[tuple[str, list[Row]]]:
    from openpyxl import load_workbook

    values = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    formulas = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
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
    """A cell's value; ``written``: the same with formulas instead of their results."""
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
