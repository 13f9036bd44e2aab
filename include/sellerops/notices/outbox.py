"""The outbox: each notice becomes one delivery per address, and each delivery is retried until it arrives.

Deliveries are written to the ledger in one transaction before any of them is sent. If the process is killed,
the next process that sends takes over. A key is recorded once; a message arrives twice only if its sender
dies after the channel accepted the message and before the ledger recorded it. After a day the outbox gives
up.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sellerops.ledger import notices as tables
from sellerops.ledger.notices import Delivery, NewDelivery, OpenFault
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, slack_context
from sellerops.notices.routes import Kind, Routes, Target

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection

log = logging.getLogger(__name__)

# Time limits of one attempt and of all attempts of one call, because a task or callback waits for them.
SEND_SECONDS = 5.0
BUDGET_SECONDS = 10.0
GIVE_UP_AFTER = timedelta(days=1)
# Less than a day: a daily run may start a few seconds earlier than the day before.
REMIND_AFTER = timedelta(hours=20)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)

_Item = TypeVar("_Item")
HasConnection = Callable[[Target], bool]


class ChannelError(Exception):
    """A channel did not accept a message.

    ``retry_after``: how many seconds the channel asks to wait before the next attempt. ``is_final``: it will
    never accept this message.
    """

    def __init__(self, cause: str, *, retry_after: float = 0.0, is_final: bool = False) -> None:
        super().__init__(cause)
        self.retry_after = retry_after
        self.is_final = is_final


@dataclass(frozen=True)
class Post:
    """One message for one address.

    :param text: in Slack's mark-up; the first line is the headline.
    :param blocks: the same as Slack's blocks.
    :param reply_to: the channel's id of the thread's first message; empty for the first message.
    :param broadcast: show the reply in the channel too, for those who do not follow the thread.
    :param timeout: seconds.
    """

    target: str
    text: str
    blocks: list[dict[str, Any]]
    reply_to: str = ""
    broadcast: bool = False
    timeout: float = SEND_SECONDS


# kind, connection, post -> the channel's id of the message; raises ChannelError
Send = Callable[[str, str, Post], str]


def record_notice(ledger: Ledger, notice: Notice, routes: Routes, has_connection: HasConnection) -> list[str]:
    """Write the deliveries of a notice unless its key is known; send nothing.

    Returns the threads that now have something to send.
    """
    return record_notice_of_new(
        ledger, [notice], lambda each: each.key, lambda new: new[0], routes, has_connection
    )


def record_notice_of_new(
    ledger: Ledger,
    items: Sequence[_Item],
    key_of: Callable[[_Item], str],
    make: Callable[[Sequence[_Item]], Notice],
    routes: Routes,
    has_connection: HasConnection,
) -> list[str]:
    """Write the deliveries of one notice about several items: ``make`` gets the ``items`` with new keys.

    Returns the threads that now have something to send.
    """
    token = uuid.uuid4()

    def work(connection: Connection) -> list[str]:
        with connection.transaction():
            # Sorted by key, so that two processes with the same items do not deadlock.
            won = {key for key in sorted(set(map(key_of, items))) if tables.claim(connection, key, token)}
            new = [item for item in items if key_of(item) in won]
            return _add(connection, make(new), routes, has_connection) if new else []

    return ledger.database.run(work)


def _add(connection: Connection, notice: Notice, routes: Routes, has_connection: HasConnection) -> list[str]:
    message = _message(connection, notice)
    if message is None:
        log.info("%s: the fault is known and was counted", notice.key)
        return []
    targets = [
        each
        for each in routes.targets(notice.event, notice.family, notice.account_ids)
        if has_connection(each)
    ]
    if not targets:
        log.info("%s is not sent: no channel for %s", notice.key, notice.event)
    tables.add_deliveries(connection, (_delivery(message, each) for each in targets))
    return [message.thread] if targets else []


@dataclass(frozen=True)
class _Message:
    """What is sent for a notice: the notice itself or a reminder, and in which thread."""

    notice: Notice
    thread: str
    broadcast: bool = False


def _message(connection: Connection, notice: Notice) -> _Message | None:
    """What to send for a notice.

    The notice itself if it has no fault, or if a fault begins or gets worse; otherwise a reminder at most
    once a day; otherwise None.
    """
    known = [
        tables.record_fault(
            connection,
            each.key,
            event=notice.event,
            report=notice.report,
            headline=each.headline,
            thread=notice.thread,
        )
        for each in sorted(notice.all_faults, key=lambda each: each.key)
    ]
    if not known:
        return _Message(notice, notice.thread)
    worse = notice.event is Event.CRITICAL_FAILURE and any(each.event != notice.event for each in known)
    is_news = worse or any(each.is_new or notice.thread in each.threads for each in known)
    oldest = min(known, key=lambda each: each.opened_at)
    if is_news:
        message = _Message(notice, notice.thread)
    elif _is_time_to_remind(max(each.told_at for each in known), _now(connection)):
        message = _Message(_reminder(notice, oldest), oldest.threads[-1], broadcast=True)
    else:
        return None
    tables.mark_faults_notified(connection, [each.id for each in known], notice.event, message.thread)
    return message


def _is_time_to_remind(told_at: datetime, now: datetime) -> bool:
    """Whether it is another UTC day and ``REMIND_AFTER`` has passed, so that none is sent after midnight."""
    return now - told_at >= REMIND_AFTER and now.date() > told_at.date()


def _reminder(notice: Notice, fault: OpenFault) -> Notice:
    line = f"Not resolved yet: seen {fault.times} times since {fault.opened_at:%Y-%m-%d %H:%M} UTC."
    first, *rest = notice.blocks
    text = "\n".join([notice.headline, line, *notice.text.split("\n")[1:]])
    return replace(notice, text=text, blocks=[first, slack_context(line), *rest])


def record_recovery(
    ledger: Ledger, fault_ids: Collection[int], text: str = "", *, headline: str = "", link: str = ""
) -> tuple[list[str], set[Target]]:
    """Close faults and write recovery deliveries for everyone who was notified of them.

    ``text`` (mark-up) and ``link`` add details. Returns the threads that now have something to send, and the
    targets.
    """

    def work(connection: Connection) -> tuple[list[str], set[Target]]:
        with connection.transaction():
            ended: dict[str, list[OpenFault]] = {}
            for fault in tables.close_faults(connection, fault_ids):
                for thread in fault.threads:
                    ended.setdefault(thread, []).append(fault)
            notified: set[Target] = set()
            for thread, faults in ended.items():
                notice = _recovery_notice(faults, thread, headline, text, link)
                for first in tables.first_deliveries(connection, thread):
                    target = Target(first.channel, Kind(first.kind), first.connection, first.target)
                    if target in notified and target.kind is Kind.CLICKUP:
                        continue  # ClickUp comments have no threads, so one recovery is enough
                    notified.add(target)
                    recovery = _delivery(_Message(notice, thread, broadcast=True), target)
                    tables.add_deliveries(connection, [recovery])
            return list(ended), notified

    return ledger.database.run(work)


def _recovery_notice(faults: Sequence[OpenFault], thread: str, headline: str, text: str, link: str) -> Notice:
    first = faults[0]
    title = headline or f"{first.report or 'This'} works again"
    lines = [f"Resolved: {escape(each.headline)}{_how_often(each)}" for each in faults]
    sections = ["\n".join(lines), *([text] if text else [])]
    return Notice.build(
        f"end|{first.id}|{thread}", Event(first.event), title, sections, footer=link, report=first.report
    )


def _how_often(fault: OpenFault) -> str:
    return (
        f" (seen {fault.times} times since {fault.opened_at:%Y-%m-%d %H:%M} UTC)" if fault.times > 1 else ""
    )


def _delivery(message: _Message, target: Target) -> NewDelivery:
    notice = message.notice
    return NewDelivery(
        notice_key=notice.key,
        event=notice.event,
        report=notice.report,
        thread=message.thread,
        channel=target.channel,
        kind=target.kind,
        connection=target.connection,
        target=target.to,
        message={"text": notice.text, "blocks": notice.blocks},
        broadcast=message.broadcast,
    )


def send_due(
    ledger: Ledger,
    send: Send,
    *,
    threads: Iterable[str] | None = None,
    budget: float = BUDGET_SECONDS,
) -> int:
    """Send the deliveries that are due, in ``threads`` or in all. Returns how many messages arrived.

    An address that fails is skipped for the rest of the call; its messages become due again later. No attempt
    starts after ``budget`` seconds (real time), and an attempt's timeout is at most the rest of that time.
    """
    wanted = None if threads is None else list(threads)
    until = time.monotonic() + budget
    failed: set[tuple[str, str, str]] = set()
    sent = 0
    while (left := until - time.monotonic()) > 0.5:
        due = ledger.database.run(lambda c: tables.lease_delivery(c, wanted, failed))
        if due is None:
            break
        try:
            reference = send(due.kind, due.connection, _post(due, min(SEND_SECONDS, left)))
        except ChannelError as error:
            failed.add((due.kind, due.connection, due.target))
            _postpone(ledger, due, error)
        else:
            _mark_sent(ledger, due, reference)
            sent += 1
    return sent


def _post(due: Delivery, timeout: float) -> Post:
    message = due.message
    reply_to = due.answers or ""
    return Post(
        due.target, message["text"], message["blocks"], reply_to, bool(reply_to) and due.broadcast, timeout
    )


def _mark_sent(ledger: Ledger, due: Delivery, reference: str) -> None:
    ledger.database.run(lambda c: tables.record_sent(c, due.id, reference))
    log.info("Sent %s to %s (%s)", due.notice_key, due.channel, due.target)


def _postpone(ledger: Ledger, due: Delivery, error: ChannelError) -> None:
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(due.attempts - 1, 10))
    wait = max(wait, timedelta(seconds=error.retry_after))
    limit = timedelta(0) if error.is_final else GIVE_UP_AFTER
    cause = str(error)
    state = ledger.database.run(lambda c: tables.record_unsent(c, due.id, cause, wait, limit))
    if state == "GIVEN_UP":
        log.error("%s was not sent to %s, given up: %s", due.notice_key, due.channel, error)
    else:
        log.warning("%s was not sent to %s, next try in %s: %s", due.notice_key, due.channel, wait, error)


def _now(connection: Connection) -> datetime:
    row = connection.execute("SELECT sellerops.now() AS now").fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now.astimezone(UTC)
