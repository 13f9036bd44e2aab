"""Notices are sent once, in order, and arrive when the channel is back; faults open and recover."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from support.processes import in_processes, send_all

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops.ledger.notices import Delivery, deliveries, open_faults
from sellerops.notices import Event, Fault, Notice, load_routes, slack_blocks
from sellerops.notices.outbox import (
    ChannelError,
    Post,
    record_notice,
    record_notice_of_new,
    record_recovery,
    send_due,
)

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
ROUTES = load_routes()


@dataclass
class Wire:
    """A channel of every kind. ``down``: what those kinds raise."""

    posts: list[tuple[str, Post]] = field(default_factory=list)
    down: dict[str, ChannelError] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, kind: str, connection: str, post: Post) -> str:
        with self.lock:
            self.tries[kind] += 1
            if kind in self.down:
                raise self.down[kind]
            self.posts.append((kind, post))
            return f"C1/{len(self.posts)}"

    def texts(self, kind: str) -> list[str]:
        return [post.text for each, post in self.posts if each == kind]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def at(ledger: Ledger) -> Callable[[float], None]:
    """Set the ledger's clock to so many hours after START; it stays there."""

    def set_hours(hours: float) -> None:
        ledger.set_clock(Clock(datetime.now(UTC), START + timedelta(hours=hours), 0.0))

    set_hours(0)
    return set_hours


def notice(key: str, event: Event = Event.PARTIAL_FAILURE, run: str = "1", *faults: str) -> Notice:
    return Notice(
        key, event, f"{key}\nmore", slack_blocks(key, ["more"]), dag_id="report__x", run_id=run, report="x",
        faults=tuple(Fault(each, f"x: {each}") for each in faults),
    )  # fmt: skip


def send_notice(ledger: Ledger, wire: Wire, one: Notice) -> bool:
    threads = record_notice(ledger, one, ROUTES, lambda target: True)
    if threads:
        send_due(ledger, wire.send, threads=threads)
    return bool(threads)


def rows(ledger: Ledger, *states: str) -> list[Delivery]:
    return ledger.database.run(lambda c: deliveries(c, states or ("WAITING", "SENT", "GIVEN_UP")))


def test_each_address_gets_it_once(ledger: Ledger, wire: Wire) -> None:
    assert send_notice(ledger, wire, notice("a"))
    assert not send_notice(ledger, wire, notice("a"))
    assert sorted((kind, post.target) for kind, post in wire.posts) == [
        ("clickup", "86sellerops"), ("slack", "#seller-reports")
    ]  # fmt: skip
    assert {(each.state, each.attempts, bool(each.reference)) for each in rows(ledger)} == {("SENT", 1, True)}


def test_several_processes_send_once(conninfo: str, ledger: Ledger) -> None:
    keys = [f"{thread}{number}" for thread in "abc" for number in range(4)]
    found = in_processes(send_all, [(conninfo, keys)] * 3, processes=3)
    sent = Counter(line for lines in found for line in lines)
    assert sent == Counter({f"{kind} {key}": 1 for kind in ("slack", "clickup") for key in keys})
    assert rows(ledger, "WAITING") == []


def test_several_threads_send_each_message_once_and_a_thread_has_one_beginning(
    ledger: Ledger, wire: Wire
) -> None:
    notices = [notice(f"n{number}", run="one") for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda each: send_notice(ledger, wire, each), notices))
    send_due(ledger, wire.send)
    assert Counter(wire.texts("slack")) == Counter(each.text for each in notices)
    slack = [post for kind, post in wire.posts if kind == "slack"]
    assert [bool(post.reply_to) for post in slack] == [False] + [True] * 11
    assert len({post.reply_to for post in slack[1:]}) == 1


def test_a_channel_that_is_down_gets_it_when_it_is_back(
    ledger: Ledger, wire: Wire, at: Callable[[float], None]
) -> None:
    wire.down["slack"] = ChannelError("away")
    assert send_notice(ledger, wire, notice("a"))
    assert send_notice(ledger, wire, notice("b", run="2"))
    assert len(wire.texts("clickup")) == 2, "the other channel is not delayed"
    tries = wire.tries["slack"]
    send_due(ledger, wire.send)
    assert wire.tries["slack"] == tries, "not before its time"
    waits = []
    for _ in range(13):
        due = min(each.next_try_at for each in rows(ledger, "WAITING"))
        waits.append((due - ledger.clock().now()).total_seconds() / 60)
        at((due - START).total_seconds() / 3600)
        before = wire.tries["slack"]
        send_due(ledger, wire.send)
        assert wire.tries["slack"] == before + 1, "one try says enough"
    assert waits[::2] == [1, 2, 4, 8, 16, 30, 30]
    wire.down.clear()
    at(20)
    assert send_due(ledger, wire.send) == 2
    assert wire.texts("slack") == ["a\nmore", "b\nmore"]
    assert send_due(ledger, wire.send) == 0


