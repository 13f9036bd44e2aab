"""Amazon changes a document without notice, and no value of any report ever lands in another column.

For every table of every shipped spec a small document is made of the spec's own columns, changed as Amazon
has changed documents, and read beside the unchanged one. Specs added later are covered by being there.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.specs import shipped_failures, shipped_specs
from unit.catalogue.documents import ROWS, Cell, cells, facts_for, put

from sellerops.base.errors import UnreadableDocument
from sellerops.calendar.slices import Slice
from sellerops.formats import RowReject, open_rows
from sellerops.formats.headers import respellings
from sellerops.formats.names import is_needed
from sellerops.formats.paths import split_path
from sellerops.formats.personal_columns import looks_personal
from sellerops.formats.trees import PATH
from sellerops.settings.specs import ReportSpec, TableSpec
from sellerops.settings.specs.tables import WHOLE_DOCUMENT

SPECS, FAILURES = shipped_specs(), shipped_failures()
TABLES = [(spec, name) for spec in SPECS for name in spec.tables]
SLICE = Slice(
    "amazon_sp", "r", "northwind", "NA", ("US",), "l", "UTC", first_day="2026-11-01", last_day="2026-11-30"
)
# What a file is decides how it is read: a workbook may come as CSV.
FLAT = ("tsv", "csv", "xlsx")
QUICK = settings(
    max_examples=examples(10),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Column:
    """A column of a document: its header, the column its values come from, and whether it is a copy."""

    header: str
    origin: str
    is_copy: bool = False
    is_renamed: bool = False
    is_new: bool = False


@dataclass(frozen=True)
class Change:
    """How a document differs from the spec's."""

    columns: tuple[Column, ...]
    encoding: str = "utf-8"
    label: str | None = None
    has_tail: bool = False
    is_quoted: bool = False


def whole_lists(table: TableSpec) -> set[str]:
    """Columns made of others' values: lists from which columns choose, and the last day of a range."""
    ends = {name for name, column in table.columns.items() if column.part == "last"}
    chosen = {
        table.header_of(name).partition("[")[0]
        for name in table.columns
        if "[" in table.header_of(name).removesuffix("[]")
    }
    return ends | {name for name in table.columns if table.header_of(name) in chosen}


def original(table: TableSpec) -> tuple[Column, ...]:
    derived = whole_lists(table)
    return tuple(Column(table.header_of(name), name) for name in table.read_columns if name not in derived)


@cache
def values_of(report: str, table_name: str) -> dict[str, list[Cell]]:
    spec = next(spec for spec in SPECS if spec.name == report)
    return cells(spec, spec.tables[table_name])


def flat(spec: ReportSpec, table_name: str, change: Change) -> bytes:
    values = values_of(spec.name, table_name)
    quotes = change.is_quoted or spec.format.kind != "tsv"
    mark = "\t" if spec.format.kind == "tsv" else ","
    tail = [""] if change.has_tail else []
    lines = [[*(column.header for column in change.columns), *tail]]
    for row in range(ROWS):
        lines.append([*(cell_of(values, column, row).text for column in change.columns), *tail])
    text = "".join(mark.join(f'"{value}"' if quotes else value for value in line) + "\r\n" for line in lines)
    return text.encode(change.encoding)


def cell_of(values: dict[str, list[Cell]], column: Column, row: int) -> Cell:
    return Cell(f"new {row}", f"new {row}") if column.is_new else values[column.origin][row]


def tree(spec: ReportSpec, table_name: str, change: Change) -> bytes:
    """The rows in their list and the ancestors' columns in place, in the order of the columns."""
    table = spec.tables[table_name]
    values = values_of(spec.name, table_name)
    parts = list(table.row_steps)
    rows: list[dict[str, Any]] = [{} for _ in range(ROWS)]
    root: dict[str, Any] = {}
    for column in change.columns:
        if column.header.startswith("/"):
            put(root, split_path(column.header[1:]), values[column.origin][0].value)
            continue
        for row, target in enumerate(rows):
            cell = cell_of(values, column, row)
            put(target, split_path(column.header), cell.value)
    return _write(spec.format.kind, _around(root, parts, rows, walked=spec.format.kind == "json"), table.rows)


def _around(root: dict[str, Any], parts: list[str], rows: list[dict[str, Any]], *, walked: bool) -> Any:
    """``root`` with the rows in it; an object on the way that has values of its own is one of a list."""
    if not parts:
        return rows
    here = root
    for part in parts[:-1]:
        below = here.pop(part, {})
        here[part] = [below] if walked and below else below
        here = below
    here[parts[-1]] = rows
    return [root]


