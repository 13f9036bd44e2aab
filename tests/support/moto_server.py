"""Amazon's services on loopback: moto's server in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any, Self

READY_SECONDS = 240.0
REGION = "us-east-1"


class MotoServer:
    """moto's server on a free loopback port, which takes any key."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> Self:
        # moto takes a number only; somebody else may take the port before it does.
        for _ in range(5):
            if self._start():
                return self
        raise RuntimeError("moto's server did not start")

    def _start(self) -> bool:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            env=os.environ | {"MOTO_PORT": str(port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                return False
            time.sleep(0.05)
        return self._process.poll() is None

    def __exit__(self, *exc: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def client(self, service: str) -> Any:
        """A boto3 client of its own."""
        if service not in self._clients:
            import boto3

            self._clients[service] = boto3.session.Session().client(
                service,
                region_name=REGION,
                endpoint_url=self.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=10):
                return True
        except (urllib.error.URLError, OSError):
            return False
