"""Answers probes before Airflow does, whose own ``/health`` only says that it has moved.

Imported by every component, so it loads the web app only where one is served.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

PATHS = frozenset({"/health", "/ready", "/ready/details"})


class ProbeMiddleware:
    """ASGI middleware that serves ``PATHS``, under the prefix at which Airflow itself is served."""

    def __init__(self, app: _App) -> None:
        from sellerops_airflow.doctor.probes import create_probe_app

        self._app, self._probes = app, create_probe_app()

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        is_probe = scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) in PATHS
        await (self._probes if is_probe else self._app)(scope, receive, send)


__all__ = ["PATHS", "ProbeMiddleware"]
