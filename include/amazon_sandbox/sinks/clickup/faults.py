"""Faults of the ClickUp sink, in addition to those of any HTTP call."""

from __future__ import annotations

import time

from starlette.responses import Response

from amazon_sandbox.core.answers import json_answer
from amazon_sandbox.core.faults import Fault, FaultKind, Stage
from amazon_sandbox.sinks.clickup import data

MENU = (
    FaultKind(
        "clickup_error",
        Stage.REQUEST,
        'a refusal {"err": ..., "ECODE": ...}',
        {"status": "HTTP status, 401", "err": "its text, Token invalid", "ecode": "its code, OAUTH_025"},
        data.OPERATIONS,
    ),
    FaultKind(
        "clickup_rate_limited",
        Stage.REQUEST,
        "429 with X-RateLimit-Reset",
        {"retry_after": "seconds until the reset, 60"},
        data.OPERATIONS,
    ),
)


def refusal(status: int, err: str, ecode: str) -> Response:
    """An error in ClickUp's shape."""
    return json_answer({"err": err, "ECODE": ecode}, status)


def clickup_answer(fault: Fault) -> Response | None:
    """The answer of a ClickUp fault; None for a fault of another family."""
    options = fault.options
    if fault.kind.name == "clickup_error":
        return refusal(
            int(options.get("status", 401)),
            str(options.get("err", "Token invalid")),
            str(options.get("ecode", "OAUTH_025")),
        )
    if fault.kind.name == "clickup_rate_limited":
        answer = refusal(429, "Rate limit reached", "APP_002")
        # Real time, as clients compare it with their own clock.
        reset = int(time.time()) + int(options.get("retry_after", 60))
        answer.headers.update(
            {
                "X-RateLimit-Limit": str(data.RATE_LIMIT),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(reset),
            }
        )
        return answer
    return None
