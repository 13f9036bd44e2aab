"""Faults of the Slack sink, in addition to those of any HTTP call."""

from __future__ import annotations

from starlette.responses import Response

from amazon_sandbox.core.answers import json_answer
from amazon_sandbox.core.faults import Fault, FaultKind, Stage
from amazon_sandbox.sinks.slack import data

MENU = (
    FaultKind(
        "slack_error",
        Stage.REQUEST,
        '200 {"ok": false, "error": ...}',
        {"error": "Slack's error code, channel_not_found"},
        data.OPERATIONS,
    ),
    FaultKind(
        "slack_rate_limited",
        Stage.REQUEST,
        "429 with Retry-After",
        {"retry_after": "seconds, 1"},
        data.OPERATIONS,
    ),
)


def slack_answer(fault: Fault) -> Response | None:
    """The answer of a Slack fault; None for a fault of another family."""
    if fault.kind.name == "slack_error":
        return json_answer({"ok": False, "error": str(fault.options.get("error", "channel_not_found"))})
    if fault.kind.name == "slack_rate_limited":
        seconds = str(int(fault.options.get("retry_after", 1)))
        return json_answer({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": seconds})
    return None
