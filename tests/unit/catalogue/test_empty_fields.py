"""Every column that identifies a row has a value in every row, even if Amazon may leave the field empty.

`empty_fields.csv` states for each such column whether Amazon may leave it empty, and which of Amazon's models
or schemas declares that. Flat files and Ads reports are `undeclared`: there only the subject of a row (its
order, its SKU in a list of SKUs, its campaign) and its dates always have a value.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from support.specs import shipped_specs
from unit.catalogue.documents import ROWS, cells, facts_for

from sellerops.calendar.slices import Slice
from sellerops.formats import RowReject, open_rows
from sellerops.formats.names import is_needed
from sellerops.settings.specs import ReportSpec

FLAT_KINDS = ("tsv", "csv", "xlsx")
FACTS = Path(__file__).with_name("empty_fields.csv")
SLICE = Slice(
    "amazon_sp", "r", "northwind", "NA", ("US",), "l", "UTC", first_day="2026-11-01", last_day="2026-11-30"
)
TABLES = [(spec, name) for spec in shipped_specs() for name in spec.tables]


def facts() -> dict[tuple[str, str], bool]:
    with FACTS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert all(row["may_be_empty"] in ("yes", "no") and row["declared_in"] for row in rows)
    return {(row["table"], row["column"]): row["may_be_empty"] == "yes" for row in rows}


def placing(spec: ReportSpec, name: str) -> list[str]:
    """The columns of a document that identify a row: key, day, version, marketplace; without a header those
    that the spec requires, too, for they must have a value in some row.
    """
    table = spec.tables[name]
    named = [*table.primary_key, table.day, table.version, table.marketplace_from]
    if spec.format.kind not in FLAT_KINDS:
        named += [name for name, column in table.columns.items() if column.required]
    return list(dict.fromkeys(each for each in named if each and each in table.read_columns))


def skip_unless_stated(table: str, known: dict[tuple[str, str], bool]) -> None:
    """A new report needs no more than its YAML: without any line for its table, the test says what is
    missing.
    """
    if not any(stated == table for stated, _ in known):
        pytest.skip(
            f"add the key columns of {table} to {FACTS.name}: may Amazon leave them empty, and who says so?"
        )


@pytest.mark.parametrize(("spec", "name"), TABLES, ids=[f"{s.source}.{n}" for s, n in TABLES])
def test_no_field_that_amazon_may_leave_empty_costs_a_row_or_a_document(spec: ReportSpec, name: str) -> None:
    table, known = spec.tables[name], facts()
    if placing(spec, name):
        skip_unless_stated(f"{spec.source}.{name}", known)
    has_header = spec.format.kind in FLAT_KINDS
    for column in placing(spec, name):
        key = (f"{spec.source}.{name}", column)
        assert key in known, (
            f"add {','.join(key)} to {FACTS.name}: may Amazon leave it empty, and who says so?"
        )
        if not known[key]:
            continue
        if column in table.primary_key:
            assert table.columns[column].absent, f"{column} is part of the key: give it `absent`"
        # A row without its day has no place among days; it is rejected, and its day keeps the rows it has.
        if not has_header and column != table.day:
            assert not is_needed(column, table, has_header=False), f"{column} may be null in every row"


def test_the_facts_are_about_columns_there_are() -> None:
    there = {(f"{spec.source}.{name}", column) for spec, name in TABLES for column in placing(spec, name)}
    assert set(facts()) <= there


FLAT = [(spec, name) for spec, name in TABLES if spec.format.kind in FLAT_KINDS]


@pytest.mark.parametrize(("spec", "name"), FLAT, ids=[name for _, name in FLAT])
def test_rows_of_flat_files_without_these_values_are_rows(spec: ReportSpec, name: str) -> None:
    table = spec.tables[name]
    values = cells(spec, table)
    headers = [column for column in table.read_columns if table.columns[column].part != "last"]
    absent = [column for column in table.read_columns if table.columns[column].absent]
    lines = [[table.header_of(column) for column in headers]]
    lines += [
        ["" if column in absent else values[column][row].text for column in headers] for row in range(ROWS)
    ]
    mark, quote = ("\t", "") if spec.format.kind == "tsv" else (",", '"')
    content = "\r\n".join(mark.join(f"{quote}{cell}{quote}" for cell in line) for line in lines)
    rejects: list[RowReject] = []
    stream = open_rows(
        table,
        io.BytesIO(content.encode()),
        file_format=spec.format,
        slice_=SLICE,
        facts=facts_for(table),
        on_reject=rejects.append,
    )
    rows = [row for batch in stream for row in batch.to_pylist()]
    assert (rejects, len(rows)) == ([], ROWS)
    assert all(row[column] is not None for row in rows for column in absent)
