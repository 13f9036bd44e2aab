"""Elements read many at once are what the event reader makes of them, whatever the document contains."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.sellerops.formats.helpers import Read, table

from sellerops.base.errors import LimitExceeded, SellerOpsError, UnreadableDocument
from sellerops.base.limits import MAX_DEPTH
from sellerops.formats import xml_chunks, xml_encoding, xml_stream
from sellerops.formats.sniff import Document
from sellerops.formats.xml_chunks import ChunkParser
from sellerops.formats.xml_stream import XmlUnits

ROWS = table({"sku": {"from": "k"}, "n": {"type": "integer", "from": "n"}}, rows="Order")


@contextmanager
def chunk_size(size: int) -> Iterator[list[int]]:
    """Sets the size of a chunk; yields how many elements each accepted chunk had."""
    taken: list[int] = []
    real, chunk, head = ChunkParser.read, xml_stream.CHUNK, xml_encoding._HEAD

    def read(parser: ChunkParser, chunk: bytes) -> list[Any] | None:
        found = real(parser, chunk)
        if found is not None:
            taken.append(len(found))
        return found

    ChunkParser.read, xml_stream.CHUNK = read, size  # type: ignore[method-assign]
    xml_encoding._HEAD = 8
    try:
        yield taken
    finally:
        ChunkParser.read, xml_stream.CHUNK = real, chunk  # type: ignore[method-assign]
        xml_encoding._HEAD = head


class Slow(XmlUnits):
    """Event by event, to the end."""

    def _learn(self) -> None:
        pass


def units(kind: type[XmlUnits], content: bytes, path: str, wanted: set[str]) -> tuple[list[Any], str]:
    """Every part with its enclosing objects, and the error that reading ends with."""
    rows = path.split(".")
    found: list[Any] = []
    try:
        document = Document(io.BytesIO(content), where="here", is_xml=True)
        for unit in kind(document, rows, len(rows), [wanted], "here"):
            found.append((unit.value, [dict(each) for each in unit.outer]))
    except SellerOpsError as error:
        return found, f"{type(error).__name__}: {error.cause}"
    return found, ""


def assert_same(content: bytes, path: str) -> None:
    """The same parts and the same error. Neither reader yields parts of a chunk with an error."""
    fast, fast_error = units(XmlUnits, content, path, {"v"})
    slow, slow_error = units(Slow, content, path, {"v"})
    assert fast_error == slow_error
    common = min(len(fast), len(slow)) if fast_error else None
    assert fast[:common] == slow[:common]


def document(rows: str, begin: str = "<E>", end: str = "</E>") -> bytes:
    return f"{begin}{rows}{end}".encode()


FLAT = "".join(f"<Order><k>{n}</k><n>{n}</n></Order>\n" for n in range(200))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("Order", document(FLAT)),
        ("M.Order", document(FLAT.replace("<Order>", "<M><Order>").replace("</Order>", "</Order></M>"))),
        ("R.Order", document(FLAT, "<E><R>", "</R></E>")),
        ("R.L.Order", document(FLAT, "<E><v>1</v><R><L>", "</L></R></E>")),
        ("M.Order", document("".join(f"<M><Order><k>{n}</k></Order><x/>\n</M>" for n in range(200)))),
    ],
    ids=["below the root", "one in each", "in one list", "in one list below", "beside others"],
)
def test_elements_that_follow_each_other_are_read_at_once(path: str, content: bytes) -> None:
    with chunk_size(400) as taken:
        fast = units(XmlUnits, content, path, {"v"})
    assert fast == units(Slow, content, path, {"v"}) and len(fast[0]) == 200
    assert sum(taken) > 170 and len(taken) > 5


ODD_ROWS = [
    "<Order><k>1</k></Order>",
    "<Order><k a='1' b='2'>x</k><k/><k> </k></Order>",
    "<Order a='1'/>",
    "<Order/>",
    "<Order>text</Order>",
    "<Order>\n <k>1</k> tail <n>2</n>\n</Order>",
    "<Order><k><!-- no </Order> end --><a>1</a>x<?p y?>z</k></Order>",
    "<Order><k><![CDATA[</Order><Order>]]>&amp;&#65;\r\n</k></Order>",
    "<Order><Order><k>1</k></Order></Order>",
    "<Order xmlns='urn:a' xmlns:b='urn:b'><b:k b:c='1' c='2'>1</b:k></Order>",
    "<Order><p:k p:a='1'>declared above</p:k></Order>",
    "<Order><k xml:lang='de'>Müsli \U0001f600 \x85</k></Order>",
    "<Order>" + "<d>" * 97 + "1" + "</d>" * 97 + "</Order>",
    "<Order>" + "<d>" * 98 + "1" + "</d>" * 98 + "</Order>",
    "<Order>" + "<d>" * 99 + "1" + "</d>" * 99 + "</Order>",
    "<!-- <Order> --><?p <Order> ?>",
    "<Other><k>1</k></Other>",
    "<v>late</v>",
    "<![CDATA[</Order>]]>",
    "between",
    "<Order ><k >1</k ></Order >",
    "<q:Order xmlns:q='urn:q'><k>1</k></q:Order>",
]
BROKEN = [
    "<Order>&unknown;</Order>",
    "<Order>&#0;</Order>",
    "<Order><u:k/></Order>",
    "<Order a='1' a='2'/>",
    "<Order><k></Order>",
    "</E><E>",
    "<Order>]]></Order>",
    "<Order>\ufffe</Order>",
    "<!DOCTYPE a><Order/>",
    "<Order><k",
    "\x00",
]
BEGINS = ["<E>", "<E xmlns='urn:e' xmlns:p='urn:p&quot;&lt;'>", "<E xmlns:p='urn:p'><v a='1'>early</v>"]


@given(
    begin=st.sampled_from(BEGINS),
    rows=st.lists(
        st.one_of(st.sampled_from(ODD_ROWS[:8]), st.sampled_from(ODD_ROWS)), min_size=2, max_size=25
    ),
    broken=st.one_of(st.none(), st.tuples(st.integers(0, 25), st.sampled_from(BROKEN))),
    size=st.integers(1, 400),
    cut=st.one_of(st.none(), st.integers(1, 200)),
)
def test_they_are_what_the_event_reader_makes_of_them(
    begin: str, rows: list[str], broken: tuple[int, str] | None, size: int, cut: int | None
) -> None:
    if broken:
        rows.insert(*broken)
    content = document("\n".join(rows), begin)[: -cut if cut else None]
    with chunk_size(size):
        assert_same(content, "Order")
        assert_same(content, "Order.k")


def test_the_place_of_an_error_is_that_of_the_document() -> None:
    content = document(FLAT + "<Order><k></n></Order>")
    with chunk_size(400) as taken, pytest.raises(UnreadableDocument, match="line 201, column 12"):
        Read(content, ROWS, kind="xml")
    assert len(taken) > 5


def test_the_limit_of_depth_holds_behind_many_rows() -> None:
    deep = "<d>" * MAX_DEPTH + "</d>" * MAX_DEPTH
    with chunk_size(400) as taken, pytest.raises(LimitExceeded) as caught:
        Read(document(FLAT + f"<Order>{deep}</Order>"), ROWS, kind="xml")
    assert len(taken) > 5 and caught.value.details["limit"] == "MAX_DEPTH"


def test_a_long_element_ends_at_its_limit_behind_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "LONGEST_ITEM", 3000)
    with chunk_size(400) as taken, pytest.raises(LimitExceeded) as caught:
        Read(document(FLAT + f"<Order><k>{'x' * 4000}</k></Order>" + FLAT), ROWS, kind="xml")
    assert len(taken) > 5 and caught.value.details["limit"] == "LONGEST_ITEM"


@pytest.mark.parametrize(
    "inner",
    [
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Order><k>&b;</k></Order>',
        "<Order><k>&b;</k></Order>",
    ],
)
def test_no_entity_is_read_behind_many_rows(inner: str) -> None:
    with chunk_size(400) as taken, pytest.raises(UnreadableDocument, match="not valid XML"):
        Read(document(FLAT + inner), ROWS, kind="xml")
    assert len(taken) > 5


@pytest.mark.parametrize(
    "odd",
    ["<l><x{0}/></l><l><y{0}/></l>", "<l a{0}='1'/>", "<l xmlns:a{0}='a'/>", "<?a{0}?>", "<l><x{0}></l>"],
)
def test_ever_new_names_are_soon_left_to_the_event_reader(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """libxml2 would keep each of them as long as the thread lives."""
    parsed: list[int] = []
    real = xml_chunks._parser
    monkeypatch.setattr(xml_chunks, "_parser", lambda: (parsed.append(1), real())[1])
    monkeypatch.setattr(xml_chunks, "_MOST_REFUSED", 10)
    monkeypatch.setattr(xml_chunks, "MOST_PLACES", 500)
    rows = FLAT + "".join(f"<Order>{odd.format(n)}</Order>" for n in range(3000))
    with chunk_size(400):
        units(XmlUnits, document(rows), "Order", set())
    assert 10 <= len(parsed) < 120
