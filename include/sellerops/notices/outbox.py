"""Telling people: a notice becomes one delivery for each address, and deliveries are sent until they arrive.

Everything is in the ledger before anything is sent, in one transaction: whoever is killed on the way, the
message goes out, by the next process that sends. Nobody is told twice of the same key; a message may arrive
twice only when a sender dies between the channel's yes and the ledger's.
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
from sellerops.notices.notice import Notice, escape, slack_blocks
from sellerops.notices.routes import Kind, Routes, Target

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection

log = logging.getLogger(__name__)

# One attempt takes no longer, and all of one call together take hardly more: work waits for them.
SEND_SECONDS = 5.0
BUDGET_SECONDS = 10.0
GIVE_UP_AFTER = timedelta(days=1)
# Less than a day: the run of a daily schedule may come a few seconds earlier than the day before.
REMIND_AFTER = timedelta(hours=20)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)

_Item = TypeVar("_Item")
HasConnection = Callable[[Target], bool]


class ChannelError(Exception):
    """A channel did not take a message. ``retry_after``: seconds it wants to be left alone.

    ``is_final``: it will never take this message.
    """

    def __init__(self, cause: str, *, retry_after: float = 0.0, is_final: bool = False) -> None:
        super().__init__(cause)
        self.retry_after = retry_after
        self.is_final = is_final


@dataclass(frozen=True)
class Post:
    """One message for one address.

    :param text: Slack's mark-up, first line the headline; ``blocks``: Slack's blocks of it.
    :param answers: what the channel called the thread's first message; empty for the first.
    :param broadcast: an answer that those who do not follow the thread should see too.
    :param timeout: seconds.
    """

    target: str
    text: str
    blocks: list[dict[str, Any]]
    answers: str = ""
    broadcast: bool = False
    timeout: float = SEND_SECONDS


# kind, connection, post -> what the channel calls the message; raises ChannelError
Send = Callable[[str, str, Post], str]


def record_notice(ledger: Ledger, notice: Notice, routes: Routes, has_connection: HasConnection) -> list[str]:
    """Put a notice on its way unless somebody has; the threads to send then. Nothing is sent here."""
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
    """The same for several things in one message: ``make`` gets those of ``items`` nobody was told of."""
    token = uuid.uuid4()

    def work(connection: Connection) -> list[str]:
        with connection.transaction():
            # In the order of their keys: two processes that tell of the same things must not wait crosswise.
            won = {key for key in sorted(set(map(key_of, items))) if tables.claim(connection, key, token)}
            new = [item for item in items if key_of(item) in won]
            return _put(connection, make(new), routes, has_connection) if new else []

    return ledger.database.run(work)


def _put(connection: Connection, notice: Notice, routes: Routes, has_connection: HasConnection) -> list[str]:
    told = _decide(connection, notice)
    if told is None:
        log.info("%s: is known already, it is counted", notice.key)
        return []
    targets = [
        each
        for each in routes.targets(notice.event, notice.family, notice.account_ids)
        if has_connection(each)
    ]
    if not targets:
        log.info("Nobody is told of %s: no channel for %s", notice.key, notice.event)
    tables.add_deliveries(connection, (_delivery(told, each) for each in targets))
    return [told.thread] if targets else []


@dataclass(frozen=True)
class _Told:
    notice: Notice
    thread: str
    broadcast: bool = False


def _decide(connection: Connection, notice: Notice) -> _Told | None:
    """Whether and where it is told: a fault is news when it begins, when it gets worse, and once a day."""
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
        return _Told(notice, notice.thread)
    worse = notice.event is Event.CRITICAL_FAILURE and any(each.event != notice.event for each in known)
    is_news = worse or any(each.is_new or notice.thread in each.threads for each in known)
    oldest = min(known, key=lambda each: each.opened_at)
    if is_news:
        told = _Told(notice, notice.thread)
    elif _is_time_to_remind(max(each.told_at for each in known), _now(connection)):
        told = _Told(_reminder(notice, oldest), oldest.threads[-1], broadcast=True)
    else:
        return None
    tables.mark_faults_notified(connection, [each.id for each in known], notice.event, told.thread)
    return told


def _is_time_to_remind(told_at: datetime, now: datetime) -> bool:
    """On another day (UTC), and not just after midnight."""
    return now - told_at >= REMIND_AFTER and now.date() > told_at.date()


def _reminder(notice: Notice, fault: OpenFault) -> Notice:
    line = f"Still not over: seen {fault.times} times since {fault.opened_at:%Y-%m-%d %H:%M} UTC."
    first, *rest = notice.blocks
    note = {"type": "context", "elements": [{"type": "mrkdwn", "text": line}]}
    text = "\n".join([notice.headline, line, *notice.text.split("\n")[1:]])
    return replace(notice, text=text, blocks=[first, note, *rest])


def record_recovery(
    ledger: Ledger, fault_ids: Collection[int], text: str = "", *, headline: str = "", link: str = ""
) -> tuple[list[str], set[Target]]:
    """End faults and put the word of it on its way to everybody who was told of their beginning.

    ``text`` (mark-up) and ``link`` say more. Gives the threads to send, and who is told.
    """

    def work(connection: Connection) -> tuple[list[str], set[Target]]:
        with connection.transaction():
            ended: dict[str, list[OpenFault]] = {}
            for fault in tables.close_faults(connection, fault_ids):
                for thread in fault.threads:
                    ended.setdefault(thread, []).append(fault)
            told: set[Target] = set()
            for thread, faults in ended.items():
                notice = _end_notice(faults, thread, headline, text, link)
                for first in tables.first_deliveries(connection, thread):
                    target = Target(first.channel, Kind(first.kind), first.connection, first.target)
                    if target in told and target.kind is Kind.CLICKUP:
                        continue  # its comments have no threads: once is enough
                    told.add(target)
                    end = _delivery(_Told(notice, thread, broadcast=True), target)
                    tables.add_deliveries(connection, [end])
            return list(ended), told

    return ledger.database.run(work)


def _end_notice(faults: Sequence[OpenFault], thread: str, headline: str, text: str, link: str) -> Notice:
    first = faults[0]
    title = headline or f"{first.report or 'This'} works again"
    lines = [f"Over: {escape(each.headline)}{_how_often(each)}" for each in faults]
    sections = ["\n".join(lines), *([text] if text else [])]
    return Notice(
        f"end|{first.id}|{thread}",
        Event(first.event),
        "\n".join([title, *sections, *([link] if link else [])]),
        slack_blocks(title, sections, context=link),
        report=first.report,
    )


def _how_often(fault: OpenFault) -> str:
    return (
        f" (seen {fault.times} times since {fault.opened_at:%Y-%m-%d %H:%M} UTC)" if fault.times > 1 else ""
    )


def _delivery(told: _Told, target: Target) -> NewDelivery:
    notice = told.notice
    return NewDelivery(
        notice_key=notice.key,
        event=notice.event,
        report=notice.report,
        thread=told.thread,
        channel=target.channel,
        kind=target.kind,
        connection=target.connection,
        target=target.to,
        message={"text": notice.text, "blocks": notice.blocks},
        broadcast=told.broadcast,
    )


def send_due(
    ledger: Ledger,
    send: Send,
    *,
    threads: Iterable[str] | None = None,
    budget: float = BUDGET_SECONDS,
) -> int:
    """Send what is due, of these threads or of all; how many messages arrived.

    An address that fails is left alone for the rest of the call; what it did not take is due again later.
    Nothing is begun after ``budget`` seconds, and one send gets no more than what is left of them.
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
            _put_off(ledger, due, error)
        else:
            _mark_sent(ledger, due, reference)
            sent += 1
    return sent


def _post(due: Delivery, timeout: float) -> Post:
    message = due.message
    answers = due.answers or ""
    return Post(
        due.target, message["text"], message["blocks"], answers, bool(answers) and due.broadcast, timeout
    )


def _mark_sent(ledger: Ledger, due: Delivery, reference: str) -> None:
    ledger.database.run(lambda c: tables.record_sent(c, due.id, reference))
    log.info("Told %s (%s) of %s", due.channel, due.target, due.notice_key)


def _put_off(ledger: Ledger, due: Delivery, error: ChannelError) -> None:
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(due.attempts - 1, 10))
    wait = max(wait, timedelta(seconds=error.retry_after))
    limit = timedelta(0) if error.is_final else GIVE_UP_AFTER
    cause = str(error)
    state = ledger.database.run(lambda c: tables.record_unsent(c, due.id, cause, wait, limit))
    if state == "GIVEN_UP":
        log.error("%s is not told of %s, given up: %s", due.channel, due.notice_key, error)
    else:
        log.warning("%s is not told of %s yet, next try in %s: %s", due.channel, due.notice_key, wait, error)


def _now(connection: Connection) -> datetime:
    row = connection.execute("SELECT sellerops.now() AS now").fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now.astimezone(UTC)