def _write(kind: str, documents: list[dict[str, Any]], rows: str) -> bytes:
    if rows == WHOLE_DOCUMENT:
        return json.dumps(documents, ensure_ascii=False).replace("\\u0001", "").encode()
    if kind == "xml":
        return f'<?xml version="1.0" encoding="UTF-8"?><Root>{_xml(documents[0])}</Root>'.encode()
    lines = (json.dumps(each, ensure_ascii=False).replace("\\u0001", "") for each in documents)
    return "\n".join(lines).encode()


def _xml(value: Any) -> str:
    if not isinstance(value, dict):
        return escape(str(value))
    parts: list[str] = []
    for key, inner in value.items():
        key = key.rstrip("\x01")
        for each in inner if isinstance(inner, list) else [inner]:
            attributes = each.items() if isinstance(each, dict) else ()
            said = "".join(
                f" {name[1:]}={quoteattr(str(text))}" for name, text in attributes if name[0:1] == "@"
            )
            content = {name: text for name, text in attributes if name[0:1] != "@"} if said else each
            if isinstance(content, dict) and "" in content:
                content = content[""]
            parts.append(f"<{key}{said}>{_xml(content)}</{key}>")
    return "".join(parts)


class Reading:
    """All rows of a document as texts by column, and what became of it."""

    def __init__(self, spec: ReportSpec, table_name: str, change: Change) -> None:
        make = flat if spec.format.kind in FLAT else tree
        self.rejects: list[RowReject] = []
        self.stream = open_rows(
            spec.tables[table_name],
            io.BytesIO(make(spec, table_name, change)),
            file_format=spec.format,
            slice_=SLICE,
            content_type=f"text/plain; charset={change.label}" if change.label else None,
            facts=facts_for(spec.tables[table_name]),
            on_reject=self.rejects.append,
        )
        batches = list(self.stream)
        self.rows = [row for batch in batches for row in batch.to_pylist()]
        assert self.stream.rows_in_file == len(self.rows) + len(self.rejects) == ROWS
        assert "\ufffd" not in repr(self.rows)

    def column(self, name: str) -> list[Any]:
        return [row.get(name) for row in self.rows]


@cache
def unchanged(report: str, table_name: str) -> Reading:
    spec = next(spec for spec in SPECS if spec.name == report)
    return Reading(spec, table_name, Change(original(spec.tables[table_name])))


def check(spec: ReportSpec, table_name: str, change: Change) -> None:
    """A changed document is refused for a column no row can do without; else every value is where it was."""
    table = spec.tables[table_name]
    there = {column.origin for column in change.columns if not (column.is_renamed or column.is_new)}
    looked_at = [name for name in table.read_columns if name not in whole_lists(table)]
    missing = [name for name in looked_at if name not in there]
    has_header = spec.format.kind in FLAT
    if any(is_needed(name, table, has_header=has_header) for name in missing):
        with pytest.raises(UnreadableDocument, match="required columns are missing"):
            Reading(spec, table_name, change)
        return
    expected, found = unchanged(spec.name, table_name), Reading(spec, table_name, change)
    assert found.rejects == []
    for name in looked_at:
        absent = table.columns[name].absent
        if name in there:
            assert found.column(name) == expected.column(name), name
        elif absent and "{" in absent:
            assert None not in found.column(name), name
        else:
            assert found.column(name) == [absent] * ROWS, name
    assert sorted(set(found.stream.drift.missing) - whole_lists(table)) == sorted(missing)
    values = values_of(spec.name, table_name)
    strange = [column for column in change.columns if column.is_new or column.is_renamed or column.is_copy]
    drift = found.stream.drift
    assert len(drift.added) + len(drift.personal) == len(strange)
    assert not drift.personal.keys() & found.stream.schema.names
    kept = [found.column(name) for name in drift.added]
    for column in strange:
        # A copy is what it copies; else the name says it, with the place in a tree.
        if table.columns[column.origin].personal if column.is_copy else looks_personal(column.header):
            assert column.header in drift.personal.values()
            continue
        texts = [cell_of(values, column, row).text or None for row in range(ROWS)]
        assert texts in kept, column


