"""Makes the UI's *Test* button work for connections without a port.

Airflow 3.3.2 (not 3.3.1) refuses these with 400 "Bad Request": its UI sends port 0, which the API takes for
another server and refuses to send stored credentials to. Airflow fixed this later (pull request 73298); a
test fails once this workaround is no longer needed.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

PATH = "/api/v2/connections/test"
# Bytes. A longer body is not a connection and is passed on unchanged.
_MOST = 1_000_000


class PortZeroMiddleware:
    """ASGI middleware that removes port 0 from requests to test a connection."""

    def __init__(self, app: _App) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith(PATH):
            await self._app(scope, receive, send)
            return
        messages = await _whole_body(receive)
        body = drop_port_zero(b"".join(message.get("body", b"") for message in messages))
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> _Message:
            return waiting.pop() if waiting else await receive()

        await self._app({**scope, "headers": headers}, replay, send)


async def _whole_body(receive: _Receive) -> list[_Message]:
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def drop_port_zero(body: bytes) -> bytes:
    """The request body with port 0 replaced by null; unchanged if it is not a JSON object, or over 1 MB."""
    try:
        fields = json.loads(body) if len(body) <= _MOST else None
    except ValueError:
        return body
    if not isinstance(fields, dict) or fields.get("port") != 0:
        return body
    return json.dumps({**fields, "port": None}).encode()
