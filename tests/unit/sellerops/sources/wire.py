"""A scripted HTTP server on the loopback interface: it records requests and sends prepared answers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Answer:
    """One answer. ``length``: the Content-Length to announce; ``hang``: send nothing more after the body."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    hang: bool = False


@dataclass
class Asked:
    """One received request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


class Wire:
    """``answers`` by path, each used once, the last one again and again; ``asked``: all requests in order."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, deque[Answer]] = {}
        self.released = threading.Event()
        self.url = ""

    def answer(self, path: str, *answers: Answer) -> None:
        self._answers[path] = deque(answers)

    def next(self, path: str) -> Answer:
        queue = self._answers.get(path) or deque([Answer(404, b'{"errors": [{"code": "NotFound"}]}')])
        return queue.popleft() if len(queue) > 1 else queue[0]

    def at(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]


@contextmanager
def listening() -> Iterator[Wire]:
    wire = Wire()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            wire.asked.append(Asked(self.command, parts.path, parse_qs(parts.query), headers, body))
            answer = wire.next(parts.path)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(answer.body) if answer.length is None else answer.length
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()
            if answer.hang:
                wire.released.wait(30)
            if answer.hang or length != len(answer.body):
                self.close_connection = True

        do_POST = do_DELETE = do_GET

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    wire.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield wire
    finally:
        wire.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
