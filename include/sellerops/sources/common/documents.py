"""Downloads report documents: streamed, checked and decompressed, never trusted.

Amazon promises a presigned address of a plain or gzip document, valid for 5 minutes (Reports API 2021-06-30,
getReportDocument). Only the bytes show what really arrives: an expired address answers with XML, a gateway
with HTML, and the compression is not always the announced one.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sellerops.archive import Archive, ArchivedDocument, DocumentMeta
from sellerops.base.errors import (
    AmazonUnavailable,
    DocumentDamaged,
    DocumentExpired,
    UnexpectedAnswer,
)
from sellerops.sources.common.call_log import CallRecord
from sellerops.sources.common.decompression import WHOLE_TIMEOUT, decompressed, peek
from sellerops.sources.common.document_hosts import check_address
from sellerops.sources.common.http import httpx
from sellerops.sources.common.tls import tls_context

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0

_CHUNK = 256 * 1024
_HEAD = 4096
_KEPT_HEADERS = (
    "content-type",
    "content-length",
    "content-encoding",
    "content-disposition",
    "etag",
    "last-modified",
)


@dataclass(frozen=True)
class DocumentAddress:
    """Where a document can be downloaded for five minutes. A secret: using the address needs no token."""

    document_id: str
    url: str = field(repr=False)
    compression: str | None = None

    @property
    def public_url(self) -> str:
        """The address without its signature, for logs and the archive's sidecars."""
        return without_query(self.url)


def without_query(url: str) -> str:
    """``url`` without its query, which is the only secret part of a presigned address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def download(
    address: DocumentAddress,
    archive: Archive,
    meta: DocumentMeta,
    *,
    origins: Collection[str] = (),
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
    whole_timeout: float = WHOLE_TIMEOUT,
    record: CallRecord | None = None,
) -> ArchivedDocument:
    """Stream the document into ``archive`` and return its place there. Sync; uses a few MB of memory.

    :param origins: allowed origins besides Amazon's hosts: see ``check_address``.
        Redirects are not followed.
    :param record: gets the status and request id of the answer.

    Raises UnexpectedAnswer for an address elsewhere, LimitExceeded for a document beyond the limits,
    DocumentExpired when a new address is needed, DocumentDamaged when the download is truncated, mislabelled
    or not a document, AmazonUnavailable for time-outs, failed connections, 429 and 5xx.
    """
    redact_httpx_logs()
    where = f"document {address.document_id}, {address.public_url}"
    check_address(address.url, origins, where=where)
    # Request the object as stored; if it arrives compressed all the same, its magic bytes show it.
    headers = {"accept-encoding": "identity", "user-agent": "sellerops"}
    timeouts = httpx.Timeout(read_timeout, connect=connect_timeout)
    try:
        with (
            httpx.Client(
                verify=tls_context(), timeout=timeouts, follow_redirects=False, trust_env=True
            ) as client,
            client.stream("GET", address.url, headers=headers) as response,
        ):
            if record:
                record.status = response.status_code
                record.request_id = response.headers.get("x-amz-request-id")
            _check_status(response, where)
            raw = _RawBody(response, where, whole_timeout)
            return archive.put_stream(
                checked(decompressed(raw, where, seconds=whole_timeout), where),
                _with_response(meta, address, response),
                after=raw.facts,
            )
    except httpx.RemoteProtocolError as error:
        raise DocumentDamaged(f"the download broke off: {error}.", where=where) from None
    except httpx.HTTPError as error:
        raise AmazonUnavailable(f"the download failed: {_name(error)}.", where=where) from None
    except httpx.InvalidURL:
        raise UnexpectedAnswer("the document's address is not a valid URL.", where=where) from None


class _RawBody:
    """The response's bytes as they arrive, counted and hashed."""

    def __init__(self, response: httpx.Response, where: str, whole_timeout: float) -> None:
        self._response, self._where = response, where
        self._deadline = time.monotonic() + whole_timeout
        self._digest, self._nbytes = hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._response.iter_raw(_CHUNK):
            self._digest.update(chunk)
            self._nbytes += len(chunk)
            if time.monotonic() > self._deadline:
                raise AmazonUnavailable("the download is too slow.", where=self._where)
            yield chunk
        announced = self._response.headers.get("content-length")
        if announced is not None and announced.strip() != str(self._nbytes):
            raise DocumentDamaged(
                f"{self._nbytes} of {announced} announced bytes were received.", where=self._where
            )
        if not self._nbytes:
            # Even a report without rows has a header, and one without data ends as CANCELLED.
            raise DocumentDamaged("the document is empty (0 bytes).", where=self._where)

    def facts(self) -> dict[str, Any]:
        """Size and sha256 of the transferred bytes; call it after the last chunk."""
        return {"raw_bytes": self._nbytes, "raw_sha256": self._digest.hexdigest()}


