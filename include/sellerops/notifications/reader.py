"""From the queue into the ledger: stored first, deleted then."""

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

# A reader shows a sign of life this often, and is taken for dead after the second (real time).
_SIGN_EVERY = 60.0
_ALIVE = timedelta(minutes=5)


@dataclass(frozen=True)
class Read:
    """What one look at the queue brought: new, seen before, unreadable, of an unknown account."""

    new: int = 0
    repeated: int = 0
    malformed: int = 0
    unknown: int = 0


class Reader:
    """Reads one queue. Several may read it at once: each message is stored once, whoever gets it."""

    def __init__(self, ledger: Ledger, queue: Queue) -> None:
        self._ledger, self._queue = ledger, queue
        self._signed_at: float | None = None
        self._told: set[str] = set()

    def read_once(self) -> Read:
        """One long poll. Messages that could not be stored stay in the queue. Raises SellerOpsError."""
        messages = self._queue.receive()
        self._sign()
        kept: list[Message] = []
        read = Read()
        try:
            for message in messages:
                read = self._count(read, *self._keep(message))
                kept.append(message)
        finally:
            self._queue.delete(kept)
        return read

    def report_problem(self, problem: str) -> None:
        """Nobody hears the queue, and why: waits go back to their usual pace."""
        self._signed_at = None
        self._ledger.database.run(lambda c: notifications.heartbeat(c, self._queue.name, _ALIVE, problem))

    def _keep(self, message: Message) -> tuple[Notification, StoredNotification]:
        told = parse(message.text)
        try:
            return told, self._ledger.database.run(lambda c: notifications.store(c, told))
        except (psycopg.DataError, UnicodeError) as error:
            # One message must not block those behind it, whatever stands in it.
            problem = f"it cannot be stored: {type(error).__name__}"
            bare = Notification(f"sqs:{message.id}", ascii(told.raw), problem=problem)
            return bare, self._ledger.database.run(lambda c: notifications.store(c, bare))

    def _count(self, read: Read, told: Notification, kept: StoredNotification) -> Read:
        if told.problem:
            self._tell_once(told.problem, f"a notification is kept unread ({told.id}): {told.problem}")
            return replace(read, malformed=read.malformed + 1)
        if told.report_id and kept.account_id is None:
            self._tell_once(
                f"seller {told.seller_id}",
                commands_as_typed(
                    f"a notification of seller {told.seller_id} belongs to no account here (subscription "
                    f"{told.subscription_id}). Next: `sellerops notifications setup` for its account."
                ),
            )
            return replace(read, unknown=read.unknown + 1)
        if not kept.is_new:
            return replace(read, repeated=read.repeated + 1)
        log.debug("%s %s is %s", told.notification_type, told.report_id, told.processing_status)
        return replace(read, new=read.new + 1)

    def _tell_once(self, key: str, words: str) -> None:
        if key not in self._told and len(self._told) < 1000:
            self._told.add(key)
            log.warning("%s", words)

    def _sign(self) -> None:
        if self._signed_at is None or time.monotonic() - self._signed_at > _SIGN_EVERY:
            self._ledger.database.run(lambda c: notifications.heartbeat(c, self._queue.name, _ALIVE))
            self._signed_at = time.monotonic()
