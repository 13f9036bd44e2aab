"""An SQS server (moto's) in a process of its own, and its queues."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

from sellerops.notifications.queue import QueueSettings

READY_SECONDS = 240.0
REGION = "us-east-1"


class QueueServer:
    """moto's server on a free loopback port."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self._client: Any = None

    def __enter__(self) -> QueueServer:
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

    def new_queue(self) -> QueueSettings:
        """A fresh queue, as the connection would name it."""
        made = self.client().create_queue(QueueName=f"notifications-{uuid.uuid4().hex[:12]}")
        return QueueSettings(
            made["QueueUrl"], REGION, access_key="test", secret_key="test", endpoint_url=self.url
        )

    def put(self, settings: QueueSettings, *bodies: Any) -> None:
        """Messages; texts as they are, other values as JSON."""
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.client().send_message(QueueUrl=settings.queue_url, MessageBody=text)

    def left(self, settings: QueueSettings) -> int:
        """Messages in the queue, also those somebody has taken and not deleted."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.client().get_queue_attributes(QueueUrl=settings.queue_url, AttributeNames=names)
        return sum(int(told["Attributes"][name]) for name in names)

    def client(self) -> Any:
        """A boto3 client of its own."""
        if self._client is None:
            import boto3

            self._client = boto3.session.Session().client(
                "sqs",
                region_name=REGION,
                endpoint_url=self.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._client

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=10):
                return True
        except (urllib.error.URLError, OSError):
            return False
