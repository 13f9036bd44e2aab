"""POST /api/chat.postMessage and /api/auth.test; GET /slack shows the messages to people."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from amazon_sandbox.core.answers import ApiError, json_answer
from amazon_sandbox.core.calls import Call
from amazon_sandbox.core.clock import iso_micro
from amazon_sandbox.core.faults import Stage, Subject
from amazon_sandbox.core.http_faults import apply_fault
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of
from amazon_sandbox.sinks.slack import data
from amazon_sandbox.sinks.slack.faults import slack_answer
from amazon_sandbox.sinks.slack.state import SlackStore

_NESTED = ("blocks", "attachments", "metadata")

Body = dict[str, Any]


async def post_message(request: Request) -> Response:
    """Keep a message."""
    return await _serve(request, data.POST_MESSAGE, _post_message)


async def auth_test(request: Request) -> Response:
    """The bot of the token."""
    return await _serve(request, data.AUTH_TEST, _auth_test)


async def _serve(
    request: Request, operation: str, handler: Callable[[Request, Body], Awaitable[Body]]
) -> Response:
    sandbox = sandbox_of(request)
    fault = sandbox.faults.draw(Stage.REQUEST, Subject(operation))
    response: Response | None = None
    if fault is not None:
        try:
            response = slack_answer(fault) or await apply_fault(fault)
        except ApiError as error:
            response = json_answer({"ok": False, "error": error.code}, error.status)
    if response is None:
        body = await _body(request)
        if body is None:
            response = json_answer({"ok": False, "error": "invalid_json"})
        elif not _token(request, body):
            response = json_answer({"ok": False, "error": "not_authed"})
        else:
            response = json_answer(await handler(request, body))
    _log(sandbox, operation, response, fault.kind.name if fault else None)
    return response


def _log(sandbox: Sandbox, operation: str, response: Response, fault: str | None) -> None:
    sandbox.calls.add(Call(sandbox.clock.now(), operation, None, sandbox.status_of(response), fault=fault))


async def _post_message(request: Request, body: Body) -> Body:
    sandbox = sandbox_of(request)
    if not body.get("channel"):
        return {"ok": False, "error": "channel_not_found"}
    if not any(body.get(part) for part in ("text", "blocks", "attachments")):
        return {"ok": False, "error": "no_text"}
    if len(str(body.get("text", ""))) > data.MAX_TEXT:
        return {"ok": False, "error": "msg_too_long"}
    return sandbox.state(SlackStore).post(body, sandbox.clock.now(), sandbox.clock.real_now())


async def _auth_test(request: Request, body: Body) -> Body:
    return {"ok": True, "url": f"{sandbox_of(request).public_url}/slack", **data.TEAM, **data.BOT}


async def _body(request: Request) -> Body | None:
    """JSON or form fields (with JSON inside them, as Slack takes it); None when it is neither."""
    raw = (await request.body()).decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("application/json"):
        return _object(raw) if raw else {}
    fields: Body = dict(parse_qsl(raw))
    for name in _NESTED:
        if isinstance(fields.get(name), str):
            try:
                fields[name] = json.loads(fields[name])
            except ValueError:
                return None
    return fields


def _object(text: str) -> Body | None:
    try:
        parsed = json.loads(text)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _token(request: Request, body: Body) -> str:
    header = request.headers.get("authorization", "")
    return header.removeprefix("Bearer ").strip() or str(body.get("token", ""))


async def page(request: Request) -> Response:
    """The messages as a page: threads, newest first, each with its answers below.

    Its times are real, like the sender's; the virtual clock is added where it shows another time.
    """
    sandbox = sandbox_of(request)
    items = "".join(_thread(messages) for messages in sandbox.state(SlackStore).threads())
    clocks = _clocks(iso_micro(sandbox.clock.real_now()), iso_micro(sandbox.clock.now()))
    filled = _PAGE.replace("{clocks}", clocks)
    return HTMLResponse(filled.replace("{items}", items or "<p>Nothing was posted yet.</p>"))


def _thread(messages: list[Body]) -> str:
    first, *answers = messages
    below = "".join(_article(each) for each in answers)
    return _article(first) + (f'<section class="answers">{below}</section>' if answers else "")


def _article(message: Body) -> str:
    text = _marked_up(str(message.get("text", "")))
    extra = {name: message[name] for name in _NESTED if message.get(name)}
    sent = html.escape(json.dumps(extra, indent=2, ensure_ascii=False))
    detail = f"<details><summary>Blocks as sent</summary><pre>{sent}</pre></details>" if extra else ""
    wide = " (also in the channel)" if message.get("thread_ts") and message.get("reply_broadcast") else ""
    times = _clocks(message["received_at"], message["at"])
    head = f'<h2>{html.escape(str(message["channel"]))}{wide} <span class="times">{times}</span></h2>'
    return f"<article>{head}<p>{text}</p>{detail}</article>"


def _clocks(real: str, virtual: str) -> str:
    """A real instant, with the time on Amazon's clock where that is another minute. ISO 8601 in UTC."""
    shown = f'<time datetime="{real}">{_readable(real, "seconds")} UTC</time>'
    if real[:16] == virtual[:16]:
        return shown
    amazon = f'<time datetime="{virtual}">{_readable(virtual, "minutes")} UTC</time>'
    return f'{shown} <span class="amazon">(on Amazon\'s clock {amazon})</span>'


def _readable(iso: str, to: str) -> str:
    return datetime.fromisoformat(iso).replace(tzinfo=None).isoformat(" ", to)


def _marked_up(text: str) -> str:
    """Slack's links and bold as HTML; everything else is shown unchanged."""
    linked = _LINK.sub(r'<a href="\1">\2</a>', html.escape(html.unescape(text), quote=True))
    return _BOLD.sub(r"<b>\1</b>", linked)


# After escaping: <https://...|title> and *bold*.
_LINK = re.compile(r"&lt;(https?://[^|\s]+)\|(.+?)&gt;")
_BOLD = re.compile(r"(?<!\S)\*([^*\n]+)\*(?!\S)")

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Posted messages</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
article { border-left: 3px solid #888; padding: 0 1rem; margin: 1.5rem 0; }
.answers { margin-left: 2.5rem; } .answers article { border-left-color: #5a8; }
h2 { font-size: 1rem; } .times { font-weight: normal; color: #666; } .amazon { color: #999; }
p, pre { white-space: pre-wrap; overflow-wrap: anywhere; } pre { font-size: 12px; }
</style></head><body><h1>Posted messages</h1>
<p>Now: {clocks}.</p>
<p>The time beside a message is when it arrived, by the clock of this machine; the Airflow UI shows its runs
and logs by the same clock. Amazon's clock may run ahead, so that quotas refill and reports end sooner; it
decides which days are closed. Days in a message are days of the reports.</p>
{items}</body></html>
"""

routes = [
    Route("/api/chat.postMessage", post_message, methods=["POST"]),
    Route("/api/auth.test", auth_test, methods=["POST"]),
    Route("/slack", page, methods=["GET"]),
]
