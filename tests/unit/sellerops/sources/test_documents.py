"""Downloads: what arrives is streamed, checked and unpacked, or refused by name."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.costs import grows_in_proportion
from unit.sellerops.sources.wire import Answer, Wire

from sellerops.archive import Archive, DocumentMeta
from sellerops.base.errors import (
    AmazonUnavailable,
    DocumentDamaged,
    DocumentExpired,
    LimitExceeded,
    SellerOpsError,
)
from sellerops.sources.common import decompression as unpacking
from sellerops.sources.common.decompression import decompressed
from sellerops.sources.common.documents import DocumentAddress, download

PATH = "/documents/one"
SIGNED = "?X-Amz-Signature=topsecret&X-Amz-Expires=300"
TEXT = b"sku\tquantity\r\n" + b"".join(b"SKU-%d\t%d\r\n" % (n, n % 7) for n in range(5_000))
PLAIN = {"Content-Type": "text/plain;charset=Cp1252"}
META = DocumentMeta(
    "amazon_sp", "all_orders", "northwind_na", "1 doc", "2026-11-21T09:00:00+00:00", {"report_id": "1"}
)
EXPIRED = (
    b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
)


def get(wire: Wire, directory: Path, *, compression: str | None = None, **limits: float) -> bytes:
    archive = Archive(str(directory))
    address = DocumentAddress("doc", wire.url + PATH + SIGNED, compression)
    stored = download(address, archive, META, origins={wire.url}, **limits)
    with archive.open(stored.uri) as stream:
        return stream.read()


@pytest.mark.parametrize("compression", ["GZIP", None])
@pytest.mark.parametrize("encoding", [{}, {"Content-Encoding": "gzip"}])
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_the_label_is_not_believed_the_bytes_are(
    wire: Wire, tmp_path: Path, compression: str | None, encoding: dict[str, str], layers: int
) -> None:
    """Plain announced as GZIP, GZIP announced as plain, packed twice: all end as the same text."""
    body = TEXT
    for _ in range(layers):
        body = gzip.compress(body)
    wire.answer(PATH, Answer(200, body, {**PLAIN, **encoding}))
    assert get(wire, tmp_path, compression=compression) == TEXT


def test_several_gzip_members_and_padding_are_one_document(wire: Wire, tmp_path: Path) -> None:
    wire.answer(PATH, Answer(200, gzip.compress(TEXT) + gzip.compress(b"more") + b"\0" * 512))
    assert get(wire, tmp_path) == TEXT + b"more"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer(200, gzip.compress(TEXT)[:-1]), DocumentDamaged, "truncated"),
        (Answer(200, gzip.compress(TEXT)[:-9]), DocumentDamaged, "truncated"),
        (Answer(200, gzip.compress(TEXT)[:40]), DocumentDamaged, "truncated"),
        (Answer(200, b"\x1f\x8b"), DocumentDamaged, "truncated"),
        (
            Answer(200, gzip.compress(TEXT)[:500] + b"\0" * 50 + gzip.compress(TEXT)[550:]),
            DocumentDamaged,
            "broken",
        ),
        (Answer(200, gzip.compress(TEXT)[:-8] + b"\1" * 8), DocumentDamaged, "broken"),
        (Answer(200, TEXT, length=len(TEXT) + 10), DocumentDamaged, "broke off"),
        (Answer(200, b""), DocumentDamaged, "empty"),
        (Answer(200, b"<!DOCTYPE html><html></html>"), DocumentDamaged, "web page"),
        (Answer(200, gzip.compress(b"\xef\xbb\xbf  <HTML><body>")), DocumentDamaged, "web page"),
        (Answer(200, EXPIRED), DocumentExpired, "expired"),
        (Answer(200, EXPIRED.replace(b"Request has expired", b"No")), DocumentDamaged, "AccessDenied"),
        (Answer(403, EXPIRED), DocumentExpired, "403 AccessDenied Request has expired"),
        (Answer(404, b"<Error><Code>NoSuchKey</Code></Error>"), DocumentExpired, "NoSuchKey"),
        (Answer(400, b"odd"), DocumentExpired, "400"),
        (Answer(503, b"<Error><Code>SlowDown</Code></Error>"), AmazonUnavailable, "503"),
        (Answer(301, b"", {"Location": "/login"}), DocumentDamaged, "301"),
    ],
)
def test_what_is_no_document_is_refused_and_leaves_nothing(
    wire: Wire, tmp_path: Path, answer: Answer, error: type[SellerOpsError], words: str
) -> None:
    wire.answer(PATH, answer)
    with pytest.raises(error, match=words) as caught:
        get(wire, tmp_path, compression="GZIP")
    assert type(caught.value) is error
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_report_that_mentions_a_web_page_is_a_report(wire: Wire, tmp_path: Path) -> None:
    body = b'{"note": "<html>", "rows": []}'
    wire.answer(PATH, Answer(200, body))
    assert get(wire, tmp_path) == body


@pytest.mark.parametrize("sent", [b"", TEXT[:100]])
def test_a_connection_that_hangs_ends_by_time_out(wire: Wire, tmp_path: Path, sent: bytes) -> None:
    wire.answer(PATH, Answer(200, sent, length=len(TEXT), hang=True))
    with pytest.raises(AmazonUnavailable, match="ReadTimeout"):
        get(wire, tmp_path, read_timeout=0.2)


def test_a_connection_that_drips_ends_too(wire: Wire, tmp_path: Path) -> None:
    wire.answer(PATH, Answer(200, TEXT))
    with pytest.raises(AmazonUnavailable, match="too slow"):
        get(wire, tmp_path, whole_timeout=-1.0)


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    address = DocumentAddress("doc", "http://127.0.0.1:1/x" + SIGNED)
    with pytest.raises(AmazonUnavailable, match="ConnectError"):
        download(address, Archive(str(tmp_path)), META, origins={"http://127.0.0.1:1"})


def test_the_signature_shows_nowhere(
    wire: Wire, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """httpx logs whole addresses at INFO; who reads one can fetch the document."""
    caplog.set_level(logging.DEBUG)
    # Airflow's logging, set up by a test before, quietens it.
    caplog.set_level(logging.DEBUG, logger="httpx")
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", False)
    monkeypatch.setattr(logging.getLogger("httpx"), "propagate", True)
    address = DocumentAddress("doc", wire.url + PATH + SIGNED)
    wire.answer(PATH, Answer(200, TEXT), Answer(403, EXPIRED))
    download(address, Archive(str(tmp_path)), META, origins={wire.url})
    with pytest.raises(DocumentExpired) as caught:
        download(address, Archive(str(tmp_path)), META, origins={wire.url})
    stored = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert "HTTP Request: GET" in caplog.text, "httpx did log"
    for text in (
        caplog.text,
        stored,
        str(caught.value),
        repr(caught.value),
        str(caught.value.details),
        repr(address),
    ):
        assert "topsecret" not in text
    assert PATH in stored


def test_no_token_is_sent_to_the_document_store(wire: Wire, tmp_path: Path) -> None:
    wire.answer(PATH, Answer(200, TEXT))
    get(wire, tmp_path)
    assert not {"authorization", "x-amz-access-token", "cookie"} & set(wire.asked[0].headers)


def test_the_sidecar_has_request_answer_and_hashes(wire: Wire, tmp_path: Path) -> None:
    wire.answer(PATH, Answer(200, gzip.compress(TEXT), PLAIN))
    get(wire, tmp_path, compression="GZIP")
    sidecar = json.loads(next(tmp_path.rglob("*.json")).read_text())
    assert sidecar["request"] == {"report_id": "1"}
    assert sidecar["response"]["content_type"] == "text/plain;charset=Cp1252"
    assert sidecar["response"]["compression"] == "GZIP"
    assert sidecar["response"]["raw_bytes"] == len(gzip.compress(TEXT))
    assert sidecar["decoded"]["bytes"] == len(TEXT)
    assert sidecar["fetched_at"] == META.fetched_at


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=3_000), sizes=st.lists(st.integers(1, 700), min_size=1, max_size=9))
def test_any_bytes_cut_anywhere_come_out_the_same(content: bytes, sizes: list[int]) -> None:
    """Wherever the network cuts the stream, gzip unpacks to what was packed."""
    packed = gzip.compress(b"x" + content)
    chunks, at = [], 0
    for turn in range(len(packed)):
        if at >= len(packed):
            break
        size = sizes[turn % len(sizes)]
        chunks.append(packed[at : at + size])
        at += size
    assert b"".join(decompressed(chunks, "here")) == b"x" + content


def test_a_gzip_bomb_is_decompressed_in_bounded_blocks() -> None:
    """64 KB of gzip may contain 64 MB; no block of it is larger than a megabyte."""
    packed = gzip.compress(bytes(64 << 20))
    pieces = [len(chunk) for chunk in decompressed([packed], "here")]
    assert sum(pieces) == 64 << 20
    assert max(pieces) <= 1 << 20


def packed(content: bytes, layers: int) -> bytes:
    for _ in range(layers):
        content = gzip.compress(content)
    return content


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_ends_at_the_ratio(layers: int) -> None:
    """At three layers, a kilobyte holds a gigabyte: it stops when it is certain that this is no report."""
    bomb = packed(bytes(80 << 20), layers)
    sizes: list[int] = []
    with pytest.raises(LimitExceeded, match="decompress to more than") as caught:
        sizes.extend(len(chunk) for chunk in decompressed([bomb], "here"))
    assert sum(sizes) <= 65 << 20 and caught.value.details["limit"] == "MAX_UNPACK_RATIO"


def test_a_layer_that_vanishes_in_the_next_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many empty members, compressed again: the layer between is large, the result is empty."""
    monkeypatch.setattr(unpacking, "SURELY_SMALL", 1 << 20)
    monkeypatch.setattr(unpacking, "MAX_UNPACK_RATIO", 100)
    bomb = gzip.compress(gzip.compress(b"") * 100_000)
    with pytest.raises(LimitExceeded, match="decompress to more than"):
        list(decompressed([bomb], "here"))


