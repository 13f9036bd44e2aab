"""Moves notifications from the queue to the ledger: stores them first, then deletes them."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from datetime import timedelta

import psycopg

from sellerops.base.commands import commands_as_typed
from sellerops.ledger import Ledger, notifications
from sellerops.ledger.notifications import Notification, StoredNotification
from sellerops.notifications.messages import parse
from sellerops.notifications.queue import Message, Queue

log = logging.getLogger(__name__)

# Seconds of real time between heartbeats, and the time after which a reader without one counts as dead.
_HEARTBEAT_EVERY = 60.0
_ALIVE = timedelta(minutes=5)


@dataclass(frozen=True)
class Read:
    """The number of new, repeated and unreadable messages in one read, and of those of unknown accounts."""

    new: int = 0
    repeated: int = 0
    malformed: int = 0
    unknown: int = 0


class Reader:
    """Reads one queue. Several readers may run at once: each message is stored once."""

    def __init__(self, ledger: Ledger, queue: Queue) -> None:
        self._ledger, self._queue = ledger, queue
        self._heartbeat_at: float | None = None
        self._logged: set[str] = set()

    def read_once(self) -> Read:
        """Read and store the messages of one long poll. Raises SellerOpsError.

        Messages that could not be stored stay in the queue.
        """
        messages = self._queue.receive()
        self._heartbeat()
        stored: list[Message] = []
        read = Read()
        try:
            for message in messages:
                read = self._count(read, *self._store(message))
                stored.append(message)
        finally:
            self._queue.delete(stored)
        return read

    def report_problem(self, problem: str) -> None:
        """Record that nothing reads the queue, and why, so that waits poll at their usual pace."""
        self._heartbeat_at = None
        self._ledger.database.run(lambda c: notifications.heartbeat(c, self._queue.name, _ALIVE, problem))

    def _store(self, message: Message) -> tuple[Notification, StoredNotification]:
        parsed = parse(message.text)
        try:
            return parsed, self._ledger.database.run(lambda c: notifications.store(c, parsed))
        except (psycopg.DataError, UnicodeError) as error:
            # One message must not block those behind it, whatever it contains.
            problem = f"it cannot be stored: {type(error).__name__}"
            bare = Notification(f"sqs:{message.id}", ascii(parsed.raw), problem=problem)
            return bare, self._ledger.database.run(lambda c: notifications.store(c, bare))

    def _count(self, read: Read, notification: Notification, stored: StoredNotification) -> Read:
        if notification.problem:
            self._log_once(
                notification.problem,
                f"stored an unreadable notification ({notification.id}): {notification.problem}",
            )
            return replace(read, malformed=read.malformed + 1)
        if notification.report_id and stored.account_id is None:
            self._log_once(
                f"seller {notification.seller_id}",
                commands_as_typed(
                    f"a notification of seller {notification.seller_id} belongs to no known account "
                    f"(subscription {notification.subscription_id}). Next: `sellerops notifications setup` "
                    "for its account."
                ),
            )
            return replace(read, unknown=read.unknown + 1)
        if not stored.is_new:
            return replace(read, repeated=read.repeated + 1)
        log.debug(
            "%s %s is %s",
            notification.notification_type,
            notification.report_id,
            notification.processing_status,
        )
        return replace(read, new=read.new + 1)

    def _log_once(self, key: str, text: str) -> None:
        if key not in self._logged and len(self._logged) < 1000:
            self._logged.add(key)
            log.warning("%s", text)

    def _heartbeat(self) -> None:
        if self._heartbeat_at is None or time.monotonic() - self._heartbeat_at > _HEARTBEAT_EVERY:
            self._ledger.database.run(lambda c: notifications.heartbeat(c, self._queue.name, _ALIVE))
            self._heartbeat_at = time.monotonic()
