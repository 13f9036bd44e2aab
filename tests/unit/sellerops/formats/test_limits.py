"""Small documents made to exhaust a worker end with an error that names the limit, at low cost."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import Callable

import pytest
from support.costs import grows_in_proportion
from unit.sellerops.formats.helpers import Read, table

from sellerops.base.bounded_json import TooDeep, read_json
from sellerops.base.errors import LimitExceeded, UnreadableDocument
from sellerops.base.limits import MAX_DEPTH
from sellerops.formats import json_stream, sniff, xml_stream

COLUMNS = {
    "sku": {"required": True, "from": "a"},
    "amount": {"type": "decimal", "from": "n"},
    "units": {"type": "integer", "from": "i"},
}
JSON, XML, FLAT = table(COLUMNS, rows="r"), table(COLUMNS, rows="M.R"), table(COLUMNS)


def item(inside: bytes) -> bytes:
    return b'{"r": [{"a": "x", ' + inside + b"}]}"


def element(inside: bytes) -> bytes:
    return b"<E><M><R><a>x</a>" + inside + b"</R></M></E>"


def seconds(content: bytes, kind: str) -> float:
    """Process time of reading it; what it ends with does not count."""
    spec = {"json": JSON, "xml": XML, "tsv": FLAT, "csv": FLAT}[kind]
    began = time.process_time()
    try:
        Read(content, spec, kind=kind)
    except UnreadableDocument:
        pass
    return time.process_time() - began


# Each as a document of some thousand parts. With a quadratic cost the larger takes 16 times the smaller, with
# a cubic one 64 times.
PARTS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "one JSON key again and again": ("json", lambda n: item(b", ".join([b'"k": 1'] * n))),
    "a known JSON key again and again": ("json", lambda n: item(b", ".join([b'"n": 1'] * n))),
    "many JSON keys": ("json", lambda n: item(b", ".join(b'"k%d": null' % k for k in range(n)))),
    "one header again and again": ("tsv", lambda n: b"a\t" + b"\t".join([b"k"] * n) + b"\n"),
    "one quoted header again and again": ("csv", lambda n: b"a," + b",".join([b'"k"'] * n) + b"\n"),
    "quotes that nothing closes": ("csv", lambda n: b"a,b,c\nx" + b',"1' * n + b"\n"),
    "quotes that one mark may close": ("csv", lambda n: b"a,b,c\n" + b'x,"' * n + b"\n"),
    "headers without a name": ("tsv", lambda n: b"a" + b"\t" * n + b"\n"),
    "one element again and again": ("xml", lambda n: element(b"<k/>" * n)),
    "text between elements": ("xml", lambda n: element(b"<a>" + b"<k/>text" * n + b"</a>")),
    "many attributes": ("xml", lambda n: element(b"<k %s/>" % b" ".join(b'k%d="1"' % k for k in range(n)))),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_document_of_four_times_the_parts_costs_about_four_times_as_much(name: str) -> None:
    kind, make = PARTS[name]
    assert grows_in_proportion(lambda n: seconds(make(n), kind), 4_000, 16_000, least=0.05)


DEEP = 200_000


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"r": [{"a": ' + b"[" * DEEP, "json"),
        (item(b'"k": ' + b"[" * 101 + b"]" * 101), "json"),
        (item(b'"k": ' + b'{"k": ' * 101 + b"1" + b"}" * 101), "json"),
        (b'{"q": ' + b'{"k": ' * DEEP, "json"),
        (b'{"k": ' * DEEP, "jsonl"),
        (b"<E>" + b"<k>" * DEEP, "xml"),
        (element(b"<k>" * 101 + b"</k>" * 101), "xml"),
    ],
    ids=["item", "lists", "objects", "beside the rows", "line", "elements", "in a row"],
)
def test_depth_ends_at_a_limit_that_is_named(content: bytes, kind: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceeded, match="more than 100 levels deep") as caught:
            Read(content, XML if kind == "xml" else JSON, kind=kind)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.details["limit"] == "MAX_DEPTH"
    assert peak < 30 << 20


def test_what_is_as_deep_as_allowed_is_read() -> None:
    deep = MAX_DEPTH - 1
    read = Read(item(b'"k": ' + b"[" * deep + b"1" + b"]" * deep), JSON, kind="json")
    assert read.rows[0]["k"] == "[" * deep + "1" + "]" * deep
    levels = MAX_DEPTH - 4
    read = Read(element(b"<k>" * levels + b"1" + b"</k>" * levels), XML, kind="xml")
    assert "1" in read.rows[0].values()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (item(b'"k": "' + b"x" * 3000 + b'"'), "json"),
        (b'{"r": [{"a": "' + b"x" * 9000, "json"),
        (element(b"<k>" + b"x" * 3000 + b"</k>"), "xml"),
        (b"<E><!-- " + b"x" * 3000, "xml"),
        (b"<E><k " + b"x" * 3000, "xml"),
    ],
    ids=["string", "string without end", "element", "comment without end", "tag without end"],
)
def test_one_value_has_a_longest_size(content: bytes, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (json_stream, xml_stream):
        monkeypatch.setattr(module, "LONGEST_ITEM", 2000)
        monkeypatch.setattr(module, "CHUNK", 100)
    with pytest.raises(LimitExceeded, match="is never closed") as caught:
        Read(content, XML if kind == "xml" else JSON, kind=kind)
    assert caught.value.details["limit"] == "LONGEST_ITEM"


def test_what_stands_beside_the_rows_may_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "LONGEST_ITEM", 2000)
    monkeypatch.setattr(xml_stream, "CHUNK", 100)
    read = Read(b"<E><Q>" + b"x" * 5000 + b"</Q>" + element(b"")[3:], XML, kind="xml")
    assert read.column("sku") == ["x"]


@pytest.mark.parametrize(
    "number",
    ["1e999999999", "1e99999999999999999999999", "-1E-99999999999999999999", "7" * 20_000, "7" * 500 + "e9"],
)
@pytest.mark.parametrize("column", ["n", "i"])
def test_a_number_of_any_length_is_one_rejected_row(number: str, column: str) -> None:
    read = Read(
        b'{"r": [{"a": "x", "%s": %s}, {"a": "y", "n": 1}]}' % (column.encode(), number.encode()),
        JSON,
        kind="json",
    )
    assert read.reasons == [(1, "unreadable_value")] and read.column("sku") == ["y"]
    other = "i" if column == "n" else "n"
    read = Read(f"a\t{column}\t{other}\nx\t{number}\t1\ny\t1\t1\n".encode(), FLAT)
    assert read.reasons == [(2, "unreadable_value")] and read.column("sku") == ["y"]


def test_ever_new_names_without_a_value_end_at_a_limit() -> None:
    items = b",".join(b'{"a": "x", "k%d": null}' % number for number in range(5_100))
    with pytest.raises(LimitExceeded, match="more than 5000 different paths"):
        Read(b'{"r": [' + items + b"]}", JSON, kind="json")


def test_a_name_of_megabytes_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="longer than 2000 characters"):
        Read(item(b'"%s": 1' % (b"k" * 3_000)), JSON, kind="json")


def test_a_name_of_an_element_that_is_no_row_is_not_kept_whole() -> None:
    others = b"".join(b"<k%d/><k%d/>" % (number, number) for number in range(500))
    with pytest.raises(UnreadableDocument, match="no elements") as caught:
        Read(b"<E>" + others + b"</E>", XML, kind="xml")
    assert len(str(caught.value)) < 1_000


def test_every_repeat_of_a_key_is_kept_whatever_its_name() -> None:
    read = Read(item(b'"k": 1, "k\\u00012": 2, "k": 3, "o": {"p": 4}, "o": {"p": 5}'), JSON, kind="json")
    values = {name: value for name, value in read.rows[0].items() if value in list("12345")}
    assert values == {"k": "1", "k__2": "2", "k__3": "3", "o_p": "4", "o_p__2": "5"}


def test_json_from_anywhere_has_the_same_limit() -> None:
    deep = "[" * 100 + "]" * 100
    assert read_json(deep) and read_json(deep.encode())
    for text in (f"[{deep}]", "[" * DEEP, '{"k": ' * DEEP, b'{"k": ' * DEEP):
        with pytest.raises(TooDeep, match="MAX_DEPTH"):
            read_json(text)


def test_a_packed_document_ends_at_the_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sniff, "SURELY_SMALL", 1 << 20)
    for rows, is_bomb in ((10_000, False), (500_000, True)):
        content = gzip.compress(b"a\tn\ti\n" + b"x\t1\t1\n" * rows)
        if is_bomb:
            with pytest.raises(LimitExceeded, match="unpack to more than"):
                Read(content, FLAT)
        else:
            assert len(Read(content, FLAT).rows) == rows
