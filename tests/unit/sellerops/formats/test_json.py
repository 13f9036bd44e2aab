"""JSON documents: items of the named list, flattened, exact, streamed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.sellerops.formats.helpers import Read, bench_slice, table

from sellerops.base.errors import DocumentDamaged, NotTheReport, UnreadableDocument
from sellerops.formats import open_rows, tree_rows
from sellerops.formats.json_units import JsonUnits
from sellerops.formats.sniff import Document
from sellerops.formats.trees import DecodedUnits
from sellerops.settings.specs import FileFormat

SPEC = table(
    {
        "asin": {"type": "text", "from": "childAsin", "required": True},
        "units": {"type": "integer", "from": "sales.units"},
        "amount": {"type": "decimal", "from": "sales.price.amount"},
        "day": {"type": "date", "from": "date"},
    },
    rows="report.items",
)


def read(items: str, **settings: object) -> Read:
    return Read(
        f'{{"head": [1], "report": {{"items": {items}, "tail": 1}}}}'.encode(), SPEC, kind="json", **settings
    )  # type: ignore[arg-type]


def test_leaves_become_columns_with_every_digit() -> None:
    rows = read(
        '[{"childAsin": "007", "sales": {"units": 3, "price": {"amount": 0.1234567890123456789}}}]'
    ).rows
    assert rows[0]["asin"] == "007" and rows[0]["units"] == 3 and rows[0]["source_line"] == 1
    assert rows[0]["amount"] == Decimal("0.1234567890123456789")


def test_the_list_may_stand_anywhere_and_be_empty() -> None:
    assert read("[]").stream.rows_in_file == 0
    assert read("null").stream.rows_in_file == 0
    assert read("[]").stream.drift.missing == []


def test_rows_may_be_in_the_entries_of_a_document_that_is_a_list() -> None:
    spec = table(
        {"ad": {"type": "text", "from": "/adId"}, "asin": {"type": "text", "from": "id"}},
        rows="[].creative.products",
    )
    content = (
        b'[{"adId": "1", "creative": {"products": [{"id": "A"}, {"id": "B"}]}}, '
        b'{"adId": "2", "creative": {}}]'
    )
    found = Read(content, spec, kind="json").rows
    assert [(row["ad"], row["asin"]) for row in found] == [("1", "A"), ("1", "B")]


def test_an_unknown_leaf_is_a_text_column_even_when_it_comes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_rows, "BATCH_ITEMS", 2)
    found = read(
        '[{"childAsin": "a"}, {"childAsin": "b"},'
        ' {"childAsin": "c", "sales": {"newB2BMetric": 1.50}, "list": [1, "x"]}]'
    )
    assert found.stream.drift.added == {"sales_new_b2b_metric": "sales.newB2BMetric", "list": "list"}
    assert "sales_new_b2b_metric" not in found.rows[0]
    assert found.rows[2]["sales_new_b2b_metric"] == "1.50" and found.rows[2]["list"] == '[1, "x"]'
    assert found.stream.drift.missing == ["units", "amount", "day"]


def test_a_key_twice_in_an_object_keeps_both() -> None:
    found = read('[{"childAsin": "a", "sales": {"units": 1, "units": 2}}]')
    assert found.rows[0]["units"] == 1 and found.rows[0]["units__2"] == "2"
    assert found.stream.drift.duplicated == ["units__2"]


def test_a_number_where_text_was_is_text_and_text_where_a_number_was_a_reject() -> None:
    found = read(
        '[{"childAsin": 12.50, "sales": {"units": 2}}, {"childAsin": "b", "sales": {"units": "many"}}]'
    )
    assert [row["asin"] for row in found.rows] == ["12.50"]
    assert found.rejects[0].column_name == "units" and found.rejects[0].value == "many"
    assert json.loads(found.rejects[0].raw_line or "") == {"childAsin": "b", "sales": {"units": "many"}}


@pytest.mark.parametrize("units", ["2.5", "1e400", "true", "[1]"])
def test_what_is_no_whole_number_is_never_rounded(units: str) -> None:
    found = read(f'[{{"childAsin": "a", "sales": {{"units": {units}}}}}]')
    assert found.rows == [] and found.reasons == [(1, "unreadable_value")]


def test_an_object_where_a_value_was_and_a_value_where_an_object_was() -> None:
    found = read('[{"childAsin": "a", "date": {"start": "x"}, "sales": 5}]')
    assert (
        found.rows[0]["date_start"] == "x"
        and found.rows[0]["sales"] == "5"
        and found.rows[0]["units"] is None
    )


def test_items_that_are_no_objects_are_rejects() -> None:
    found = read('[5, {"childAsin": "a"}, {"childAsin": null}]')
    assert [row["asin"] for row in found.rows] == ["a"]
    assert found.reasons == [(1, "too_few_fields"), (3, "missing_key")]


@pytest.mark.parametrize("text", ["\\u0000", "\\ufffd", "\\ud800"])
def test_characters_no_text_may_hold_are_rejects(text: str) -> None:
    found = read(f'[{{"childAsin": "a{text}"}}, {{"childAsin": "b"}}]')
    assert [row["asin"] for row in found.rows] == ["b"] and found.reasons == [(1, "unreadable_value")]
    (found.rejects[0].raw_line or "").encode()
    assert "\ufffd" not in (found.rejects[0].raw_line or "")


def test_in_a_free_text_they_are_marked_and_the_row_stays() -> None:
    found = read('[{"childAsin": "a", "title": "60M\ufffd lamp\\u0000\\ud83d"}, {"childAsin": "b"}]')
    assert [row["asin"] for row in found.rows] == ["a", "b"] and not found.rejects
    assert found.rows[0]["title"] == "60M\\ufffd lamp\\x00\\ud83d"
    assert found.stream.marked_texts == 1


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b'{"report": {"items": [{"childAsin": "a"}', DocumentDamaged, "ends early"),
        (b'{"report": {"items": [{"childAsin": "a"}]}', DocumentDamaged, "ends early"),
        (b"<!doctype html><html></html>", DocumentDamaged, "web page"),
        (b"", DocumentDamaged, "empty"),
        (b'{"errorDetails": "Invalid date range"}', NotTheReport, "Invalid date range"),
        (
            b'{"errors":[{"code":"InvalidInput","message":"Not now","details":""}]}',
            NotTheReport,
            "InvalidInput: Not now",
        ),
        (b'{"report": {}}', UnreadableDocument, "no list `report.items`"),
        (b'{"report": {"items": {"childAsin": "a"}}}', UnreadableDocument, "no list"),
        (b'{"report": {"items": [{"childAsin": "M\xfcsli"}]}}', UnreadableDocument, "not valid JSON"),
        (b'{"report": oops}', UnreadableDocument, "not valid JSON"),
        (
            b'{"report": {"items": [{"sku": "a"}]}}',
            UnreadableDocument,
            "required columns are missing: childAsin",
        ),
    ],
    ids=[
        "cut in the list",
        "cut behind it",
        "html",
        "empty",
        "error",
        "errors",
        "another object",
        "object",
        "charset",
        "garbage",
        "missing",
    ],
)
def test_what_is_no_report_has_its_error(content: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Read(content, SPEC, kind="json")


def test_memory_does_not_grow_with_the_document() -> None:
    import tracemalloc

    item = b'{"childAsin": "a", "sales": {"units": 1}}'

    class Long(io.RawIOBase):
        """A document of ``left`` items, made while it is read."""

        left = 60_000
        state = 0

        def read(self, size: int = -1) -> bytes:
            if self.state == 0:
                self.state = 1
                return b'{"report": {"items": [' + item
            if self.left:
                count = min(self.left, 1000)
                self.left -= count
                return (b"," + item) * count
            self.state, done = 2, self.state == 2
            return b"" if done else b"]}}"

    stream = open_rows(
        SPEC, Long(), file_format=FileFormat(kind="json"), slice_=bench_slice(), on_reject=lambda row: None
    )
    tracemalloc.start()
    try:
        for _ in stream:
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert stream.rows_in_file == 60_001
    assert peak < 8 << 20


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.recursive(
            st.one_of(
                st.text(max_size=5),
                st.decimals(allow_nan=False, allow_infinity=False, places=3),
                st.integers(),
                st.booleans(),
                st.none(),
            ),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(st.text('ab\\"é', max_size=3), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=4,
    ),
    st.integers(1, 9),
)
def test_values_are_whole_wherever_the_stream_is_cut(values: list[object], step: int) -> None:
    class Dribble:
        content = json.dumps({"other": values, "a": {"rows": values}}, default=str, indent=1).encode()

        def read(self, size: int = -1) -> bytes:
            taken, self.content = self.content[:step], self.content[step:]
            return taken

    expected = json.loads(Dribble.content)["a"]["rows"]
    units = DecodedUnits(JsonUnits(cast(Document, Dribble()), ("a", "rows"), [set(), set()], "here"))
    assert [json.loads(tree_rows.as_json(unit.value)) for unit in units] == expected


@pytest.mark.parametrize("number", ["0", "-0", "12", "1.5", "1e5", "-1.25E-3"])
def test_numbers_are_whole_wherever_the_stream_is_cut(number: str) -> None:
    content = f'{{"a":[{number},{number} , {number}]}}'.encode()
    for cut in range(len(content)):
        parts = iter([content[:cut], content[cut:]] if cut else [content])

        class Two:
            def read(self, size: int = -1, parts: Iterator[bytes] = parts) -> bytes:
                return next(parts, b"")

        units = DecodedUnits(JsonUnits(cast(Document, Two()), ("a",), [set()], "here"))
        assert [unit.value for unit in units] == [number] * 3


@pytest.mark.parametrize("cut", range(5, 60, 3))
def test_a_document_cut_anywhere_is_damaged(cut: int) -> None:
    content = b'{"x": {"y": [true, 1.5]}, "report": {"items": [{"childAsin": "a\\u00e9b"}]}}'
    with pytest.raises(DocumentDamaged, match="ends early"):
        Read(content[:cut], SPEC, kind="json")
