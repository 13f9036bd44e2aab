"""Runs the app under uvicorn: one process, one port, a line on stdout when it listens."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from amazon_sandbox.core.answers import ABORT

if TYPE_CHECKING:
    from starlette.applications import Starlette


class AbortableProtocol(HttpToolsProtocol):
    """Gives the app a way to cut the connection, which ASGI does not define."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {ABORT: self.transport.abort}
        self.scope["extensions"] = extensions


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, url: str, port_file: Path | None) -> None:
        super().__init__(config)
        self._url = url
        self._port_file = port_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            if self._port_file is not None and sockets:
                _write_whole(self._port_file, str(sockets[0].getsockname()[1]))
            print(f"amazon_sandbox listening on {self._url}", flush=True)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 picks a free one. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def url_of(bound: socket.socket) -> str:
    """The http URL of the socket, as seen from this machine."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"


def serve(app: Starlette, bound: socket.socket, *, port_file: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app,
        http=AbortableProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        backlog=4096,
    )
    _Server(config, url_of(bound), port_file).run(sockets=[bound])


def _write_whole(path: Path, text: str) -> None:
    """Write atomically: readers see the whole file or none."""
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    os.replace(part, path)
