"""Queues of an SQS server (moto's)."""

from __future__ import annotations

import json
import uuid
from typing import Any

from support.moto_server import REGION, MotoServer

from sellerops.notifications.queue import QueueSettings


class QueueServer(MotoServer):
    """An SQS server and its queues."""

    def new_queue(self) -> QueueSettings:
        """A fresh queue, as the connection would name it."""
        made = self.client("sqs").create_queue(QueueName=f"notifications-{uuid.uuid4().hex[:12]}")
        return QueueSettings(
            made["QueueUrl"], REGION, access_key="test", secret_key="test", endpoint_url=self.url
        )

    def put(self, settings: QueueSettings, *bodies: Any) -> None:
        """Messages; texts as they are, other values as JSON."""
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.client("sqs").send_message(QueueUrl=settings.queue_url, MessageBody=text)

    def left(self, settings: QueueSettings) -> int:
        """Messages in the queue, also those somebody has taken and not deleted."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.client("sqs").get_queue_attributes(QueueUrl=settings.queue_url, AttributeNames=names)
        return sum(int(told["Attributes"][name]) for name in names)
