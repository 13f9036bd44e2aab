"""Answers made to exhaust or crash a caller end as typed errors: API calls, tokens, messages, sidecars."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import httpx
import pytest
from unit.sellerops.sources.wire import Answer, Wire

from sellerops.archive import Archive, DocumentMeta
from sellerops.base.errors import AmazonUnavailable, RequestRefused, UnexpectedAnswer
from sellerops.notifications.messages import parse
from sellerops.sources.amazon_ads import transport as ads
from sellerops.sources.amazon_sp import transport as sp
from sellerops.sources.common import bounded
from sellerops.sources.common.bounded import bounded_request
from sellerops.sources.common.lwa import Credentials, TokenSource

CREDENTIALS = Credentials("id", "secret", "refresh", "https://amazon.test")
DEEP = 100_000
NESTED = [b'{"a": ' * DEEP + b"1" + b"}" * DEEP, b'{"a": ' + b"[" * 101 + b"]" * 101 + b"}"]


@pytest.mark.parametrize("body", NESTED, ids=["100,000", "101"])
def test_a_deep_answer_names_the_limit(body: bytes) -> None:
    answer = httpx.Response(200, content=body)
    for read in (
        lambda: sp.check(answer, "getReport", CREDENTIALS),
        lambda: sp.answer_of(answer, "getReport"),
        lambda: ads.answer_of(answer, "getReport"),
    ):
        with pytest.raises(UnexpectedAnswer, match="limit MAX_DEPTH"):
            read()


@pytest.mark.parametrize("body", NESTED, ids=["100,000", "101"])
def test_a_deeply_nested_error_is_an_error_without_a_message(body: bytes) -> None:
    for transport in (sp, ads):
        with pytest.raises(RequestRefused, match="400"):
            transport.check(httpx.Response(400, content=body), "getReport", CREDENTIALS)


@pytest.mark.parametrize("body", NESTED, ids=["100,000", "101"])
def test_a_deep_token_response_is_no_token(wire: Wire, body: bytes) -> None:
    wire.answer("/token", Answer(200, body))

    async def token() -> str:
        async with httpx.AsyncClient() as http:
            return await TokenSource(
                Credentials("id", "secret", "refresh", wire.url, wire.url + "/token"), http
            ).get()

    with pytest.raises(AmazonUnavailable, match="without a token"):
        asyncio.run(token())


@pytest.mark.parametrize("body", NESTED, ids=["100,000", "101"])
def test_a_deeply_nested_message_is_stored_with_a_reason(body: bytes) -> None:
    assert "MAX_DEPTH" in (parse(body.decode()).problem or "")


@pytest.mark.parametrize("content", [*NESTED, b"", b"[]", b"{}", b"\xff"])
def test_an_unreadable_sidecar_is_skipped_and_logged(tmp_path: Path, content: bytes) -> None:
    archive = Archive(str(tmp_path))
    meta = DocumentMeta("amazon_sp", "orders", "northwind", "1 doc", "2026-11-21T09:00:00+00:00", {})
    stored = archive.put_stream([b"a"], meta)
    assert [entry["account_id"] for entry in archive.sidecars(stored.uri)] == ["northwind"]
    next(tmp_path.rglob("*.json")).write_bytes(content)
    assert archive.sidecars(stored.uri) == []
    assert [sidecar for _, sidecar in archive.sidecars_of_report("amazon_sp", "orders")] == [None]


def ask(url: str) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient() as http:
            return await bounded_request(http, "GET", url)

    return asyncio.run(asked())


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_has_a_largest_size(wire: Wire, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LARGEST_ANSWER", 1 << 20)
    for size, is_large in ((1 << 20, False), ((1 << 20) + 1, True)):
        body = gzip.compress(bytes(size)) if packed else bytes(size)
        wire.answer("/x", Answer(200, body, {"Content-Encoding": "gzip"} if packed else {}))
        if is_large:
            with pytest.raises(UnexpectedAnswer, match="LARGEST_ANSWER") as caught:
                ask(wire.url + "/x?token=secret")
            assert "secret" not in str(caught.value)
        else:
            assert ask(wire.url + "/x").content == bytes(size)


def test_an_answer_is_what_it_was(wire: Wire) -> None:
    body = json.dumps({"name": "Müsli"}).encode()
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json", "x-amzn-RequestId": "1"}
    wire.answer("/x", Answer(429, gzip.compress(body), headers))
    answer = ask(wire.url + "/x")
    assert answer.status_code == 429 and answer.json() == {"name": "Müsli"}
    assert answer.headers["x-amzn-requestid"] == "1" and answer.headers["content-type"] == "application/json"
