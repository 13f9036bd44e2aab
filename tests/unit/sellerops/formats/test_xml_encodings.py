"""XML is read in the encoding it declares; one that nobody knows is named."""

from __future__ import annotations

import codecs

import pytest
from unit.sellerops.formats.helpers import Read, table

from sellerops.base.errors import DocumentDamaged, UnreadableDocument

ORDERS = table({"id": {"from": "Code", "required": True}, "title": {"from": "Title"}}, rows="Message.Item")
TITLES = {
    "Shift_JIS": "日本語タイトル",
    "Windows-31J": "①日本語",
    "EUC-JP": "日本語",
    "GB18030": "中文",
    "windows-1252": "Müsli – 5 €",
    "ISO-8859-1": "Müsli",
    "ISO-8859-2": "Łódź",
    "UTF-8": "日本 Łódź",
    "US-ASCII": "plain",
}
MARKED = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def document(title: str, encoding: str | None = None) -> str:
    declared = f' encoding="{encoding}"' if encoding else ""
    return (
        f'<?xml version="1.0"{declared}?>\n<E><Message><Item><Code>1</Code>'
        f"<Title>{title}</Title></Item></Message></E>"
    )


def titles(content: bytes, **settings: str) -> list[str]:
    return Read(content, ORDERS, kind="xml", **settings).column("title")  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", TITLES)
def test_the_declared_encoding_is_read(encoding: str) -> None:
    title = TITLES[encoding]
    codec = {"Windows-31J": "cp932"}.get(encoding, encoding)
    assert titles(document(title, encoding).encode(codec)) == [title]
    assert titles(document(title, encoding.lower()).replace('"', "'").encode(codec)) == [title]


@pytest.mark.parametrize("declared", [None, "UTF-16", "UTF-8", "Shift_JIS"])
@pytest.mark.parametrize("codec", MARKED)
def test_a_byte_order_mark_counts_more_than_the_declaration(codec: str, declared: str | None) -> None:
    assert titles(MARKED[codec] + document("日本語", declared).encode(codec)) == ["日本語"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_without_its_mark(codec: str) -> None:
    assert titles(document("日本語", "UTF-16").encode(codec)) == ["日本語"]


def test_without_a_declaration_the_download_says_it() -> None:
    content = document("日本語").encode("cp932")
    assert titles(content, content_type="text/xml; charset=Shift_JIS") == ["日本語"]
    assert titles(document("Müsli").encode(), content_type="text/xml") == ["Müsli"]


def test_a_wide_character_may_be_cut_anywhere() -> None:
    """A chunk of the document ends in the middle of a character."""
    for shift in range(2):
        title = "x" * (65_536 - 90 + shift) + "日本語" * 100
        assert titles(document(title, "Shift_JIS").encode("cp932")) == [title]


@pytest.mark.parametrize(
    "encoding", ["x-klingon", "rot13", "base64", "zlib", "idna", "unicode_escape", "undefined"]
)
def test_an_encoding_nobody_knows_is_named(encoding: str) -> None:
    with pytest.raises(UnreadableDocument, match=f"the unknown encoding '{encoding}'"):
        titles(document("plain", encoding).encode())


def test_bytes_of_another_encoding_are_refused() -> None:
    with pytest.raises(UnreadableDocument, match="encoding cp932, but its bytes do not match"):
        titles(document("x", "Shift_JIS").encode().replace(b"x<", b"\x81\x00<"))


def test_a_document_that_ends_inside_a_character_is_damaged() -> None:
    content = document("日本語", "Shift_JIS").encode("cp932")
    with pytest.raises(DocumentDamaged, match="ends early"):
        titles(content[: content.index(b"</Title>") - 1])
