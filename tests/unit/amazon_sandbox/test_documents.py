from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.sandbox_app import INVENTORY, ORDERS, SALES, Api

from amazon_sandbox.core.sandbox import Sandbox


def test_the_presigned_url_expires_after_300_seconds(na: Api, http: TestClient, sandbox: Sandbox) -> None:
    """Without any token; then 403 with the store's XML."""
    report = na.finished(ORDERS)
    document = na.document(report)
    assert re.fullmatch(
        r"amzn1\.spdoc\.1\.4\.na\.[0-9a-f-]{36}\.T[A-Z0-9]{13}\.\d+", document["reportDocumentId"]
    )
    assert "X-Amz-Expires=300" in document["url"]
    sandbox.clock.change(jump=299)
    assert http.get(document["url"]).status_code == 200
    sandbox.clock.change(jump=1)
    expired = http.get(document["url"])
    assert expired.status_code == 403
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in expired.text
    assert expired.headers["content-type"] == "application/xml"
    assert http.get(na.document(report)["url"]).status_code == 200


def test_a_url_that_was_touched_or_comes_with_a_token_is_refused(na: Api, http: TestClient) -> None:
    """As the store does: each with its own code."""
    url = na.document(na.finished(ORDERS))["url"]
    bare = url.split("?")[0]
    assert "SignatureDoesNotMatch" in http.get(url.replace("X-Amz-Expires=300", "X-Amz-Expires=900")).text
    assert http.get(bare).status_code == 403
    assert http.get(url, headers={"authorization": "Bearer x"}).status_code == 400


def test_gzip_is_announced_and_stays_packed(na: Api, http: TestClient) -> None:
    """compressionAlgorithm GZIP, the stored bytes are gzip, Content-Encoding is identity."""
    document = na.document(na.finished(SALES))
    assert document["compressionAlgorithm"] == "GZIP"
    answer = http.get(document["url"])
    assert answer.headers["content-encoding"] == "identity"
    assert gzip.decompress(answer.content).startswith(b"{")


def test_the_encoding_header_lets_clients_unpack(na: Api, http: TestClient) -> None:
    """enableContentEncodingUrlHeader=true: the client gets plain bytes by itself."""
    document = na.document(na.finished(SALES), enableContentEncodingUrlHeader="true")
    answer = http.get(document["url"])
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content.startswith(b"{")
    report = na.finished(ORDERS)
    wrong = na.call(
        "GET", f"/documents/{report['reportDocumentId']}", params={"enableContentEncodingUrlHeader": "1x"}
    )
    assert wrong.status_code == 400


def test_plain_documents_have_no_compression(na: Api, http: TestClient, control: Any) -> None:
    """By type, or for all when set so."""
    document = na.document(na.finished(INVENTORY))
    assert "compressionAlgorithm" not in document
    assert http.get(document["url"]).content.startswith(b"sku\t")
    control("POST", "/jobs", {"compression": "none"})
    assert "compressionAlgorithm" not in na.document(na.finished(SALES))
    control("POST", "/jobs", {"compression": "gzip"})
    assert "compressionAlgorithm" in na.document(na.finished(ORDERS))


def test_the_content_type_names_the_charset_amazon_uses(na: Api, http: TestClient) -> None:
    """Flat files in North America are Windows-1252, by Java's name."""
    assert (
        http.get(na.document(na.finished(ORDERS))["url"]).headers["content-type"]
        == "text/plain;charset=Cp1252"
    )
    assert http.get(na.document(na.finished(SALES))["url"]).headers["content-type"] == "application/json"


def test_ranges_are_served(na: Api, http: TestClient) -> None:
    """As the store does, for resumed downloads."""
    url = na.document(na.finished(INVENTORY))["url"]
    whole = http.get(url).content
    part = http.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])


@pytest.mark.parametrize("rows", [0, 1, 12_345])
def test_bulk_makes_the_next_orders_document_n_rows(na: Api, control: Any, rows: int) -> None:
    """Only the next one."""
    control("POST", "/bulk", {"rows": rows})
    assert len(na.download(na.finished(ORDERS)).splitlines()) == rows + 1
    assert len(na.download(na.finished(ORDERS)).splitlines()) != rows + 1
