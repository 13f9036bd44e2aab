"""Documents are fetched from Amazon's hosts over https, and from what the account's connection names."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.sellerops.sources.wire import Answer, Wire

from sellerops.archive import Archive, DocumentMeta
from sellerops.base.errors import DocumentDamaged, UnexpectedAnswer
from sellerops.sources.common.document_hosts import check_address, origin_of, parse_document_hosts
from sellerops.sources.common.documents import DocumentAddress, download
from sellerops.sources.common.lwa import Credentials

SIGNED = "/reports/1?X-Amz-Signature=abc&X-Amz-Expires=300"


def credentials(endpoint: str, *hosts: str) -> Credentials:
    return Credentials(
        "id", "secret", "refresh", endpoint, connection="amazon_sp_northwind", document_hosts=hosts
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://tortuga-prod-na.s3-external-1.amazonaws.com" + SIGNED,
        "https://offline-report-storage-us-east-1-prod.s3.amazonaws.com" + SIGNED,
        "https://BUCKET.S3.eu-west-1.AmazonAWS.com:443" + SIGNED,
        "https://d34o8swod1owfl.cloudfront.net" + SIGNED,
    ],
)
def test_amazons_own_hosts_are_fetched_from(url: str) -> None:
    check_address(url, (), where="here")


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket.s3.amazonaws.com" + SIGNED,
        "file:///etc/passwd",
        "ftp://bucket.s3.amazonaws.com/x",
        "https://127.0.0.1" + SIGNED,
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://localhost/x",
        "https://amazonaws.com.evil.example" + SIGNED,
        "https://evilamazonaws.com" + SIGNED,
        "https://evil.example/.amazonaws.com",
        "https://evil.example#.amazonaws.com",
        "https://evil.example?.amazonaws.com",
        "https://bucket.s3.amazonaws.com@evil.example" + SIGNED,
        "https://user:password@bucket.s3.amazonaws.com" + SIGNED,
        "https://user@bucket.s3.amazonaws.com" + SIGNED,
        "https://bucket.s3.amazonaws.com:8443" + SIGNED,
        "https://bucket.s3.amazonaws.com:80" + SIGNED,
        "https://bucket.s3.amazonaws.com." + SIGNED,
        "https://evil.example\\.amazonaws.com/",
        "https://evil.example%2f.amazonaws.com/",
        "https://evil.example\u3002amazonaws.com.evil/",
        "https://evil\t.amazonaws.com/",
        "https:// evil.amazonaws.com/",
        "https://dzzzzzzzzzzzzz.cloudfront.net/x",
        "//bucket.s3.amazonaws.com/x",
        "bucket.s3.amazonaws.com/x",
        "javascript:alert(1)",
        "https://",
        "",
    ],
)
def test_nothing_else_is(url: str, tmp_path: Path) -> None:
    with pytest.raises(UnexpectedAnswer, match="document's address"):
        download(DocumentAddress("doc", url), Archive(str(tmp_path)), META)
    assert not list(tmp_path.iterdir())


META = DocumentMeta("amazon_sp", "all_orders", "northwind_na", "1 doc", "2026-11-21T09:00:00+00:00", {})


def test_what_the_connection_names_is_fetched_from(wire: Wire, tmp_path: Path) -> None:
    """The local Amazon's documents are at its own address, which is the connection's host."""
    wire.answer("/one", Answer(200, b"a\tb\n"))
    origins = credentials(wire.url + "/").document_origins
    download(DocumentAddress("doc", f"{wire.url}/one?x=1"), Archive(str(tmp_path)), META, origins=origins)
    other = credentials("https://sellingpartnerapi-na.amazon.com").document_origins
    with pytest.raises(UnexpectedAnswer, match="document_hosts") as caught:
        download(DocumentAddress("doc", f"{wire.url}/one?x=1"), Archive(str(tmp_path)), META, origins=other)
    assert "x=1" not in str(caught.value) and len(wire.asked) == 1


def test_a_named_host_is_one_scheme_host_and_port() -> None:
    origins = credentials(
        "http://localhost:8900/sp", "files.example", "http://cache.example:81/"
    ).document_origins
    assert origins == {"http://localhost:8900", "https://files.example", "http://cache.example:81"}
    for url in ("http://localhost:8900/d?1", "https://files.example/d", "http://cache.example:81/d"):
        check_address(url, origins, where="here")
    for url in (
        "http://localhost:8901/d",
        "https://localhost:8900/d",
        "http://files.example/d",
        "https://x.files.example/d",
        "http://user@localhost:8900/d",
        "http://cache.example/d",
    ):
        with pytest.raises(UnexpectedAnswer):
            check_address(url, origins, where="here")


def test_a_redirect_is_not_followed(wire: Wire, tmp_path: Path) -> None:
    wire.answer("/one", Answer(302, b"", {"Location": f"{wire.url}/two"}))
    with pytest.raises(DocumentDamaged, match="302"):
        download(DocumentAddress("doc", f"{wire.url}/one"), Archive(str(tmp_path)), META, origins={wire.url})
    assert [asked.path for asked in wire.asked] == ["/one"]


def test_hosts_are_listed_as_people_write_them() -> None:
    assert parse_document_hosts("a.example, http://b.example:81\n c.example") == (
        "a.example",
        "http://b.example:81",
        "c.example",
    )
    assert (
        parse_document_hosts(["a.example"]) == ("a.example",)
        and parse_document_hosts(None) == parse_document_hosts("") == ()
    )
    assert origin_of("http://a:b:c") is None and origin_of("file:///x") is None