def test_unpacking_ends_with_the_download_s_time() -> None:
    with pytest.raises(AmazonUnavailable, match="too long to decompress"):
        list(decompressed([packed(bytes(1 << 20), 2)], "here", seconds=-1.0))


def test_more_layers_than_amazon_packs_are_refused() -> None:
    assert b"".join(decompressed([packed(TEXT, 3)], "here")) == TEXT
    with pytest.raises(LimitExceeded, match="more than 3 times"):
        list(decompressed([packed(TEXT, 4)], "here"))


def test_a_document_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST_DOCUMENT", 1000)
    for content in (TEXT, gzip.compress(TEXT)):
        with pytest.raises(LimitExceeded, match="is larger than") as caught:
            list(decompressed([content], "here"))
        assert caught.value.details["limit"] == "LARGEST_DOCUMENT"


def test_many_small_members_cost_in_proportion() -> None:
    """zlib copies what it has not used yet: with whole chunks, n members in one cost n squared."""

    def seconds(members: int) -> float:
        data = gzip.compress(b"a\tb\n") * members
        began = time.process_time()
        assert sum(map(len, decompressed([data], "here"))) == 4 * members
        return time.process_time() - began

    assert grows_in_proportion(seconds, 5_000, 20_000, least=0.05)


def test_two_workers_may_fetch_the_same_document_at_once(wire: Wire, tmp_path: Path) -> None:
    wire.answer(PATH, Answer(200, TEXT))
    threads = [threading.Thread(target=get, args=(wire, tmp_path)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = [path.suffix for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(files) == [".gz", ".json"]
