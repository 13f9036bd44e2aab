"""Faults of the Telegram sink, in addition to those of any HTTP call."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from amazon_sandbox.core.answers import json_answer
from amazon_sandbox.core.faults import Fault, FaultKind, Stage
from amazon_sandbox.sinks.telegram import data

MENU = (
    FaultKind(
        "telegram_error",
        Stage.REQUEST,
        'a refusal {"ok": false, "error_code": ..., "description": ...}',
        {"code": "error code and HTTP status, 400", "description": "its text, Bad Request: chat not found"},
        data.OPERATIONS,
    ),
    FaultKind(
        "telegram_rate_limited",
        Stage.REQUEST,
        "429 with parameters.retry_after",
        {"retry_after": "seconds, 5"},
        data.OPERATIONS,
    ),
)


def refusal(code: int, description: str, **parameters: Any) -> Response:
    """An error in Telegram's shape; the code is also the HTTP status."""
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        body["parameters"] = parameters
    return json_answer(body, code)


def telegram_answer(fault: Fault) -> Response | None:
    """The answer of a Telegram fault; None for a fault of another family."""
    options = fault.options
    if fault.kind.name == "telegram_error":
        words = str(options.get("description", "Bad Request: chat not found"))
        return refusal(int(options.get("code", 400)), words)
    if fault.kind.name == "telegram_rate_limited":
        seconds = int(options.get("retry_after", 5))
        return refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
    return None
