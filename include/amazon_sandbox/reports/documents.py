"""Presigned URLs and the store behind them: GET /documents/<document id>, with the errors of S3."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import os
import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from amazon_sandbox.core.answers import ApiError, cut_connection
from amazon_sandbox.core.calls import Call
from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.faults import Fault, Stage, Subject
from amazon_sandbox.core.http_faults import HTML, apply_fault
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of
from amazon_sandbox.reports import data
from amazon_sandbox.reports.render import Rendered
from amazon_sandbox.reports.state import Document, ReportStore

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

PREFIX = "/documents/"
CHUNK = 256 * 1024
_LONG_AGO = 30 * 86_400.0  # older than any valid URL, however fast the clock runs
_PLAIN = "x-sandbox-plain"  # serve the bytes uncompressed, as the fault plain_labelled_gzip needs
_ENCODING = "response-content-encoding"


def presigned_url(
    sandbox: Sandbox,
    document: Document,
    *,
    encoding: str | None,
    plain: bool = False,
    expired: bool = False,
    seconds: int = data.URL_SECONDS,
) -> str:
    """A URL for a document, valid for `seconds` virtual seconds from now (`VirtualClock.lifetime`)."""
    signed_at = sandbox.clock.now() - (_LONG_AGO if expired else 0)
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": instant(signed_at).strftime("%Y%m%dT%H%M%SZ"),
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": str(seconds),
        "X-Amz-Credential": f"AKIASANDBOX0SANDBOX0/{instant(signed_at):%Y%m%d}/us-east-1/s3/aws4_request",
    }
    if encoding is not None:
        query[_ENCODING] = encoding
    if plain:
        query[_PLAIN] = "1"
    query["X-Amz-Signature"] = _signature(sandbox, document.id, query)
    return f"{sandbox.public_url}{PREFIX}{document.id}?{urlencode(query)}"


async def download(request: Request) -> Response:
    """A document, for anyone with a valid URL; as with S3, no token is needed."""
    sandbox = sandbox_of(request)
    document = sandbox.state(ReportStore).document(request.path_params["document_id"])
    fault: Fault | None = None
    response = _refusal(sandbox, request, document)
    if response is None and document is not None and document.rendered is not None:
        subject = Subject(
            data.DOWNLOAD,
            sandbox.account_of(document.seller_id),
            document.seller_id,
            document.report_type,
            document.marketplace_ids,
        )
        fault = sandbox.faults.draw(Stage.REQUEST, subject)
        if fault is not None:
            response = await _apply_fault(fault)
        fault = fault or sandbox.faults.draw(Stage.DOWNLOAD, subject)
        response = response or _serve(document.rendered, request.query_params, fault)
    if response is None:
        raise AssertionError("a URL is either refused or served")
    response.headers["x-amz-request-id"] = _s3_id()
    _log(sandbox, document, response, fault)
    return response


def _log(sandbox: Sandbox, document: Document | None, response: Response, fault: Fault | None) -> None:
    seller_id = document.seller_id if document else None
    report_type = document.report_type if document else None
    name = fault.kind.name if fault else None
    status = sandbox.status_of(response)
    sandbox.calls.add(Call(sandbox.clock.now(), data.DOWNLOAD, seller_id, status, report_type, fault=name))


async def _apply_fault(fault: Fault) -> Response | None:
    try:
        return await apply_fault(fault)
    except ApiError as error:
        return _xml(error.status, error.code, error.message)


def _refusal(sandbox: Sandbox, request: Request, document: Document | None) -> Response | None:
    query = request.query_params
    if "authorization" in request.headers:
        return _xml(400, "InvalidArgument", "Only one auth mechanism allowed")
    signature, signed_at = query.get("X-Amz-Signature"), _signed_at(query.get("X-Amz-Date", ""))
    if signature is None or signed_at is None:
        return _xml(403, "AccessDenied", "Access Denied")
    unsigned = {name: value for name, value in query.items() if name != "X-Amz-Signature"}
    if not hmac.compare_digest(signature, _signature(sandbox, request.path_params["document_id"], unsigned)):
        message = "The request signature we calculated does not match the signature you provided."
        return _xml(403, "SignatureDoesNotMatch", message)
    now = sandbox.clock.now()
    # Covered by the signature, so it is a number.
    expires = signed_at + sandbox.clock.lifetime(int(query["X-Amz-Expires"]))
    if now >= expires:
        return _xml(
            403,
            "AccessDenied",
            "Request has expired",
            {
                "X-Amz-Expires": query["X-Amz-Expires"],
                "Expires": _s3_time(expires),
                "ServerTime": _s3_time(now),
            },
        )
    if document is None or document.rendered is None or not os.path.exists(document.rendered.path):
        return _xml(404, "NoSuchKey", "The specified key does not exist.")
    return None


def _serve(rendered: Rendered, query: QueryParams, fault: Fault | None) -> Response:
    content_type = rendered.content_type
    name = fault.kind.name if fault else ""
    options = fault.options if fault else {}
    if name == "document_503":
        return _xml(503, "SlowDown", "Please reduce your request rate.")
    if name == "document_html":
        return Response(HTML % (b"Sign in", b"Sign in"), media_type="text/html")
    if name == "charset_missing":
        content_type = content_type.split(";")[0]
    elif name == "charset_wrong":
        content_type = f"{content_type.split(';')[0]};charset={options.get('charset', 'UTF-8')}"
    headers = {"x-amz-server-side-encryption": "AES256"}
    if _ENCODING in query:
        headers["Content-Encoding"] = query[_ENCODING]
    if _PLAIN in query and rendered.compressed:
        headers["Content-Length"] = str(rendered.plain_bytes)
        return _typed(StreamingResponse(_unpacked(rendered.path), headers=headers), content_type)
    if name in ("document_truncated", "document_corrupt", "document_slow", "document_empty"):
        size = os.path.getsize(rendered.path)
        fraction = 0.0 if name == "document_empty" else float(options.get("fraction", 0.6))
        length = int(size * fraction) if name in ("document_truncated", "document_empty") else size
        seconds = float(options.get("seconds", 5)) if name == "document_slow" else 0.0
        headers["Content-Length"] = str(length)
        body = _bytes(rendered.path, length, corrupt=name == "document_corrupt", seconds=seconds)
        return _typed(StreamingResponse(body, headers=headers), content_type)
    if name == "document_dropped":
        return _typed(DroppedFile(rendered.path, float(options.get("fraction", 0.6)), headers), content_type)
    return _typed(StoredFile(rendered.path, headers=headers), content_type)


def _typed(response: Response, content_type: str) -> Response:
    """Set the Content-Type unchanged; Starlette would add a charset to text types."""
    response.headers["content-type"] = content_type
    return response


class StoredFile(FileResponse):
    """A file, also in ranges, in large chunks."""

    chunk_size = CHUNK


class DroppedFile(Response):
    """Promises the whole file and cuts the connection after a part of it."""

    def __init__(self, path: str, fraction: float, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)
        self._path = path
        self._fraction = fraction

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = await anyio.to_thread.run_sync(os.path.getsize, self._path)
        self.headers["content-length"] = str(size)
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in _bytes(self._path, min(int(size * self._fraction), size - 1)):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(0.05)  # let the written bytes leave before the connection is torn down
        await cut_connection(scope, receive)


async def _bytes(
    path: str, length: int, *, corrupt: bool = False, seconds: float = 0.0
) -> AsyncIterator[bytes]:
    middle = length // 2
    chunk_size = CHUNK if not seconds else max(1, length // 20)
    with await anyio.to_thread.run_sync(open, path, "rb") as file:
        sent = 0
        while sent < length:
            chunk = bytearray(await anyio.to_thread.run_sync(file.read, min(chunk_size, length - sent)))
            if corrupt and sent <= middle < sent + len(chunk):
                for at in range(middle - sent, min(middle - sent + 16, len(chunk))):
                    chunk[at] ^= 0x5A
            sent += len(chunk)
            yield bytes(chunk)
            if seconds:
                await asyncio.sleep(seconds / 20)


async def _unpacked(path: str) -> AsyncIterator[bytes]:
    with gzip.open(path) as file:
        while chunk := await anyio.to_thread.run_sync(file.read, CHUNK):
            yield chunk


def _signature(sandbox: Sandbox, document_id: str, query: dict[str, str]) -> str:
    text = document_id + "\n" + urlencode(sorted(query.items()))
    return hmac.new(sandbox.signing_key, text.encode(), hashlib.sha256).hexdigest()


def _signed_at(text: str) -> float | None:
    if not re.fullmatch(r"\d{8}T\d{6}Z", text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _xml(status: int, code: str, message: str, extra: dict[str, str] | None = None) -> Response:
    fields = {
        "Code": code,
        "Message": message,
        **(extra or {}),
        "RequestId": _s3_id(),
        "HostId": _s3_id() * 4,
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    return _typed(Response(body.encode(), status), "application/xml")


def _s3_id() -> str:
    return "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=16))


def _s3_time(seconds: float) -> str:
    return instant(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")