@pytest.mark.parametrize(("spec", "table_name"), TABLES, ids=[f"{s.name}-{name}" for s, name in TABLES])
def test_no_table_takes_personal_columns_that_nobody_declared(spec: ReportSpec, table_name: str) -> None:
    """Beside columns that only sound alike, in flat files by header, else by the place in the row."""
    personal = ["contact-email", "customer-phone-number", "recipient-first-name"]
    business = ["new-brand-name", "warehouse-city-label"]
    if spec.format.kind not in FLAT:
        personal = ["NewInfo.BuyerEmail", "NewAddress.PostalCode", "ShipTo.Name"]
        business = ["NewInfo.BrandName", "NewAddress.CountryCode"]
    new = (Column(header, "", is_new=True) for header in (*personal, *business))
    found = Reading(spec, table_name, Change((*original(spec.tables[table_name]), *new)))
    assert sorted(found.stream.drift.personal.values()) == sorted(personal)
    assert sorted(found.stream.drift.added.values()) == sorted(business)
    assert not found.stream.drift.personal.keys() & {name for row in found.rows for name in row}
    assert found.column(next(iter(found.stream.drift.added))) == [f"new {row}" for row in range(ROWS)]


def strange_name(header: str) -> str:
    """A header nobody knows, at the same place of a tree."""
    parent, dot, _ = header.rpartition(".")
    return f"{parent}{dot}neuHeit"


def is_movable(spec: ReportSpec, column: Column) -> bool:
    """Whether it is a value of the row alone, which a document could have elsewhere or not at all."""
    return spec.format.kind in FLAT or not (
        any(sign in column.header for sign in "/[@") or column.header == PATH
    )


SPELLINGS: list[Callable[[str], str]] = [
    str.upper,
    str.title,
    lambda text: f" {text.replace('-', ' ')} ",
    lambda text: text.title().replace("-", "").replace("_", "").replace(" ", ""),
    lambda text: text.replace("fulfillment", "fulfilment").replace("center", "centre"),
    lambda text: text.replace("country", "Country/Region"),
]


@st.composite
def changes(draw: st.DrawFn, spec: ReportSpec, table_name: str) -> Change:
    columns = list(original(spec.tables[table_name]))
    is_flat = spec.format.kind in FLAT
    kinds: dict[str, Callable[[], None]] = {}
    places = [place for place, column in enumerate(columns) if is_movable(spec, column)]

    def insert() -> None:
        columns.insert(draw(st.integers(0, len(columns))), Column("neuesFeld", "", is_new=True))

    def drop() -> None:
        del columns[draw(st.sampled_from(places))]

    def rename() -> None:
        place = draw(st.sampled_from(places))
        header = strange_name(columns[place].header)
        columns[place] = replace(columns[place], header=header, is_renamed=True)

    def double() -> None:
        column = columns[draw(st.sampled_from(places))]
        columns.append(replace(column, is_copy=True))

    def respell() -> None:
        spell = draw(st.sampled_from(SPELLINGS))
        columns[:] = [replace(column, header=spell(column.header)) for column in columns]

    def reorder() -> None:
        columns[:] = draw(st.permutations(columns))

    kinds["insert"], kinds["reorder"] = insert, reorder
    if places:
        kinds.update(drop=drop, rename=rename)
    if places and spec.format.kind != "xml":
        kinds["double"] = double
    if is_flat:
        kinds["respell"] = respell
    first = draw(st.sampled_from(sorted(kinds)))
    kinds[first]()
    if first != "reorder" and draw(st.booleans()):
        reorder()
    if not is_flat:
        return Change(tuple(columns))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]))
    label = draw(st.sampled_from([None, "Cp1252", "UTF-8", "windows-31j"]))
    has_tail, is_quoted = draw(st.booleans()), draw(st.booleans())
    return Change(tuple(columns), encoding, label, has_tail, is_quoted)


def test_the_catalogue_is_read_at_all() -> None:
    assert TABLES
    assert [failure.error for failure in FAILURES] == []


def test_no_two_columns_of_a_table_are_one_in_another_spelling() -> None:
    flat_tables = [(spec, name) for spec, name in TABLES if spec.format.kind in FLAT]
    assert flat_tables
    for spec, name in flat_tables:
        for spelling, names in respellings(spec.tables[name]).items():
            assert len(names) == 1, (spec.name, name, spelling, names)


@pytest.mark.parametrize(("spec", "table_name"), TABLES, ids=lambda each: getattr(each, "name", each))
def test_no_change_of_a_document_moves_a_value(spec: ReportSpec, table_name: str) -> None:
    read = unchanged(spec.name, table_name)
    assert read.rejects == [] and not read.stream.drift.added and not read.stream.drift.missing

    @QUICK
    @given(changes(spec, table_name))
    def holds(change: Change) -> None:
        check(spec, table_name, change)

    holds()