def test_after_a_day_it_is_given_up_and_people_can_see_it(
    ledger: Ledger, wire: Wire, at: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    wire.down["slack"] = ChannelError("away, token Bearer xoxb-12345678")
    send_notice(ledger, wire, notice("a"))
    at(23.9)
    send_due(ledger, wire.send)
    assert [each.state for each in rows(ledger, "WAITING", "GIVEN_UP")] == ["WAITING"]
    at(24.5)
    with caplog.at_level(logging.ERROR):
        send_due(ledger, wire.send)
    (left,) = rows(ledger, "WAITING", "GIVEN_UP")
    assert (left.state, left.attempts) == ("GIVEN_UP", 3)
    assert "away" in (left.last_error or "")
    assert "xoxb-1234" not in (left.last_error or "")
    assert "given up" in caplog.text
    at(48)
    wire.down.clear()
    assert send_due(ledger, wire.send) == 0
    assert send_notice(ledger, wire, notice("b"))
    assert [post.reply_to for kind, post in wire.posts if kind == "slack"] == [""], "it opens the thread"


def test_a_message_a_channel_never_takes_is_given_up_at_once(ledger: Ledger, wire: Wire) -> None:
    wire.down["slack"] = ChannelError("msg_too_long", is_final=True)
    send_notice(ledger, wire, notice("a"))
    assert [each.channel for each in rows(ledger, "GIVEN_UP")] == ["log"]


def test_a_limit_is_obeyed(ledger: Ledger, wire: Wire, at: Callable[[float], None]) -> None:
    wire.down["slack"] = ChannelError("429", retry_after=600)
    send_notice(ledger, wire, notice("a"))
    (waiting,) = rows(ledger, "WAITING")
    assert waiting.next_try_at == START + timedelta(minutes=10)


def test_a_sender_that_died_gives_its_message_back(ledger: Ledger, wire: Wire) -> None:
    class Killed(BaseException):
        pass

    def die(kind: str, connection: str, post: Post) -> str:
        raise Killed

    record_notice(ledger, notice("a"), ROUTES, lambda target: target.kind == "slack")
    with pytest.raises(Killed):
        send_due(ledger, die)
    assert send_due(ledger, wire.send) == 0, "it may still be sending"
    with ledger.connection() as connection:
        connection.execute("UPDATE sellerops.delivery SET leased_until = clock_timestamp() - interval '1 s'")
    assert send_due(ledger, wire.send) == 1


def test_nothing_overtakes_the_first_message_of_a_thread(
    ledger: Ledger, wire: Wire, at: Callable[[float], None]
) -> None:
    wire.down["slack"] = ChannelError("away")
    send_notice(ledger, wire, notice("failed"))
    wire.down.clear()
    send_notice(ledger, wire, notice("failed again"))
    assert wire.texts("slack") == []
    at(1)
    assert send_due(ledger, wire.send) == 2
    first, second = [post for kind, post in wire.posts if kind == "slack"]
    assert (first.text, first.reply_to) == ("failed\nmore", "")
    assert (second.text, bool(second.reply_to)) == ("failed again\nmore", True)


def test_one_notice_for_several_new_items(ledger: Ledger, wire: Wire) -> None:
    def make(new: Sequence[str]) -> Notice:
        return notice("+".join(new))

    def record_new(*items: str) -> list[str]:
        return record_notice_of_new(ledger, items, str, make, ROUTES, lambda target: True)

    assert record_new("b", "a")
    assert record_new("c", "a", "b")
    assert record_new("a", "b") == []
    send_due(ledger, wire.send)
    assert wire.texts("slack") == ["b+a\nmore", "c\nmore"]


def test_a_fault_over_many_runs_is_one_notice_a_daily_reminder_and_one_recovery(
    ledger: Ledger, wire: Wire, at: Callable[[float], None]
) -> None:
    for hour in range(30):
        at(hour)
        send_notice(ledger, wire, notice(f"run {hour}", Event.PARTIAL_FAILURE, str(hour), "bad token"))
    assert [text.split("\n")[0] for text in wire.texts("slack")] == ["run 0", "run 20"]
    opened, reminder = [post for kind, post in wire.posts if kind == "slack"]
    assert "Not resolved yet: seen 21 times since 2026-11-21 09:00 UTC." in reminder.text
    assert (reminder.reply_to != "", reminder.broadcast, opened.broadcast) == (True, True, False)
    (fault,) = ledger.database.run(open_faults)
    assert fault.times == 30
    threads, targets = record_recovery(ledger, [fault.id], "In this run: 3 loaded.")
    assert {each.channel for each in targets} == {"task", "log"}
    send_due(ledger, wire.send, threads=threads)
    assert record_recovery(ledger, [fault.id]) == ([], set())
    for kind in ("slack", "clickup"):
        assert len(wire.texts(kind)) == 3
    recovery = wire.posts[-1][1]
    assert recovery.text == (
        "x works again\nResolved: x: bad token (seen 30 times since 2026-11-21 09:00 UTC)\n"
        "In this run: 3 loaded."
    )
    slack_recovery = [post for kind, post in wire.posts if kind == "slack"][-1]
    assert (slack_recovery.reply_to, slack_recovery.broadcast) == (reminder.reply_to, True)
    assert send_notice(ledger, wire, notice("run 31", Event.PARTIAL_FAILURE, "31", "bad token")), (
        "it is a new fault"
    )


def test_a_new_fault_and_a_worse_one_are_sent(ledger: Ledger, wire: Wire) -> None:
    assert send_notice(ledger, wire, notice("one", Event.PARTIAL_FAILURE, "1", "a"))
    assert not send_notice(ledger, wire, notice("two", Event.PARTIAL_FAILURE, "2", "a"))
    assert send_notice(ledger, wire, notice("three", Event.PARTIAL_FAILURE, "3", "a", "b")), "b is new"
    assert send_notice(ledger, wire, notice("four", Event.CRITICAL_FAILURE, "4", "a", "b")), (
        "now nothing loads"
    )
    assert not send_notice(ledger, wire, notice("five", Event.CRITICAL_FAILURE, "5", "b"))
    assert send_notice(ledger, wire, notice("four again", Event.CRITICAL_FAILURE, "4", "a")), (
        "its own run's thread"
    )
    faults = ledger.database.run(open_faults)
    threads, targets = record_recovery(ledger, [each.id for each in faults])
    send_due(ledger, wire.send, threads=threads)
    recoveries = [post for kind, post in wire.posts if kind == "slack" and "works again" in post.text]
    assert Counter(post.target for post in recoveries) == {
        "#seller-reports": 2,
        "#seller-reports-critical": 1,
    }
    assert sum("works again" in text for text in wire.texts("clickup")) == 1, "no threads there: once"
    assert {each.channel for each in targets} == {"task", "log", "alert"}


def test_a_fault_seen_by_many_at_once_is_sent_once(ledger: Ledger, wire: Wire) -> None:
    notices = [notice(f"run {n}", Event.PARTIAL_FAILURE, str(n), "a", "b") for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: send_notice(ledger, wire, each), notices))
    assert sum(found) == 1
    assert {each.times for each in ledger.database.run(open_faults)} == {8}