def checked(chunks: Iterable[bytes], where: str) -> Iterator[bytes]:
    """``chunks``. DocumentDamaged or DocumentExpired if they begin like a web page or a storage error."""
    head, chunks = peek(chunks, _HEAD)
    _refuse_pages(head, where)
    yield from chunks


_PAGE = re.compile(rb"<!doctype html|<html[\s>]", re.IGNORECASE)
_STORAGE_ERROR = re.compile(rb"(<\?xml[^>]*\?>\s*)?<Error>.*?<Code>", re.DOTALL)


def _refuse_pages(head: bytes, where: str) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _PAGE.match(text):
        raise DocumentDamaged("the store sent a web page instead of the document.", where=where)
    if _STORAGE_ERROR.match(text):
        raise _storage_error(text, where, status=200)


def _check_status(response: httpx.Response, where: str) -> None:
    status = response.status_code
    if status == 200:
        return
    if status >= 500 or status == 429:
        raise AmazonUnavailable(f"the document store answered {status}.", where=where, status=status)
    if status >= 400:
        raise _storage_error(_first_bytes(response), where, status)
    raise DocumentDamaged(
        f"the document store answered {status} instead of the document.", where=where, status=status
    )


def _storage_error(body: bytes, where: str, status: int) -> DocumentExpired | DocumentDamaged:
    """The error for a refusal by the document store. It calls for a new address, because the signature, the
    address or the object behind it is gone; with status 200 it does so only if it mentions expiry.
    """
    code, message = (_element(body, name) for name in (b"Code", b"Message"))
    cause = f"the document store refused the address: {status} {code or 'without a code'} {message}".strip()
    if status == 200 and "expire" not in f"{code} {message}".lower():
        return DocumentDamaged(
            f"the store sent an error instead of the document: {code} {message}".strip() + ".", where=where
        )
    return DocumentExpired(f"{cause}.", where=where, status=status, code=code)


def _element(body: bytes, name: bytes) -> str:
    match = re.search(rb"<%s>([^<]{0,200})</%s>" % (name, name), body)
    return match.group(1).decode("utf-8", "replace").strip().rstrip(".") if match else ""


def _first_bytes(response: httpx.Response) -> bytes:
    for chunk in response.iter_raw(_HEAD):
        return chunk
    return b""


def _with_response(meta: DocumentMeta, address: DocumentAddress, response: httpx.Response) -> DocumentMeta:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    facts: Mapping[str, Any] = {
        "address": address.public_url,
        "compression": address.compression,
        "status": response.status_code,
        "content_type": headers.get("content-type"),
        "headers": headers,
    }
    return DocumentMeta(
        source=meta.source,
        report=meta.report,
        account_id=meta.account_id,
        fetch=meta.fetch,
        fetched_at=meta.fetched_at,
        request=meta.request,
        response={**meta.response, **facts},
    )


def _name(error: httpx.HTTPError) -> str:
    """The class of an httpx error, without its text, which may contain the address."""
    return type(error).__name__


class _WithoutQueries(logging.Filter):
    """Removes queries: httpx logs full addresses at INFO, and a presigned one opens the document to anyone
    who reads the log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                without_query(str(item)) if isinstance(item, httpx.URL) else item for item in record.args
            )
        return True


_FILTER = _WithoutQueries()


def redact_httpx_logs() -> None:
    """Remove the queries of addresses from httpx's log lines. Idempotent."""
    logging.getLogger("httpx").addFilter(_FILTER)
