"""Flat files: every line is stored or rejected with its reason, and nothing is read as something else."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.sellerops.formats.helpers import Read, bench_slice, table

from sellerops.base.errors import DocumentDamaged, NotTheReport, RetryableError, UnreadableDocument
from sellerops.formats import blocks, open_rows
from sellerops.settings.specs import FileFormat

SPEC = table(
    {
        "sku": {"type": "text", "required": True},
        "product_name": "text",
        "quantity": "integer",
        "price": "decimal",
    }
)
HEADER = b"sku\tproduct-name\tquantity\tprice\r\n"


def test_ids_keep_their_zeros_and_quotes_are_data() -> None:
    read = Read(HEADER + b'007\t6" pipe, "best"\t3\t12.50\r\n', SPEC)
    assert read.rows[0]["sku"] == "007"
    assert read.rows[0]["product_name"] == '6" pipe, "best"'
    assert read.rejects == []


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("last", [True, False], ids=["final newline", "no final newline"])
def test_both_line_ends_with_and_without_the_last(end: bytes, last: bool) -> None:
    lines = [HEADER.strip(), b"a\tx\t1\t1.00", b"b\ty\t2\t2.00"]
    read = Read(end.join(lines) + (end if last else b""), SPEC)
    assert read.column("sku") == ["a", "b"]
    assert read.column("product_name") == ["x", "y"]
    assert read.column("source_line") == [2, 3]


def test_a_file_of_a_header_alone_has_no_rows() -> None:
    read = Read(HEADER, SPEC)
    assert read.rows == [] and read.stream.rows_in_file == 0 and not read.stream.drift.added


def test_blank_lines_are_no_rows_but_a_line_of_tabs_is_one() -> None:
    read = Read(HEADER + b"\r\na\tx\t1\t1\r\n\r\n\t\t\t\r\n\r\n", SPEC)
    assert read.column("sku") == ["a"] and read.column("source_line") == [3]
    assert read.reasons == [(5, "missing_key")]
    assert read.stream.rows_in_file == 2


@pytest.mark.parametrize("header_end", [b"", b"\t"], ids=["plain header", "header ends with a tab"])
@pytest.mark.parametrize("row_end", [b"", b"\t"], ids=["plain rows", "rows end with a tab"])
def test_a_trailing_empty_column_is_nothing(header_end: bytes, row_end: bytes) -> None:
    content = (
        HEADER.strip() + header_end + b"\r\na\tx\t1\t2" + row_end + b"\r\nb\ty\t2\t3" + row_end + b"\r\n"
    )
    read = Read(content, SPEC)
    assert read.column("price") == [2, 3] and read.rejects == [] and not read.stream.drift.added


def test_a_value_under_no_header_is_a_reject_and_not_lost() -> None:
    read = Read(HEADER.strip() + b"\t\r\na\tx\t1\t2\t\r\nb\ty\t2\t3\tsecret\r\n", SPEC)
    assert read.column("sku") == ["a"]
    assert read.reasons == [(3, "too_many_fields")] and "secret" in (read.rejects[0].raw_line or "")


RETURNS = table(
    {"at": {"type": "timestamp", "required": True}, "sku": "text", "n": "integer", "comment": "text"},
    write_disposition="replace",
    primary_key=(),
    day="at",
)
RETURN = "2026-11-05T10:00:00+00:00\t{sku}\t1\t{comment}\r\n"


@pytest.mark.parametrize("comment", ["one\ntwo", "one\n\ntwo\nthree", "one\r\ntwo"])
@pytest.mark.parametrize("block", [20, 1 << 20], ids=["torn between blocks", "one block"])
def test_a_comment_of_several_lines_stays_with_its_row(comment: str, block: int) -> None:
    rows = [
        RETURN.format(sku=sku, comment=text) for sku, text in [("a", comment), ("b", "ok"), ("c", comment)]
    ]
    before, blocks.BLOCK_BYTES = blocks.BLOCK_BYTES, block
    try:
        read = Read(("at\tsku\tn\tcomment\r\n" + "".join(rows)).encode(), RETURNS)
    finally:
        blocks.BLOCK_BYTES = before
    whole = comment.replace("\r\n", "\n")
    assert {row["sku"]: row["comment"] for row in read.rows} == {"a": whole, "b": "ok", "c": whole}
    assert not read.rejects and read.stream.rows_in_file == 3


def test_a_newline_in_the_middle_of_a_row_is_part_of_its_text() -> None:
    read = Read(HEADER + b"a\tx\t1\t1\r\nb\tfirst half\r\nsecond half\t2\t2\r\nc\ty\t3\t3\r\n", SPEC)
    assert {row["source_line"]: row["product_name"] for row in read.rows} == {
        2: "x",
        3: "first half\nsecond half",
        5: "y",
    }
    assert not read.rejects


def test_lines_that_may_belong_to_one_of_two_rows_refuse_both() -> None:
    """The text between could end the row before it or begin the one behind it."""
    spec = table({"title": "text", "sku": {"required": True}, "note": "text"}, primary_key=("sku",))
    read = Read(b"title\tsku\tnote\nx\ta\tone\ntwo\ny\tb\tthree\nz\tc\tfour\n", spec)
    assert read.column("sku") == ["c"]
    assert sorted(read.reasons) == [(2, "torn_row"), (3, "too_few_fields"), (4, "torn_row")]


def test_a_short_line_that_makes_no_row_with_its_neighbours_is_a_reject() -> None:
    read = Read(HEADER + b"a\tx\t1\t1\r\nb\ty\t2\r\nc\tz\t3\t3\r\n", SPEC)
    assert read.column("sku") == ["a", "c"] and read.reasons == [(3, "too_few_fields")]


@pytest.mark.parametrize("short", ["b\ty", "b"])
def test_rows_without_their_last_fields_are_never_put_together(short: str) -> None:
    """Two of them have as many fields as one row, or look like the end of a text."""
    spec = table({"sku": {"required": True}, "name": "text", "note": "text"})
    read = Read(f"sku\tname\tnote\na\tx\tone\n{short}\nc\tz\n".encode(), spec)
    assert all("\n" not in str(value) for row in read.rows for value in row.values())
    assert {3, 4} <= {line for line, _ in read.reasons}


def test_a_key_is_never_put_together_of_two_lines() -> None:
    read = Read(HEADER + b"a\r\nb\tx\t1\t1\r\n", SPEC)
    assert read.column("sku") == ["b"] and read.reasons == [(2, "too_few_fields")]


def test_a_lone_carriage_return_is_data() -> None:
    read = Read(HEADER + b"a\tone\rtwo\t1\t1\r\nb\ty\t2\t2\r\n", SPEC)
    assert read.column("product_name") == ["one\rtwo", "y"] and read.column("source_line") == [2, 3]


@pytest.mark.parametrize("value", ["two", "1.5", "0x1F", "99999999999999999999", "1,234", "--1", "1 2"])
def test_text_where_a_number_was_is_a_reject_with_its_line(value: str) -> None:
    read = Read(HEADER + f"a\tx\t{value}\t1\r\nb\ty\t5.0\t1\r\n".encode(), SPEC)
    assert read.column("quantity") == [5]
    reject = read.rejects[0]
    assert (reject.source_line, str(reject.reason), reject.column_name) == (2, "unreadable_value", "quantity")
    assert reject.value == value and reject.raw_line == f"a\tx\t{value}\t1"


def test_a_number_where_text_was_is_text() -> None:
    assert Read(HEADER + b"12\t0012.50\t1\t1\r\n", SPEC).rows[0]["product_name"] == "0012.50"


def test_nul_and_replacement_characters_are_marked_in_texts_and_never_stored() -> None:
    read = Read(HEADER + "a\tx\x00y\t1\t1\nb\t\ufffd\t1\t1\nc\tz\t1\t1\n".encode(), SPEC)
    assert read.column("product_name") == ["x\\x00y", "\\ufffd", "z"] and not read.rejects
    assert read.stream.marked_texts == 2


@pytest.mark.parametrize("damage", ["\ufffd", "\x00"])
def test_a_damaged_key_or_number_refuses_its_row(damage: str) -> None:
    content = f"a{damage}\tx\t1\t1\nb\tx\t{damage}1\t1\nc\tz{damage}\tmany\t1\n"
    read = Read(HEADER + content.encode(), SPEC)
    assert [(reject.source_line, reject.column_name) for reject in read.rejects] == [
        (2, "sku"),
        (3, "quantity"),
        (4, "quantity"),
    ]
    assert {str(reject.reason) for reject in read.rejects} == {"unreadable_value"}
    assert not read.rows and read.stream.marked_texts == 0
    assert not any(damage in (reject.raw_line or "") for reject in read.rejects)


@pytest.mark.parametrize("key", [(), ("sku",)], ids=["without a key", "with a key"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_row_of_tabs_alone_is_a_reject_in_any_table(key: tuple[str, ...], quote: str) -> None:
    columns = {"sku": "text", "name": "text", "n": "integer"}
    spec = table(columns, primary_key=key, write_disposition="replace", day_from_window="day")
    rows = [["sku", "name", "n"], ["a", "x", "1"], ["", "", ""], ["b", "y", "2"]]
    content = "".join("\t".join(f"{quote}{cell}{quote}" for cell in row) + "\n" for row in rows)
    read = Read(content.encode(), spec)
    assert read.column("sku") == ["a", "b"] and read.reasons == [(3, "missing_key")]


def test_columns_are_found_by_name_in_any_order_and_case() -> None:
    read = Read(b"Price\tQUANTITY\tproduct name\tSKU\n1.5\t2\tx\ta\n", SPEC)
    assert read.rows[0] == {
        "sku": "a",
        "product_name": "x",
        "quantity": 2,
        "price": read.rows[0]["price"],
        "source_line": 2,
    }
    assert read.stream.drift.added == {} and read.stream.drift.missing == []


def test_an_unknown_column_is_text_and_a_missing_one_null() -> None:
    read = Read(b"sku\tquantity\tNew-Column\tprice\na\t1\t007\t2\n", SPEC)
    assert read.rows[0]["new_column"] == "007" and read.rows[0]["product_name"] is None
    assert read.stream.drift.added == {"new_column": "New-Column"} and read.stream.drift.missing == [
        "product_name"
    ]


def test_a_column_twice_keeps_both() -> None:
    read = Read(b"sku\tquantity\tquantity\tnote\tnote\na\t1\t2\tx\ty\n", SPEC)
    row = read.rows[0]
    assert (row["quantity"], row["quantity__2"], row["note"], row["note__2"]) == (1, "2", "x", "y")
    assert read.stream.drift.duplicated == ["quantity__2", "note__2"]


def test_unknown_columns_never_take_a_system_columns_name() -> None:
    read = Read(b"sku\taccount-id\tload-id\n1\tx\ty\n", SPEC)
    assert read.rows[0]["account_id__2"] == "x" and read.rows[0]["load_id__2"] == "y"


def test_a_missing_required_column_refuses_the_document() -> None:
    with pytest.raises(UnreadableDocument, match="required columns are missing: sku") as caught:
        Read(b"SKU2\tprice\na\t1\n", SPEC)
    assert caught.value.details["missing"] == ["sku"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", DocumentDamaged),
        (b"<!DOCTYPE html><html><body>Service Unavailable</body></html>", DocumentDamaged),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', DocumentDamaged),
        (b"product-na", DocumentDamaged),
        (b"sku-2\tproduct-na", DocumentDamaged),
        (b"PK\x03\x04zip", UnreadableDocument),
        (b"sku\tproduct-name\tquantity\tprice\ra\tx\t1\t1\r", UnreadableDocument),
        (b"Internal error, try again\n", NotTheReport),
    ],
    ids=["empty", "html", "xml", "cut in the header", "cut in a later header", "zip", "old Mac", "text"],
)
def test_what_is_no_report_has_its_error(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="the document"):
        Read(content, SPEC)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"No data found for the specified date range", "No data found for the specified date range"),
        (b"No data found\r\n", "No data found"),
        (b'"No data found"\n', "No data found"),
        (
            b'{"errors":[{"code":"InvalidInput","message":"Not allowed at this time","details":""}]}',
            "InvalidInput: Not allowed at this time",
        ),
        (b'{"errorDetails": "The date range is invalid"}', "The date range is invalid"),
    ],
)
@pytest.mark.parametrize("required", [True, False], ids=["a column is required", "none is required"])
def test_amazons_own_words_are_shown_and_nothing_is_repeated(
    content: bytes, words: str, required: bool
) -> None:
    columns = {"sku": {"type": "text", "required": required}, "name": "text"}
    spec = table(columns, write_disposition="replace", primary_key=(), day_from_window="day")
    with pytest.raises(NotTheReport) as caught:
        Read(content, spec)
    assert repr(words) in str(caught.value) and "downloaded" not in str(caught.value)
    assert not isinstance(caught.value, RetryableError)


def test_a_truncated_file_is_damaged() -> None:
    whole = HEADER + b"a\tx\t1\t1.00\r\nb\ty\t2\t2.00\r\n"
    with pytest.raises(DocumentDamaged, match="in the middle of a row"):
        Read(whole[:-10], SPEC)


@pytest.mark.parametrize("cut", [20, 60])
def test_a_truncated_archive_file_is_damaged(cut: int) -> None:
    packed = gzip.compress(HEADER + b"".join(b"%d\tx\t1\t1.00\r\n" % n for n in range(200)))
    with pytest.raises(DocumentDamaged, match="ends early"):
        Read(packed[:cut], SPEC)


def test_a_document_packed_once_more_is_unpacked() -> None:
    assert Read(gzip.compress(HEADER + b"a\tx\t1\t1\r\n"), SPEC).column("sku") == ["a"]


def test_keys_must_have_a_value() -> None:
    read = Read(HEADER + b"\tx\t1\t1\r\na\ty\t1\t1\r\n", SPEC)
    assert read.column("sku") == ["a"] and read.reasons == [(2, "missing_key")]


def test_rows_farther_than_a_day_outside_the_window_are_rejects_by_the_marketplaces_days() -> None:
    spec = table(
        {"sku": "text", "at": "timestamp"}, write_disposition="replace", primary_key=("sku",), day="at"
    )
    content = (
        b"sku\tat\n"
        b"a\t2026-11-17T07:59:59+00:00\n"
        b"b\t2026-11-17T08:00:00+00:00\n"
        b"c\t2026-11-20T07:59:59+00:00\n"
        b"d\t2026-11-20T08:00:00+00:00\n"
        b"e\t\n"
    )
    window = bench_slice("US", first="2026-11-18", last="2026-11-18", timezone="America/Los_Angeles")
    read = Read(content, spec, slice_=window)
    assert read.column("sku") == ["b", "c"]
    assert sorted(read.reasons) == [(2, "outside_window"), (5, "outside_window"), (6, "missing_key")]


def test_the_marketplace_of_a_row_comes_from_its_column() -> None:
    spec = table({"sku": "text", "sales_channel": "text"}, marketplace_from="sales_channel")
    read = Read(b"sku\tsales-channel\na\tAmazon.com\nb\tamazon.CA\nc\tNon-Amazon\nd\t\n", spec)
    assert read.column("marketplace_id") == ["ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", None, None]


def test_equal_rows_have_equal_hashes_whatever_the_columns_order() -> None:
    spec = table(
        {"day": "date", "sku": "text", "note": "text"}, write_disposition="replace", primary_key=(), day="day"
    )
    one = Read(b"day\tsku\tnote\n2026-11-02\ta\t\n2026-11-02\tb\tx\n2026-11-02\ta\t\n", spec)
    two = Read(b"sku\tnew\tday\na\t\t2026-11-02\n", spec)
    first, other, again = one.column("line_hash")
    assert first == again == two.rows[0]["line_hash"] and first != other


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.text(
                st.characters(exclude_characters="\t\n\r\x00\ufffd", exclude_categories=("Cs",)), max_size=6
            ),
            min_size=1,
            max_size=5,
        ),
        max_size=12,
    ),
    block=st.integers(1, 40),
)
def test_every_line_is_stored_whole_or_rejected_whole(rows: list[list[str]], block: int) -> None:
    """Any text in any number of fields, cut into blocks of any size."""
    spec = table({"a": "text", "b": "text", "c": "text"}, primary_key=("a",))
    lines = ["\t".join(row) for row in rows]
    content = ("a\tb\tc\n" + "".join(line + "\n" for line in lines)).encode()
    before, blocks.BLOCK_BYTES = blocks.BLOCK_BYTES, block
    try:
        read = Read(content, spec, content_type="text/plain; charset=utf-8")
    except UnreadableDocument as error:  # a first line that looks like a page is refused before it is read
        raise AssertionError(error) from error
    finally:
        blocks.BLOCK_BYTES = before
    assert read.stream.rows_in_file == len(read.rows) + len(read.rejects)
    stored = [(row["source_line"], "\t".join(row[name] or "" for name in "abc")) for row in read.rows]
    refused = [(reject.source_line, reject.raw_line or "") for reject in read.rejects]
    there: dict[int, str] = {}
    for first, text in [*stored, *refused]:
        for number, line in enumerate(text.split("\n"), start=first):
            assert number not in there
            there[number] = line.rstrip("\t")
    for number, line in enumerate(lines, start=2):
        assert there.get(number, "") == line.rstrip("\t")


def test_memory_does_not_grow_with_the_file() -> None:
    import pyarrow as pa

    class Endless(io.RawIOBase):
        """Rows without end, up to ``left`` bytes."""

        def __init__(self, size: int) -> None:
            self.left = size
            self.header = HEADER

        def read(self, size: int = -1) -> bytes:
            if self.header:
                taken, self.header = self.header, b""
                return taken
            chunk = b"sku-1\tname\t12\t1.25\r\n" * (size // 20)
            chunk = chunk[: max(self.left, 0) // 20 * 20]
            self.left -= len(chunk)
            return chunk

    stream = open_rows(
        SPEC,
        Endless(40 << 20),
        file_format=FileFormat(kind="tsv"),
        slice_=bench_slice(),
        on_reject=lambda row: None,
    )
    highest = 0
    for _ in stream:
        highest = max(highest, pa.total_allocated_bytes())
    assert stream.rows_in_file > 2_000_000
    assert highest < 24 << 20


@pytest.mark.parametrize("missing", ["marketplace", "at"])
def test_a_column_that_a_rows_place_is_made_of_may_not_be_missing(missing: str) -> None:
    columns = {"sku": "text", "marketplace": "text", "at": "timestamp"}
    spec = table(columns, marketplace_from="marketplace", version="at")
    header = "\t".join(name for name in columns if name != missing)
    with pytest.raises(UnreadableDocument, match=f"required columns are missing: {missing}"):
        Read(f"{header}\n1\t2\n".encode(), spec)


def test_a_document_of_hundreds_of_unknown_columns_is_another_one() -> None:
    header = "\t".join(["sku", *(f"c{n}" for n in range(400))])
    with pytest.raises(UnreadableDocument, match="more than 300 columns"):
        Read(f"{header}\n".encode(), SPEC)
