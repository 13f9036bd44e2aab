"""POST /auth/o2/token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amazon_sandbox.core.answers import ApiError, json_answer, new_request_id
from amazon_sandbox.core.calls import Call
from amazon_sandbox.core.faults import Stage, Subject
from amazon_sandbox.core.http_faults import apply_fault
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of
from amazon_sandbox.lwa import data
from amazon_sandbox.lwa.data import LwaRefusal
from amazon_sandbox.lwa.faults import REFUSALS
from amazon_sandbox.lwa.state import Refused, TokenStore


async def token(request: Request) -> Response:
    """Issue an access token for a refresh token (or a scope). Amazon accepts form and JSON bodies."""
    sandbox = sandbox_of(request)
    fault_name: str | None = None
    seller_id: str | None = None
    try:
        form = await _form(request)
        seller_id = sandbox.state(TokenStore).seller_id_of(form.get("refresh_token", ""))
        subject = Subject(data.OPERATION, sandbox.account_of(seller_id), seller_id)
        response: Response | None = None
        if fault := sandbox.faults.draw(Stage.REQUEST, subject):
            fault_name = fault.kind.name
            if fault_name in REFUSALS:
                raise Refused(REFUSALS[fault_name])
            response = await apply_fault(fault)
        if response is None:
            clock = sandbox.clock
            response = json_answer(sandbox.state(TokenStore).grant(form, clock.now(), clock.speed))
    except Refused as refused:
        response = _refusal(refused.refusal)
    except ApiError as error:
        response = json_answer(error.body(), error.status)
    response.headers["x-amzn-RequestId"] = new_request_id()
    response.headers["Cache-Control"] = "no-store"
    _log(sandbox, response, seller_id, fault_name)
    return response


def _log(sandbox: Sandbox, response: Response, seller_id: str | None, fault: str | None) -> None:
    status = sandbox.status_of(response)
    sandbox.calls.add(Call(sandbox.clock.now(), data.OPERATION, seller_id, status, fault=fault))


async def _form(request: Request) -> Mapping[str, str]:
    body = await request.body()
    try:
        text = body.decode()
        if request.headers.get("content-type", "").startswith("application/json"):
            parsed = json.loads(text)
            if not isinstance(parsed, dict):
                raise Refused(data.MALFORMED)
            return {name: value for name, value in parsed.items() if isinstance(value, str)}
    except ValueError as error:
        raise Refused(data.MALFORMED) from error
    return dict(parse_qsl(text, keep_blank_values=True))


def _refusal(refusal: LwaRefusal) -> Response:
    body = {"error_description": refusal.description, "error": refusal.error}
    return json_answer(body, refusal.status)


routes = [Route("/auth/o2/token", token, methods=["POST"])]
