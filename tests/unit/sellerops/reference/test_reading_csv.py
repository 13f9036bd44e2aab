"""CSV as spreadsheets save it is read or refused, and every problem has its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from sellerops.reference.cells import row_of
from sellerops.reference.csv_text import csv_lines
from sellerops.reference.tables import TABLES

COLUMNS = ["sku", "note", "cost"]


def _read(content: bytes) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    lines, problems = csv_lines(content, COLUMNS, ["sku"], {"seller_sku": "sku"})
    return [(line.number, dict(line.cells)) for line in lines], [str(problem) for problem in problems]


EXPECTED = [(2, {"sku": "A-1", "note": "für Köln", "cost": "1.50"})]


@pytest.mark.parametrize(
    "content",
    [
        "sku,note,cost\nA-1,für Köln,1.50\n".encode(),
        "sku;note;cost\r\nA-1;für Köln;1.50\r\n".encode("utf-8-sig"),
        "sku;note;cost\r\nA-1;für Köln;1.50\r\n".encode("cp1252"),
        "SKU\tNote\tCost\nA-1\tfür Köln\t1.50\n\n".encode("utf-16"),
        'Seller SKU , Note,cost,\n" A-1","für Köln",1.50,\n'.encode(),
    ],
    ids=["plain", "byte order mark", "cp1252", "utf-16", "spaces and quotes"],
)
def test_files_of_spreadsheets_are_read_alike(content: bytes) -> None:
    assert _read(content) == (EXPECTED, [])


def test_a_line_that_names_the_separator_counts_as_a_line() -> None:
    lines, problems = _read(b"sep=;\nsku;cost\nA-1;1\n")
    assert (lines, problems) == ([(3, {"sku": "A-1", "cost": "1"})], [])


def test_lines_count_as_in_an_editor_after_a_cell_of_several_lines() -> None:
    lines, _ = _read(b'sku,note\nA,"one\ntwo"\nB,x\n')
    assert [number for number, _ in lines] == [2, 4]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"PK\x03\x04rest", "is an Excel workbook."),
        (b"sku,cost\nA,\x00", "contains bytes of value 0"),
        (b"", "the header is missing."),
        (b"sku,price\nA,1\n", "unknown column 'price'."),
        (b"note,cost\nA,1\n", "column 'sku' is missing."),
        (b"sku,sku\nA,1\n", "column 'sku' appears twice."),
        (b"sku,note,cost\nA,,12,50\n", "line 2: has 4 cells, but the header has 3."),
        (b'sku,note\nA,"open\n', "is not CSV"),
        (b"sku,note\nA,\x81\x8d\n", "unknown encoding"),
    ],
)
def test_other_files_are_refused_with_the_cause(content: bytes, cause: str) -> None:
    _, problems = _read(content)
    assert any(cause in problem for problem in problems), problems


def _cost(**cells: str) -> tuple[dict[str, object], list[str]]:
    given = {
        "account_id": "a",
        "sku": "S",
        "valid_from": "2026-01-01",
        "manufacturing": "1",
        "currency": "EUR",
    }
    row, problems = row_of(TABLES["cost"], {**given, **cells}, "line 2")
    return row, [str(problem) for problem in problems]


def test_empty_cells_have_the_meaning_of_their_column() -> None:
    row, problems = _cost(freight="", duty=" 0.25 ")
    assert not problems
    assert (row["marketplace_id"], row["valid_to"], row["freight"]) == ("", date(9999, 12, 31), None)
    assert (row["manufacturing"], row["duty"]) == (Decimal(1), Decimal("0.25"))


@pytest.mark.parametrize(
    ("cells", "cause"),
    [
        ({"manufacturing": "12,50"}, "line 2, manufacturing: '12,50' has a decimal comma."),
        ({"manufacturing": "1.234,50"}, "has a decimal comma."),
        ({"manufacturing": "1,234.50"}, "is not a number."),
        ({"manufacturing": "€ 3"}, "is not a number."),
        ({"manufacturing": "NaN"}, "is not a number."),
        ({"manufacturing": "-1"}, "-1 is less than 0."),
        ({"manufacturing": ""}, "line 2, manufacturing: is empty."),
        ({"valid_from": "01/02/2026"}, "is not a valid date."),
        ({"valid_from": "2026-02-30"}, "is not a valid date."),
        ({"currency": "eur"}, "'eur' is not a currency."),
    ],
)
def test_each_wrong_cell_has_its_cause(cells: dict[str, str], cause: str) -> None:
    _, problems = _cost(**cells)
    assert len(problems) == 1
    assert cause in problems[0]


def test_all_wrong_cells_of_a_line_are_reported() -> None:
    _, problems = _cost(manufacturing="x", valid_to="y", currency="z")
    assert len(problems) == 3
