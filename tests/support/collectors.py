"""Collectors of metrics on loopback: OTLP over HTTP, and StatsD over UDP."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class OtlpCollector:
    """Keeps the requests that exporters post. ``url``: OTEL_EXPORTER_OTLP_ENDPOINT."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_packed = self.headers.get("Content-Encoding") == "gzip"
                bodies.append(gzip.decompress(body) if is_packed else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def metrics(self) -> dict[str, Any]:
        """The newest metric of each name, as OTLP's own message."""
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

        return {
            metric.name: metric
            for body in self.bodies
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def otlp_collector() -> Iterator[OtlpCollector]:
    collector = OtlpCollector()
    try:
        yield collector
    finally:
        collector.close()


class StatsdCollector:
    """Keeps the lines that arrive until they are read."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(5.0)
        self.port = self._socket.getsockname()[1]

    def lines(self, last: str) -> list[str]:
        """What arrived, up to the line that begins with ``last``."""
        found: list[str] = []
        while not found or not found[-1].startswith(last):
            found += self._socket.recv(65_535).decode().splitlines()
        return found

    def close(self) -> None:
        self._socket.close()


@contextmanager
def statsd_collector() -> Iterator[StatsdCollector]:
    collector = StatsdCollector()
    try:
        yield collector
    finally:
        collector.close()
