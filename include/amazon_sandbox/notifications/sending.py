"""Notifies subscribers' queues that reports and queries have ended.

Reports advance only when they are read; while there are subscribers, the sender reads them. It reaches the
queues with boto3, imported when the first message is sent, at the address set under /_sandbox/queues.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from amazon_sandbox.core.faults import Fault, Stage, Subject
from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.data_kiosk.processing import name_next_page
from amazon_sandbox.data_kiosk.state import Query, QueryStore
from amazon_sandbox.notifications import data
from amazon_sandbox.notifications.state import Destination, NotificationStore
from amazon_sandbox.reports.data import FINAL
from amazon_sandbox.reports.processing import ReportProcessor
from amazon_sandbox.reports.state import Report, ReportStore

# Real seconds between two checks.
CHECK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message to be sent; `due` is a virtual instant."""

    due: float
    destination: Destination
    text: str


class NotificationSender(FamilyState):
    """Sends notifications to queues."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.endpoint_url: str | None = None
        self.region = "us-east-1"
        self.sent: list[dict[str, Any]] = []
        self._queued: list[QueuedMessage] = []
        self._notified: set[tuple[str, str]] = set()
        self._task: asyncio.Task[None] | None = None
        self._clients: dict[tuple[str | None, str], Any] = {}

    def watch(self) -> None:
        """Watch for reports that end from now on, until the last subscription is deleted."""
        if self._task is None or self._task.done():
            self._notified.update(_key(report) for report in self._everything() if report.status in FINAL)
            self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Stop watching."""
        if self._task is not None and not self._task.get_loop().is_closed():
            self._task.cancel()
        self._task = None

    def reset(self) -> None:
        """Forget queued and sent messages."""
        self._queued.clear()
        self._notified.clear()
        self.sent.clear()

    async def send(self, destination: Destination, text: str) -> None:
        """Send a message to a queue now."""
        self._queued.append(QueuedMessage(self._sandbox.clock.now(), destination, text))
        await self._deliver()

    async def _run(self) -> None:
        while self._sandbox.state(NotificationStore) or self._queued:
            for report in await self._ended():
                self._notified.add(_key(report))
                self._queued.extend(self._messages_of(report))
            await self._deliver()
            await asyncio.sleep(CHECK_EVERY)

    def _everything(self) -> list[Report]:
        return [*self._sandbox.state(ReportStore).everything(), *self._sandbox.state(QueryStore).everything()]

    async def _ended(self) -> list[Report]:
        pending = [report for report in self._everything() if _key(report) not in self._notified]
        now = self._sandbox.clock.now()
        await self._sandbox.state(ReportProcessor).advance(
            report for report in pending if report.status not in FINAL and now >= report.due_at
        )
        ended = [report for report in pending if report.status in FINAL]
        for report in ended:
            if isinstance(report, Query):
                name_next_page(self._sandbox, report)
        return ended

    def _messages_of(self, report: Report) -> Iterator[QueuedMessage]:
        kind = data.QUERY_FINISHED if isinstance(report, Query) else data.REPORT_FINISHED
        application = report.application if isinstance(report, Query) else None
        now = self._sandbox.clock.now()
        faults = {fault.kind.name: fault for fault in self._draw(report)}
        if "notification_lost" in faults:
            return
        due = now
        if late := faults.get("notification_late"):
            due += float(late.options.get("seconds", 600))
        copies = 1
        if twice := faults.get("notification_duplicated"):
            copies = int(twice.options.get("copies", 2))
        for each in self._sandbox.state(NotificationStore).subscribed(kind, report.seller_id, application):
            body = data.body_of(
                report,
                application=each.application,
                subscription_id=each.id,
                notification_id=str(uuid.uuid4()),
                now=due,
            )
            yield from [QueuedMessage(due, each.destination, json.dumps(body))] * copies

    def _draw(self, report: Report) -> list[Fault]:
        operation = "createQuery" if isinstance(report, Query) else "createReport"
        subject = Subject(
            operation, report.account, report.seller_id, report.report_type, report.marketplace_ids
        )
        return self._sandbox.faults.draw_all(Stage.NOTIFICATION, subject)

    async def _deliver(self) -> None:
        now = self._sandbox.clock.now()
        due = [message for message in self._queued if message.due <= now]
        self._queued = [message for message in self._queued if message.due > now]
        if due:
            # Messages that cannot be sent are lost, as at Amazon when a queue is unavailable for long.
            results = await asyncio.gather(
                *(asyncio.to_thread(self._send, message) for message in due), return_exceptions=True
            )
            for message, problem in zip(due, results, strict=True):
                if problem is not None:
                    print(f"amazon_sandbox: {message.destination.arn}: {problem}", file=sys.stderr)
                entry = {"arn": message.destination.arn, "body": json.loads(message.text)}
                self.sent.append(entry | {"problem": None if problem is None else str(problem)})

    def _send(self, message: QueuedMessage) -> None:
        if self.endpoint_url is None:
            raise LookupError("no SQS endpoint is set; POST one to /_sandbox/queues")
        owner, name = message.destination.arn.split(":")[4:6]
        self._client().send_message(QueueUrl=f"{self.endpoint_url}/{owner}/{name}", MessageBody=message.text)

    def _client(self) -> Any:
        key = (self.endpoint_url, self.region)
        if key not in self._clients:
            import boto3

            self._clients[key] = boto3.session.Session().client(
                "sqs",
                region_name=self.region,
                endpoint_url=self.endpoint_url,
                aws_access_key_id="sandbox",
                aws_secret_access_key="sandbox",
            )
        return self._clients[key]


def _key(report: Report) -> tuple[str, str]:
    return report.family, report.id
