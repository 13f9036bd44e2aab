"""Airflow's REST API while its api-server starts anew: 5xx, cut connections, silence, then answers."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# What happens to a call: its answer is this status; or "cut" (the connection is reset), "silent" (nothing
# comes until the client has gone), "lost" (it has its effect, and the connection is reset).
Mood = int | str


class MoodyAirflow:
    """``moods`` are used up by the calls that come, logins included; afterwards each is answered.

    ``calls``: all of them, as ``GET /dags``. ``runs``: those triggered, by id. ``refused``: the ids of those
    triggered again. ``token``: the only one taken; another one is a new api-server.
    """

    def __init__(self, moods: Sequence[Mood] = ()) -> None:
        self.moods = list(moods)
        self.calls: list[str] = []
        self.runs: dict[str, dict[str, Any]] = {}
        self.refused: list[str] = []
        self.token = "first"
        self.url = ""

    def handle(self, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
        if path == "/auth/token":
            return 201, {"access_token": self.token}
        if token != self.token:
            return 401, {"detail": "Invalid JWT token"}
        if method == "POST" and path.endswith("/dagRuns"):
            run_id = body["dag_run_id"]
            if run_id in self.runs:
                self.refused.append(run_id)
                return 409, {"detail": "DAGRun already exists"}
            self.runs[run_id] = {"dag_run_id": run_id, "state": "queued", "conf": body["conf"]}
            return 200, self.runs[run_id]
        if method == "GET" and "/dagRuns/" in path:
            run = self.runs.get(path.rsplit("/", 1)[1])
            return (200, run) if run else (404, {"detail": "DAGRun not found"})
        return 200, {"dags": [], "total_entries": 0}


@contextmanager
def moody_airflow(*moods: Mood) -> Iterator[MoodyAirflow]:
    """One that listens on a free port."""
    airflow = MoodyAirflow(moods)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(airflow))
    server.daemon_threads = True
    airflow.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield airflow
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(airflow: MoodyAirflow) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = self.path.split("?")[0].removeprefix("/api/v2")
            airflow.calls.append(f"{self.command} {path}")
            mood = airflow.moods.pop(0) if airflow.moods else "well"
            if mood == "silent":
                self.rfile.read(1)  # returns when the client goes
            if mood in ("cut", "silent"):
                self._cut()
            elif isinstance(mood, int):
                self._answer(mood, {"detail": "The server is not ready"})
            else:
                token = (self.headers.get("authorization") or "").removeprefix("Bearer ")
                status, content = airflow.handle(self.command, path, body, token)
                if mood == "lost":
                    self._cut()
                else:
                    self._answer(status, content)

        do_GET = do_POST = do_PATCH = _serve

        def _answer(self, status: int, content: Any) -> None:
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _cut(self) -> None:
            """Reset the connection instead of closing it."""
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    return Handler
