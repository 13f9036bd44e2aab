"""Faults of any HTTP call: errors, broken bodies, no response."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from starlette.responses import Response

from amazon_sandbox.core.answers import FORBIDDEN, ApiError, NoAnswer, access_denied, json_answer
from amazon_sandbox.core.faults import Fault, FaultKind, Stage

_QUOTA = ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
_FAILURE = ApiError(500, "InternalFailure", "We encountered an internal error. Please try again.")
_VAGUE = ApiError(500, "InternalServerError", "Something went wrong.")
_UNAVAILABLE = ApiError(503, "ServiceUnavailable", "Service is temporarily unavailable. Please try again.")
_EXPIRED = access_denied("The access token you provided has expired.")
_REVOKED = access_denied("The access token you provided is revoked, malformed or invalid.")
_NO_TOKEN = ApiError(401, "Unauthorized", "The request's token is missing or malformed.")

NOTHING_LISTED = "nothing_listed"
_NEXT = ("nextToken", "NextToken", "pagination")

HTML = (
    b"<!DOCTYPE html>\n<html><head><title>%s</title></head>\n"
    b"<body><center><h1>%s</h1></center><hr><center>server</center></body></html>\n"
)

_ERRORS = {
    "http_429": (_QUOTA, "429 QuotaExceeded although the bucket is not empty"),
    "http_500": (_FAILURE, "500 InternalFailure with errors[]"),
    "something_went_wrong": (_VAGUE, '500 InternalServerError "Something went wrong." with errors[]'),
    "http_503": (_UNAVAILABLE, "503 ServiceUnavailable with errors[]"),
    "http_401": (_NO_TOKEN, "401 with errors[]"),
    "expired_token": (_EXPIRED, "403: the access token has expired"),
    "revoked_token": (_REVOKED, "403: the access token is revoked"),
    "forbidden": (FORBIDDEN, "403 as for a missing role"),
}

_PLAIN = {
    "http_429_plain": (429, "Too Many Requests", '429 {"message": ...} of the gateway, without errors[]'),
    "http_500_plain": (500, "Internal server error", '500 {"message": ...}, without errors[]'),
    "http_504_plain": (504, "Endpoint request timed out", '504 {"message": ...}, without errors[]'),
}

_PAGES = {
    "http_502_html": (502, b"502 Bad Gateway", "502 with an HTML page"),
    "http_503_html": (503, b"503 Service Temporarily Unavailable", "503 with an HTML page"),
    "html_200": (200, b"We will be back soon", "200 with an HTML page instead of the body"),
}

MENU = (
    *(FaultKind(name, Stage.REQUEST, text) for name, (_, text) in _ERRORS.items()),
    *(FaultKind(name, Stage.REQUEST, text) for name, (_, _, text) in _PLAIN.items()),
    *(FaultKind(name, Stage.REQUEST, text) for name, (_, _, text) in _PAGES.items()),
    FaultKind("empty_body", Stage.REQUEST, "200 with no body"),
    FaultKind(
        "http_status",
        Stage.REQUEST,
        "any status and body",
        {"status": "HTTP status, 500", "body": "text, empty", "content_type": "text/plain"},
    ),
    FaultKind(
        "hang",
        Stage.REQUEST,
        "accepts the request and never responds",
        {"seconds": "real seconds until the connection is cut; never if left out"},
    ),
    FaultKind("drop", Stage.REQUEST, "cuts the connection; the call has no effect"),
    FaultKind("slow", Stage.REQUEST, "responds late", {"seconds": "real seconds, 1"}),
    FaultKind(
        NOTHING_LISTED,
        Stage.ANSWER,
        "the response lists nothing and has no next page",
        {"how": "`[]`, `null` or `missing`: what replaces the lists; `[]`"},
        (
            "getInventorySummaries",
            "getOrders",
            "getShipments",
            "listDeliveryWindowOptions",
            "listInboundPlanBoxes",
            "listInboundPlanItems",
            "listInboundPlans",
            "listInboundShipments",
            "listInventory",
            "listPackingGroupItems",
            "listPackingOptions",
            "listPlacementOptions",
            "listShipmentBoxes",
            "listShipmentItems",
            "listTransactions",
            "listTransportationOptions",
            "searchOrders",
        ),
    ),
    FaultKind("response_lost", Stage.ANSWER, "the call takes effect, then the connection is cut"),
    FaultKind("error_after", Stage.ANSWER, "the call takes effect, the response is 500 InternalFailure"),
    FaultKind(
        "hang_after",
        Stage.ANSWER,
        "the call takes effect, the response never arrives",
        {"seconds": "real seconds until the connection is cut; never if left out"},
    ),
)


async def apply_fault(fault: Fault) -> Response | None:
    """The response that a fault causes; None if the call goes on, late. Raises ApiError for errors[]."""
    name = fault.kind.name
    if name in _ERRORS:
        raise _ERRORS[name][0]
    if name in _PLAIN:
        status, message, _ = _PLAIN[name]
        return json_answer({"message": message}, status)
    if name in _PAGES:
        status, title, _ = _PAGES[name]
        return Response(HTML % (title, title), status, media_type="text/html")
    if name == "empty_body":
        return Response(b"", 200)
    if name == "http_status":
        body = str(fault.options.get("body", ""))
        content_type = str(fault.options.get("content_type", "text/plain"))
        return Response(body, int(fault.options.get("status", 500)), media_type=content_type)
    if name in ("hang", "hang_after"):
        return NoAnswer(_seconds(fault))
    if name in ("drop", "response_lost"):
        return NoAnswer(0.0)
    if name == "error_after":
        raise _FAILURE
    await asyncio.sleep(_seconds(fault) or 1.0)
    return None


def without_lists(body: Any, fault: Fault) -> Any:
    """A body without its lists and its next-page token, at the top level and in its payload.

    The fault's option `how` decides what replaces the lists.
    """
    how, answer = fault.options.get("how", "[]"), {}
    for name, value in body.items():
        if name == "payload":
            answer[name] = without_lists(value, fault)
        elif isinstance(value, list) and how != "missing":
            answer[name] = [] if how == "[]" else None
        elif not isinstance(value, list) and name not in _NEXT:
            answer[name] = value
    return answer


def _seconds(fault: Fault) -> float | None:
    value = fault.options.get("seconds")
    seconds = None if value is None else float(value)
    return None if seconds is None or math.isinf(seconds) else seconds
