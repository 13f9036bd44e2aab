"""Flat files that may be quoted: the file shows whether it is, and sloppy quotes lose nothing."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.costs import grows_in_proportion
from unit.sellerops.formats.helpers import Read, bench_slice, table

from sellerops.base.errors import DocumentDamaged
from sellerops.formats import RowReject, blocks, open_rows
from sellerops.formats.rows import TextRows
from sellerops.settings.specs import FileFormat

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
    read = Read(b'"sku"\t"name"\t"n"\n"a"\t"x\ty"\t""\n\n"b"\t"z"\t"3"\n', SPEC)
    assert read.column("name") == ["x\ty", "z"] and read.column("n") == [None, 3]
    assert read.column("source_line") == [2, 4]


def test_without_quotes_a_tab_separated_block_stays_text() -> None:
    content = b'"sku"\t"name"\t"n"\n' + b"a\tx\t1\nb\ty\t2\n"
    read = Read(content, SPEC)
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
    read = Read(text.encode("cp1252"), SPEC, kind="csv", countries=("DE",))
    assert read.column("name") == ["Müsli, groß"] and not read.stream.drift.added


TITLES = ['Tripod, 1/4" thread', 'Panel 24"', '"Best" mug', 'TAPE-3"', '"Best"', '"']


def lines(*rows: tuple[str, ...], is_quoted: bool) -> bytes:
    """Rows as Amazon writes them: quotes within are not escaped."""
    return "".join(
        "\t".join(f'"{cell}"' if is_quoted else cell for cell in row) + "\r\n" for row in rows
    ).encode()


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("is_quoted", [True, False], ids=["every field quoted", "nothing quoted"])
def test_quotes_in_a_text_are_its_own_whether_the_file_quotes_or_not(title: str, is_quoted: bool) -> None:
    rows = [("sku", "name", "n"), ("a", title, "1"), ("b", "y", "2")]
    read = Read(lines(*rows, is_quoted=is_quoted), SPEC)
    assert read.column("name") == [title, "y"] and read.column("n") == [1, 2] and not read.rejects


@pytest.mark.parametrize("stray", ['"Best mug', 'Best" mug', '"', '""Best mug', 'mug"'])
@pytest.mark.parametrize("is_quoted", [True, False], ids=["every field quoted", "nothing quoted"])
def test_a_single_quote_costs_at_most_its_own_row(stray: str, is_quoted: bool) -> None:
    rows = [(f"s{number}", "x", "1") for number in range(400)]
    whole = lines(("sku", "name", "n"), *rows[:200], is_quoted=is_quoted)
    odd = f'"odd"\t{stray}\t"3"\r\n'.encode() if is_quoted else f"odd\t{stray}\t3\r\n".encode()
    read = Read(whole + odd + lines(*rows[200:], is_quoted=is_quoted), SPEC)
    assert [row["sku"] for row in read.rows if row["sku"] != "odd"] == [row[0] for row in rows]
    assert all("\n" not in (row["name"] or "") for row in read.rows)
    assert read.stream.rows_in_file == 401 == len(read.rows) + len(read.rejects)


def test_two_quotes_far_apart_take_in_no_row_between_them() -> None:
    """They pair up as the standard has it, around thousands of complete rows."""
    rows = [f"s{number}\tx\t{number}\n" for number in range(3000)]
    content = "sku\tname\tn\n" + 'a\t"Best mug\t1\n' + "".join(rows) + 'z\tbig pot"\t3\n'
    read = Read(content.encode(), SPEC)
    assert len(read.rows) == 3002 and not read.rejects
    assert read.rows[0]["name"] == '"Best mug' and read.rows[-1]["name"] == 'big pot"'


def test_a_text_of_several_lines_in_a_quoted_file_is_one_row() -> None:
    content = b'"sku"\t"name"\t"n"\r\n"a"\t"one 24" panel\r\n\r\ntwo\tthree"\t"1"\r\n"b"\t"y"\t"2"\r\n'
    read = Read(content, SPEC)
    assert read.column("name") == ['one 24" panel\r\n\r\ntwo\tthree', "y"]
    assert read.column("source_line") == [2, 5] and not read.rejects


def test_rows_that_do_not_quote_under_a_header_that_does_are_read_as_they_are() -> None:
    content = b'"sku"\t"name"\t"n"\n' + b'a\t"Best" mug\t1\n' + b'b\t5" pot\t2\n'
    assert Read(content, SPEC).column("name") == ['"Best" mug', '5" pot']


def test_a_quoted_title_in_a_file_that_does_not_quote_keeps_its_quotes() -> None:
    content = b'sku\tname\tn\na\t"Best mug"\t1\nb\t5" pot\t2\n'
    assert Read(content, SPEC).column("name") == ['"Best mug"', '5" pot']


def test_quotes_where_needed_are_recognised_wherever_the_first_ones_stand() -> None:
    rows = "".join(f"s{number}\tx\t{number}\n" for number in range(20))
    content = "sku\tname\tn\n" + rows + 'a\t"6"" pipe\nand more"\t1\n' + rows
    before, blocks.BLOCK_BYTES = blocks.BLOCK_BYTES, 50
    try:
        read = Read(content.encode(), SPEC)
    finally:
        blocks.BLOCK_BYTES = before
    assert [row["name"] for row in read.rows if row["sku"] == "a"] == ['6" pipe\nand more']
    assert len(read.rows) == 41 and not read.rejects


def test_a_file_of_quotes_that_never_close_takes_time_by_its_length() -> None:
    def seconds(lines: int) -> float:
        content = '"sku"\t"name"\t"n"\n' + 'x"\t"y z\n' * lines
        began = time.process_time()
        read = Read(content.encode(), SPEC)
        assert len(read.rejects) == read.stream.rows_in_file and not read.rows
        return time.process_time() - began

    assert grows_in_proportion(seconds, 15_000, 60_000, least=0.1)


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
        read = Read(out.getvalue().encode(), spec, kind=mark[0])
    finally:
        blocks.BLOCK_BYTES = before
    assert read.rejects == [] and read.stream.rows_in_file == len(rows)
    got = [(row["a"] or "", row["b"] or "", row["c"] or "") for row in read.rows]
    assert got == list(rows)


def written(rows: list[tuple[str, ...]], style: str) -> bytes:
    """The rows by a writer; ``naive``: every field quoted and nothing escaped, ``none``: nothing quoted."""
    mark = '"' if style == "naive" else ""
    return "".join("\t".join(f"{mark}{field}{mark}" for field in row) + "\r\n" for row in rows).encode()


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.sampled_from('a"é; 1'), max_size=5).map(str.strip)] * 3),
        min_size=1,
        max_size=8,
    ),
    block=st.integers(1, 60),
    style=st.sampled_from(["naive", "none"]),
)
def test_what_a_writer_without_escapes_wrote_is_read(
    rows: list[tuple[str, ...]], block: int, style: str
) -> None:
    """Each line is stored as it is, or rejected; two quotes side by side may be one that was escaped."""
    table_rows = [("k", "a", "b", "c"), *((f"k{number}", *row) for number, row in enumerate(rows))]
    before, blocks.BLOCK_BYTES = blocks.BLOCK_BYTES, block
    try:
        spec = table({"k": "text", "a": "text", "b": "text", "c": "text"})
        read = Read(written(table_rows, style), spec)
    finally:
        blocks.BLOCK_BYTES = before
    assert read.stream.rows_in_file == len(rows) == len(read.rows) + len(read.rejects)
    assert not read.rejects
    for row in read.rows:
        expected = rows[int(row["k"][1:])]
        for name, text in zip("abc", expected, strict=True):
            if '""' not in text:
                assert (row[name] or "") == text
            else:
                assert (row[name] or "").replace('"', "") == text.replace('"', "")


ENDS, DAMAGE = [b'"', b"\t", b"\n", b"\r\n"], [b"\x00", b"\xef\xbf\xbd", b"\x81"]
SLICES = [*ENDS, *DAMAGE, b"x", b"1", b'"x"', b"\xc3\xa9", b"k\tb\t1\n"]


@settings(max_examples=150, deadline=None)
@given(
    header=st.sampled_from([b"sku\tname\tn\n", b'"sku"\t"name"\t"n"\r\n', b"sku\tname\tn\t\n"]),
    body=st.lists(st.sampled_from(SLICES), max_size=30).map(b"".join),
    block=st.sampled_from([1, 7, 1 << 20]),
)
def test_any_bytes_are_stored_or_rejected_and_as_text_the_same(
    header: bytes, body: bytes, block: int
) -> None:
    before, blocks.BLOCK_BYTES = blocks.BLOCK_BYTES, block
    found = []
    try:
        for is_text in (False, True):
            rejects: list[RowReject] = []
            stream = open_rows(
                SPEC,
                io.BytesIO(header + body + b"\n"),
                file_format=FileFormat(kind="tsv"),
                slice_=bench_slice(),
                on_reject=rejects.append,
            )
            parts = list(stream.texts() if is_text else stream)
            stored = sum(len(part.lines) if isinstance(part, TextRows) else len(part) for part in parts)
            assert stream.rows_in_file == stored + len(rejects)
            found.append((stored, sorted((each.source_line, str(each.reason)) for each in rejects)))
    finally:
        blocks.BLOCK_BYTES = before
    assert found[0] == found[1]