def test_a_recovery_waits_for_the_first_message_of_its_thread(
    ledger: Ledger, wire: Wire, at: Callable[[float], None]
) -> None:
    wire.down["slack"] = ChannelError("away")
    send_notice(ledger, wire, notice("one", Event.PARTIAL_FAILURE, "1", "a"))
    (fault,) = ledger.database.run(open_faults)
    record_recovery(ledger, [fault.id])
    wire.down.clear()
    at(1)
    send_due(ledger, wire.send)
    assert [text.split("\n")[0] for text in wire.texts("slack")] == ["one", "x works again"]


def test_a_recovery_goes_only_to_those_who_got_the_notice(ledger: Ledger, wire: Wire) -> None:
    record_notice(
        ledger, notice("one", Event.PARTIAL_FAILURE, "1", "a"), ROUTES, lambda each: each.kind == "slack"
    )
    (fault,) = ledger.database.run(open_faults)
    assert {each.channel for each in record_recovery(ledger, [fault.id])[1]} == {"log"}


def test_a_slow_channel_delays_others_only_briefly(
    ledger: Ledger, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is a clock that each send moves by what it was allowed."""
    now = [0.0]
    allowed: list[float] = []

    def slow(kind: str, connection: str, post: Post) -> str:
        allowed.append(post.timeout)
        now[0] += post.timeout
        return wire.send(kind, connection, post)

    monkeypatch.setattr("sellerops.notices.outbox.time.monotonic", lambda: now[0])
    for run in range(4):
        record_notice(ledger, replace(notice(f"n{run}"), run_id=str(run)), ROUTES, lambda target: True)
    now[0] = 0.0
    sent = send_due(ledger, slow)
    assert now[0] <= 10
    assert max(allowed) <= 5
    assert sent == len(allowed) < 8
    assert len(rows(ledger, "WAITING")) == 8 - sent
