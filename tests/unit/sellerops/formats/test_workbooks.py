"""Excel workbooks: the same rows as the CSV file of the same page, from any sheet and below any title."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from unit.sellerops.formats.helpers import Read, table

from sellerops.base.errors import DocumentDamaged, LimitExceeded, UnreadableDocument
from sellerops.formats import workbook_parts, workbooks
from sellerops.formats.cell_texts import text_of
from sellerops.formats.headers import Header

SPEC = table(
    {
        "sku": {"required": True},
        "name": "text",
        "units": "integer",
        "fee": "decimal",
        "share": "decimal",
        "day": "date",
        "at": "timestamp",
        "is_sold": "boolean",
    }
)
HEADER = ["sku", "name", "units", "fee", "share", "day", "at", "is_sold"]
Sheets = Mapping[str, Any]  # rows of cells by title


def workbook(sheets: Sheets, change: Callable[[Workbook], None] = lambda book: None) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    change(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def read(sheets: Sheets, spec: Any = SPEC, *, change: Any = lambda book: None, **options: Any) -> Read:
    return Read(workbook(sheets, change), spec, kind="xlsx", **options)


ROW = ["A1", "Lamp", 3, 0.1 + 0.2, 12.5, datetime(2026, 10, 1), datetime(2026, 10, 1, 13, 45, 6), True]


def test_values_are_those_that_excel_shows() -> None:
    found = read({"Fees": [HEADER, ROW]})
    (row,) = found.rows
    assert row["fee"] == Decimal("0.3") and row["units"] == 3 and row["share"] == Decimal("12.5")
    assert row["day"] == date(2026, 10, 1) and row["at"].isoformat() == "2026-10-01T13:45:06+00:00"
    assert row["is_sold"] is True and row["source_line"] == 2 and found.rejects == []


def test_percent_cells_count_as_shown() -> None:
    def as_percent(book: Workbook) -> None:
        book.active["E2"].number_format = "0.00%"
        book.active["E2"].value = 0.1202

    assert read({"Fees": [HEADER, ROW]}, change=as_percent).column("share") == [Decimal("12.02")]


def test_titles_merged_above_the_header_and_empty_rows_are_no_rows() -> None:
    def merge(book: Workbook) -> None:
        book.active.merge_cells("A1:H1")

    rows = [["AWD Monthly Storage Fee Report"], ["Currency", "USD"], [], HEADER, ROW, [], [], ["B2"]]
    spec = table({**dict(SPEC.columns), "currency": {"from": "@currency", "fact": "currency"}})
    found = read({"Fees": rows}, spec, change=merge)
    assert found.column("sku") == ["A1", "B2"] and found.column("currency") == ["USD", "USD"]
    assert found.column("source_line") == [5, 8], "the rows of the sheet"


def test_a_metadata_row_has_one_cell_per_item() -> None:
    spec = table(
        {
            "sku": {"required": True},
            "start": {
                "type": "date",
                "from": "@period_first_day",
                "fact": "period_first_day",
                "required": True,
            },
            "brand": {"from": "@brand", "fact": "brand"},
        }
    )
    rows = [
        ['Brand=["North, Wind"]', 'Select week=["Week 28 | 2026-07-05 - 2026-07-11 2026"]'],
        ["sku"],
        ["A1"],
    ]
    assert read({"Data": rows}, spec).rows == [
        {"sku": "A1", "start": date(2026, 7, 5), "brand": "North, Wind", "source_line": 3}
    ]


WITH_SHEET = table({"sku": {"required": True}, "units": "integer", "sheet": {"from": "(sheet)"}})


def test_all_sheets_are_read_with_their_names_and_columns_in_any_order() -> None:
    sheets = {
        "US": [["sku", "units"], ["a", 1]],
        "Empty": [],
        "CA": [["Title"], ["units", "note", "sku"], [2, "x", "b"]],
        "Header only": [["sku", "units"]],
    }
    found = read(sheets, WITH_SHEET)
    assert found.column("source_line") == [2, 5]
    assert [(row["sku"], row["units"], row["sheet"], row["note"]) for row in found.rows] == [
        ("a", 1, "US", None),
        ("b", 2, "CA", "x"),
    ]
    assert found.stream.drift.added == {"note": "note"}


@pytest.mark.parametrize(
    ("sheet", "skus"), [(1, ["a"]), (2, ["b"]), ("ca*", ["b"]), ("US", ["a"]), ("*", ["a", "b"])]
)
def test_sheets_are_chosen_by_position_or_name(sheet: int | str, skus: list[str]) -> None:
    sheets = {"US": [["sku", "units"], ["a", 1]], "Canada": [["sku", "units"], ["b", 2]]}
    assert read(sheets, WITH_SHEET, sheet=sheet).column("sku") == skus


def test_hidden_sheets_do_not_count() -> None:
    def hide(book: Workbook) -> None:
        book["Old"].sheet_state = "hidden"

    sheets = {"Old": [["sku", "units"], ["a", 1]], "New": [["sku", "units"], ["b", 2]]}
    assert read(sheets, WITH_SHEET, change=hide).column("sku") == ["b"]
    assert read(sheets, WITH_SHEET, change=hide, sheet=1).column("sku") == ["b"]


@pytest.mark.parametrize("sheet", [3, 0, "Mexico"])
def test_a_sheet_that_is_not_there_is_named_with_those_that_are(sheet: int | str) -> None:
    with pytest.raises(UnreadableDocument, match="its sheets are 'US'"):
        read({"US": [["sku"], ["a"]]}, WITH_SHEET, sheet=sheet)


def test_a_sheet_with_another_header_is_refused_rather_than_lost() -> None:
    sheets = {"US": [["sku", "units"], ["a", 1]], "Notes": [["Rate", "Meaning"], [1, "x"]]}
    with pytest.raises(
        UnreadableDocument, match=r"'Notes' lacks required columns\. Found: 'Rate', 'Meaning'"
    ) as caught:
        read(sheets, WITH_SHEET)
    assert "format.sheet" in caught.value.remedy
    assert read(sheets, WITH_SHEET, sheet="US").column("sku") == ["a"]


def test_an_unknown_header_is_shown() -> None:
    with pytest.raises(UnreadableDocument, match="Found: 'Merchant item', 'Fee'"):
        read({"Fees": [["A title"], ["Merchant item", "Fee"], ["a", 1]]})


def test_cells_beyond_the_header_cost_a_row_not_a_value() -> None:
    found = read(
        {"US": [["sku", "units"], ["a", 1], ["b", 2, "x"]]},
        table({"sku": {"required": True}, "units": "integer"}),
    )
    assert found.column("sku") == ["a"] and found.reasons == [(3, "too_many_fields")]


def test_a_wrong_dimension_hides_no_row() -> None:
    content = workbook({"US": [["sku", "units"], ["a", 1], ["b", 2]]})
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(changed, "w") as copy:
        for name in source.namelist():
            part = source.read(name)
            copy.writestr(name, part.replace(b'ref="A1:B3"', b'ref="A1:A1"') if "sheet1" in name else part)
    found = Read(changed.getvalue(), WITH_SHEET, kind="xlsx")
    assert found.column("sku") == ["a", "b"]


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx"])
def test_what_the_file_is_decides_not_what_the_spec_calls_it(kind: str) -> None:
    spec = table({"sku": {"required": True}, "units": "integer"})
    for content in (
        workbook({"US": [["sku", "units"], ["a", 1]]}),
        b"sku,units\na,1\n",
        b"sku\tunits\na\t1\n",
    ):
        assert Read(content, spec, kind=kind, style="web").column("units") == [1]


CELLS = st.one_of(
    st.none(),
    st.text(st.sampled_from('aé,";\n\t %'), max_size=6),
    st.integers(-(10**14), 10**14),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 4)),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda value: value.replace(microsecond=0)),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=12), st.integers(0, 4))
def test_a_workbook_has_the_rows_of_the_csv_file(rows: list[list[Any]], titles: int) -> None:
    spec = table({"sku": {"required": True}, "one": "text", "two": "text"})
    given_rows = [[f"k{number}", *row] for number, row in enumerate(rows)]
    above = [["A title"]] * titles
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [*above, ["sku", "one", "two"], *([_as_text(cell) for cell in row] for row in given_rows)]
    )
    from_csv = Read(text.getvalue().encode(), spec, kind="csv", style="web")
    from_workbook = Read(workbook({"US": [*above, ["sku", "one", "two"], *given_rows]}), spec, kind="xlsx")
    # A cell with line breaks takes several lines of CSV, but one row of a sheet.
    both = [[{**row, "source_line": None} for row in each.rows] for each in (from_workbook, from_csv)]
    assert both[0] == both[1]
    assert from_workbook.column("source_line") == [titles + 2 + place for place in range(len(rows))]
    assert from_workbook.column("sku") == [row[0] for row in given_rows]
    assert from_workbook.rejects == from_csv.rejects == []


def _as_text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    if isinstance(cell, float):
        return format(Decimal(repr(cell)).normalize(), "f") if cell else "0"
    return "" if cell is None else str(cell)


def rewritten(content: bytes, **parts: bytes | None) -> bytes:
    """A workbook with parts replaced, added or (None) removed; names with `__` for `/`."""
    changed = io.BytesIO()
    given_parts = {name.replace("__", "/"): part for name, part in parts.items()}
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in source.namelist():
            if name.replace(".xml", "") not in given_parts:
                copy.writestr(name, source.read(name))
        for name, part in given_parts.items():
            if part is not None:
                copy.writestr(f"{name}.xml", part)
    return changed.getvalue()


GOOD = workbook({"US": [["sku", "units"], ["a", 1]]})


@pytest.mark.parametrize("size", range(5, len(GOOD), len(GOOD) // 12))
def test_a_truncated_workbook_is_damaged(size: int) -> None:
    with pytest.raises(DocumentDamaged):
        Read(GOOD[:size], WITH_SHEET, kind="xlsx")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = rewritten(GOOD, xl__sharedStrings=b"<sst>" + b"0" * (9 << 20) + b"</sst>")
    limits = patch.multiple(workbook_parts, SURELY_SMALL=1 << 20, LARGEST_WORKBOOK_TEXTS=8 << 20)
    with limits, pytest.raises(LimitExceeded) as caught:
        Read(bomb, WITH_SHEET, kind="xlsx")
    assert caught.value.details["limit"] == "MAX_UNPACK_RATIO"
    with (
        patch.object(workbook_parts, "LARGEST_WORKBOOK_TEXTS", 8 << 20),
        pytest.raises(LimitExceeded) as caught,
    ):
        Read(bomb, WITH_SHEET, kind="xlsx")
    assert caught.value.details["limit"] == "LARGEST_WORKBOOK_TEXTS"


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (rewritten(GOOD, xl__workbook=None), UnreadableDocument, "not an Excel workbook"),
        (
            rewritten(GOOD, xl__sharedStrings=b'<!DOCTYPE s [<!ENTITY a "b">]><sst/>'),
            UnreadableDocument,
            "document type",
        ),
        (rewritten(GOOD, xl__worksheets__sheet1=b"<worksheet><sheetData><row>"), DocumentDamaged, "damaged"),
        (b"<!DOCTYPE html><html>Sorry</html>", DocumentDamaged, "web page"),
        (b"", DocumentDamaged, "empty"),
        (workbook({"US": []}), DocumentDamaged, "empty"),
    ],
    ids=["archive", "entities", "xml", "page", "nothing", "no rows"],
)
def test_what_is_no_workbook_is_refused(content: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Read(content, WITH_SHEET, kind="xlsx")


def test_rows_beyond_excels_own_limit_are_refused() -> None:
    with (
        patch.object(workbooks, "MOST_WORKBOOK_ROWS", 3),
        pytest.raises(LimitExceeded, match="more than 3 rows"),
    ):
        read({"US": [["sku"], *([[str(number)] for number in range(5)])]}, WITH_SHEET)


def test_a_workbook_that_is_too_large_is_refused_while_it_arrives() -> None:
    with patch.object(workbook_parts, "LARGEST_REPORT_WORKBOOK", 1000), pytest.raises(LimitExceeded):
        Read(GOOD, WITH_SHEET, kind="xlsx")


def test_rows_are_read_as_they_are_asked_for() -> None:
    """No more rows are read than were taken."""
    content = workbook({"US": [["sku", "units"], *([f"k{number}", number] for number in range(5_000))]})
    header = Header(WITH_SHEET)
    book = workbooks.Workbook(content[:4], io.BytesIO(content[4:]), header, "*", "w", has_sheet_column=False)
    with patch.object(workbooks, "text_of", wraps=text_of) as read_cell:
        rows = book.rows()
        assert [next(rows) for _ in range(3)] == [(2, ["k0", "0"]), (3, ["k1", "1"]), (4, ["k2", "2"])]
        assert read_cell.call_count == 6
        assert sum(1 for _ in rows) == 4_997
