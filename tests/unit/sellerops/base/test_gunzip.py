"""Compressed documents: intact ones are read completely, and every kind of damage has its error."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sellerops.archive import Archive
from sellerops.base.errors import ArchiveDamaged, DocumentDamaged
from sellerops.base.gunzip import GZIP_ERRORS, open_gzip
from sellerops.formats.sniff import Document

CONTENT = b"sku\tquantity\r\n" + b"".join(b"SKU %d\t%d\r\n" % (n, n * 7919) for n in range(2_000))
PACKED = gzip.compress(CONTENT, 3, mtime=0)
_HALF = len(PACKED) // 2

SOUND = {
    "one member": PACKED,
    "two members": gzip.compress(CONTENT[:500]) + gzip.compress(CONTENT[500:]),
    "zeros behind it": PACKED + bytes(1_000),
    "a name in its header": PACKED[:3] + b"\x08" + PACKED[4:10] + b"orders.txt\0" + PACKED[10:],
    "stored, not packed": gzip.compress(CONTENT, 0),
}
DAMAGED = {
    "nothing but its mark": PACKED[:2],
    "cut in its header": PACKED[:6],
    "cut in the middle": PACKED[:_HALF],
    "cut before its sum": PACKED[:-8],
    "cut in its sum": PACKED[:-3],
    "zeros from the middle on": PACKED[:_HALF] + bytes(len(PACKED) - _HALF),
    "another byte in the middle": PACKED[:_HALF] + bytes([PACKED[_HALF] ^ 255]) + PACKED[_HALF + 1 :],
    "another sum": PACKED[:-6] + bytes([PACKED[-6] ^ 255]) + PACKED[-5:],
    "another length": PACKED[:-2] + bytes([PACKED[-2] ^ 255]) + PACKED[-1:],
    "an unknown method": PACKED[:2] + b"\x07" + PACKED[3:],
    "an unknown block": PACKED[:10] + b"\xff" + PACKED[11:],
    "words behind it": PACKED + b"and something else",
    "a second member cut": PACKED + PACKED[:_HALF],
}


@pytest.mark.parametrize("packed", SOUND.values(), ids=SOUND)
@pytest.mark.parametrize("size", [1_000, 1 << 20, -1])
def test_what_is_sound_is_read_whole(packed: bytes, size: int) -> None:
    with open_gzip(io.BytesIO(packed)) as stream:
        assert b"".join(iter(lambda: stream.read(size), b"")) == CONTENT


def read_all(stream: Any, size: int, got: list[bytes] | None = None) -> None:
    while slice_ := stream.read(size):
        if got is not None:
            got.append(slice_)


def read_document(packed: bytes) -> None:
    read_all(Document(io.BytesIO(packed), where="the document"), 1_000)


@pytest.mark.parametrize("packed", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_of_the_archive_is_an_error(packed: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{hashlib.sha256(CONTENT).hexdigest()}.gz"
    path.write_bytes(packed)
    for size in (1_000, 1 << 20, -1):
        with Archive(str(tmp_path)).open(path.as_uri()) as stream:
            with pytest.raises(ArchiveDamaged, match="damaged") as told:
                read_all(stream, size)
            assert told.value.where == path.as_uri()


@pytest.mark.parametrize("packed", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_document_compressed_twice_is_an_error(packed: bytes) -> None:
    with pytest.raises(DocumentDamaged, match=r"packed document (ends early|is damaged)"):
        read_document(packed)


def test_the_last_bytes_are_given_away_only_where_the_hash_of_all_is_right(tmp_path: Path) -> None:
    path = tmp_path / f"{hashlib.sha256(b'another').hexdigest()}.gz"
    path.write_bytes(PACKED)
    got: list[bytes] = []
    stream = Archive(str(tmp_path)).open(path.as_uri())
    with stream, pytest.raises(ArchiveDamaged, match="its hash"):
        read_all(stream, 1_000, got)
    assert CONTENT.startswith(b"".join(got)) and sum(map(len, got)) < len(CONTENT)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(PACKED) - 1), st.integers(0, 255)), max_size=3),
    st.one_of(st.just(len(PACKED)), st.integers(0, len(PACKED))),
)
@example([], 0)
def test_it_reads_and_refuses_what_the_standard_library_does(
    changes: list[tuple[int, int]], length: int
) -> None:
    changed = bytearray(PACKED)
    for place, octet in changes:
        changed[place] = octet
    # A sum of the header is checked here, and there it is not.
    changed[3] &= ~2
    packed = bytes(changed[:length])
    try:
        expected: bytes | None = gzip.GzipFile(fileobj=io.BytesIO(packed)).read()
    except (EOFError, zlib.error, gzip.BadGzipFile):
        expected = None
    try:
        got: bytes | None = open_gzip(io.BytesIO(packed)).read()
    except GZIP_ERRORS:
        got = None
    assert got == expected
