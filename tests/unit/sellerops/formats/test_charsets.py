"""Bytes become the characters Amazon meant, or a mark in the text; never U+FFFD."""

from __future__ import annotations

import codecs

import pytest
from unit.sellerops.formats.helpers import Read, table

from sellerops.formats import charsets
from sellerops.formats.charsets import LineDecoder, candidates, codec_name, declared_charset

SPEC = table({"sku": {"type": "text", "required": True}, "name": "text"})
HEADER = "sku\tname\n"
LATIN = HEADER + "a\tMüsli für 5 €\nb\tThéière\n"
JAPANESE = HEADER + "a\t日本茶①\nb\tﾎﾟｯﾄ\n"


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("text/plain; charset=Cp1252", "cp1252"),
        ('text/plain;charset="UTF-8"', "utf-8"),
        ("text/plain; charset=windows-31j", "cp932"),
        ("text/plain; charset=Shift_JIS", "cp932"),
        ("text/plain; charset=ISO-8859-1", "cp1252"),
        ("text/plain", None),
        (None, None),
        ("text/plain; charset=klingon", None),
    ],
)
def test_declared_charsets_are_the_vendors_larger_sets(content_type: str | None, name: str | None) -> None:
    assert codec_name(declared_charset(content_type)) == name


@pytest.mark.parametrize(
    ("text", "charset", "content_type", "country"),
    [
        (LATIN, "cp1252", "text/plain; charset=Cp1252", "US"),
        (LATIN, "cp1252", None, "DE"),
        (LATIN, "utf-8", "text/plain; charset=UTF-8", "DE"),
        (LATIN, "utf-8", "text/plain; charset=Cp1252", "US"),
        (LATIN, "utf-8", None, "US"),
        (LATIN, "utf-8-sig", None, "US"),
        (LATIN, "utf-16", None, "US"),
        (LATIN, "utf-16", "text/plain; charset=UTF-16", "US"),
        (JAPANESE, "cp932", "text/plain; charset=windows-31j", "US"),
        (JAPANESE, "cp932", None, "JP"),
        (JAPANESE, "utf-8", None, "JP"),
        (HEADER + "a\tZażółć\nb\tx\n", "iso-8859-2", None, "PL"),
    ],
)
def test_text_is_read_as_it_was_written(
    text: str, charset: str, content_type: str | None, country: str
) -> None:
    read = Read(text.encode(charset), SPEC, content_type=content_type, countries=(country,))
    assert read.rejects == []
    assert [f"{row['sku']}\t{row['name']}" for row in read.rows] == text.splitlines()[1:]


def test_bytes_no_charset_reads_are_marked_in_texts_and_cost_a_key_its_row() -> None:
    content = HEADER.encode() + b"a\tcaf\xe9\nb\tbad \x81 byte\nc\x81\tok\n"
    read = Read(content, SPEC, content_type="text/plain; charset=Cp1252")
    assert [row["name"] for row in read.rows] == ["café", "bad \\x81 byte"]
    assert read.stream.marked_texts == 1
    assert read.reasons == [(4, "undecodable")] and read.rejects[0].raw_line == "c\\x81\tok"


def test_one_foreign_line_does_not_change_how_the_others_are_read() -> None:
    lines = "".join(f"{n}\tMüsli\n" for n in range(50)).encode() + b"x\tM\xfcsli\n"
    read = Read(HEADER.encode() + lines, SPEC, content_type="text/plain; charset=UTF-8")
    assert {row["name"] for row in read.rows} == {"Müsli"} and len(read.rows) == 51


def test_candidates_are_tried_in_order_and_once() -> None:
    assert candidates("utf-8", None, "Cp1252", "windows-1252") == ("utf-8", "cp1252")
    assert candidates("cp1252", None) == ("cp1252", "utf-8")


def test_plain_ascii_settles_nothing() -> None:
    decoder = LineDecoder(("cp1252", "utf-8"))
    assert decoder.decode(b"plain\n") == b"plain\n" and decoder.charset is None
    assert decoder.decode("é\n".encode()) == "é\n".encode() and decoder.charset == charsets.UTF8


def test_a_mark_in_the_middle_of_the_file_is_data() -> None:
    content = HEADER.encode() + b"a\tx\n" + codecs.BOM_UTF8 + b"b\ty\n"
    assert Read(content, SPEC).column("sku") == ["a", "\ufeffb"]


WESTERN = (
    HEADER + "a\tThéière à café, été\nb\tFüße, größer, süß\nc\tNiño año corazón\nd\tGarçon naïf “Öl” – 5 €\n"
)


@pytest.mark.parametrize("label", ["UTF-8", "Cp1252", "windows-31j", "ISO-8859-1", "klingon", None])
@pytest.mark.parametrize("country", ["US", "DE", "JP"])
@pytest.mark.parametrize(
    ("text", "charset"),
    [(WESTERN, "cp1252"), (WESTERN, "utf-8"), (JAPANESE, "cp932"), (JAPANESE, "utf-8")],
    ids=["western cp1252", "western utf-8", "japanese cp932", "japanese utf-8"],
)
def test_a_label_that_lies_is_not_believed(text: str, charset: str, label: str | None, country: str) -> None:
    content_type = f"text/plain; charset={label}" if label else "text/plain"
    read = Read(text.encode(charset), SPEC, content_type=content_type, countries=(country,))
    assert read.rejects == []
    assert [f"{row['sku']}\t{row['name']}" for row in read.rows] == text.splitlines()[1:]


def test_the_header_is_read_in_the_charset_of_its_rows() -> None:
    spec = table({"sku": {"required": True}, "name": {"from": "Größe"}})
    read = Read("sku\tGröße\na\tweiß\n".encode(), spec, content_type="text/plain; charset=Cp1252")
    assert read.column("name") == ["weiß"] and not read.stream.drift.added
