"""Quoted flat files: fields are what RFC 4180 says, and sloppy quotes lose nothing."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.sellerops.formats.helpers import Read, table

from sellerops.errors import DocumentDamaged
from sellerops.formats import blocks

SPEC = table({"sku": {"required": True}, "name": "text", "n": "integer"})
TEXT = st.text(
    st.one_of(
        st.sampled_from('a",\t\n\r; '),
        st.characters(exclude_characters="\x00\ufffd", exclude_categories=("Cs",)),
    ),
    max_size=6,
)


def test_quotes_delimiters_and_line_ends_are_text_within_quotes() -> None:
    content = b'"sku","name","n"\r\n"a","6"" pipe, ""best""\r\nand more","1"\r\nb,plain,2\r\n'
    read = Read(content, SPEC, kind="csv")
    assert read.column("name") == ['6" pipe, "best"\r\nand more', "plain"]
    assert read.column("n") == [1, 2] and read.column("source_line") == [2, 4]


def test_a_ledger_file_has_tabs_in_quotes() -> None:
    read = Read(b'"sku"\t"name"\t"n"\n"a"\t"x\ty"\t""\n\n"b"\t"z"\t"3"\n', SPEC, quotes=True)
    assert read.column("name") == ["x\ty", "z"] and read.column("n") == [None, 3]
    assert read.column("source_line") == [2, 4]


def test_without_quotes_a_tab_separated_block_stays_text() -> None:
    content = b'"sku"\t"name"\t"n"\n' + b"a\tx\t1\nb\ty\t2\n"
    read = Read(content, SPEC, quotes=True)
    assert read.column("sku") == ["a", "b"]


@pytest.mark.parametrize("stray", [b'6" pipe', b'"best" pot', b'pot "best"', b'"', b'a"b"c', b'""x'])
def test_a_stray_quote_is_data_and_swallows_nothing(stray: bytes) -> None:
    content = b"sku,name,n\na," + stray + b',1\n"b","y",2\nc,z,3\n'
    read = Read(content, SPEC, kind="csv")
    assert read.column("sku") == ["a", "b", "c"] and read.column("name") == [stray.decode(), "y", "z"]
    assert read.column("source_line") == [2, 3, 4] and read.rejects == []


def test_rows_of_another_width_are_rejects_as_they_stood() -> None:
    read = Read(b'sku,name,n\n"a","x"\n"b","y",2\n"c","z",3,"4,4"\n', SPEC, kind="csv")
    assert read.column("sku") == ["b"]
    assert read.reasons == [(2, "too_few_fields"), (4, "too_many_fields")]
    assert [reject.raw_line for reject in read.rejects] == ['"a","x"', '"c","z",3,"4,4"']


@pytest.mark.parametrize("cut", [b'"b","y', b'"b","y"', b'"b', b"b,y"])
def test_a_truncated_file_is_damaged(cut: bytes) -> None:
    with pytest.raises(DocumentDamaged):
        Read(b'"sku","name","n"\n"a","x","1"\n' + cut, SPEC, kind="csv")


def test_other_charsets_and_trailing_columns() -> None:
    text = 'sku,name,n,\n"a","Müsli, groß",1,\n'
    read = Read(text.encode("cp1252"), SPEC, kind="csv", shops=("DE",))
    assert read.column("name") == ["Müsli, groß"] and not read.stream.drift.added


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=8),
    block=st.integers(1, 40),
    mark=st.sampled_from([("csv", ","), ("tsv", "\t")]),
    style=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=st.sampled_from(["\r\n", "\n"]),
)
def test_what_a_writer_wrote_is_read(
    rows: list[tuple[str, ...]], block: int, mark: tuple[str, str], style: int, end: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=mark[1], quoting=style, lineterminator=end)  # type: ignore[arg-type]
    writer.writerow(["k", "a", "b", "c"])
    if style == csv.QUOTE_MINIMAL and end == "\n":
        # Python 3.11 leaves a carriage return unquoted there: at a line's end it is one with the line feed.
        rows = [tuple(field.replace("\r", "") for field in row) for row in rows]
    writer.writerows([(str(number), *row) for number, row in enumerate(rows)])
    before, blocks.BLOCK_BYTES = blocks.BLOCK_BYTES, block
    try:
        spec = table({"k": "text", "a": "text", "b": "text", "c": "text"})
        read = Read(out.getvalue().encode(), spec, kind=mark[0], quotes=True)
    finally:
        blocks.BLOCK_BYTES = before
    assert read.rejects == [] and read.stream.rows_in_file == len(rows)
    got = [(row["a"] or "", row["b"] or "", row["c"] or "") for row in read.rows]
    assert got == list(rows)
