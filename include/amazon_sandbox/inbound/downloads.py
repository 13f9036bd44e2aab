"""Serves labels and bills of lading under their URLs."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import Response

from amazon_sandbox.core.answers import ApiError, json_answer
from amazon_sandbox.core.calls import Call
from amazon_sandbox.core.faults import Stage, Subject
from amazon_sandbox.core.http_faults import apply_fault
from amazon_sandbox.core.sandbox import sandbox_of
from amazon_sandbox.inbound.documents import DocumentStore
from amazon_sandbox.inbound.store import InboundStore

OPERATION = "downloadInboundDocument"
_EXPIRED = ApiError(403, "AccessDenied", "Request has expired")
_FORGED = ApiError(403, "SignatureDoesNotMatch", "The signature does not match.")
_GONE = ApiError(404, "NoSuchKey", "The specified key does not exist.")


async def download(request: Request) -> Response:
    """A document, for anyone with a valid URL."""
    sandbox = sandbox_of(request)
    shelf, document_id = sandbox.state(InboundStore).documents, request.path_params["document_id"]
    found = shelf.find(document_id)
    seller_id = found[0] if found else None
    subject = Subject(OPERATION, sandbox.account_of(seller_id), seller_id)
    fault = None
    try:
        _check_url(shelf, request, document_id, sandbox.clock.now())
        if found is None:
            raise _GONE
        response = Response(found[1], media_type="application/pdf")
        fault = sandbox.faults.draw(Stage.REQUEST, subject)
        if fault is not None:
            response = await apply_fault(fault) or response
    except ApiError as error:
        response = json_answer(error.body(), error.status)
    name = fault.kind.name if fault else None
    status = sandbox.status_of(response)
    sandbox.calls.add(Call(sandbox.clock.now(), OPERATION, seller_id, status, fault=name))
    return response


def _check_url(shelf: DocumentStore, request: Request, document_id: str, now: float) -> None:
    expires_at = request.query_params.get("X-Amz-Expires-At", "")
    signature = request.query_params.get("X-Amz-Signature", "")
    if not hmac.compare_digest(signature.encode(), shelf.sign(document_id, expires_at).encode()):
        raise _FORGED
    if now >= float(expires_at):
        raise _EXPIRED
