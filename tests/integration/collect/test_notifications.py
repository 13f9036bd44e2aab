"""Amazon's notifications end waits; lost ones only cost time; foreign reports are reused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from integration.collect.parts import Bench, another_run, collect, spec_with, wait
from support.queues import QueueServer

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.collect import WaitOutcome, arrivals
from sellerops.ledger import RequestStatus, notifications
from sellerops.ledger.notifications import REPORT_FINISHED
from sellerops.notifications.queue import QueueSettings, SqsQueue
from sellerops.notifications.reader import Read, Reader
from sellerops.notifications.subscriptions import remove, set_up
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.amazon_sp.notifications import NotificationsApi
from sellerops.sources.amazon_sp.reports import query_of
from sellerops.sources.common.sessions import run_blocking

# Of the clock that runs 600 times faster: no poll within the test.
NEVER = timedelta(hours=1000)


@pytest.fixture(scope="module")
def queues() -> Iterator[QueueServer]:
    with QueueServer() as server:
        yield server


@dataclass
class Mailbox:
    """An account whose notifications go to a queue of its own."""

    bench: Bench
    queues: QueueServer
    settings: QueueSettings

    def reader(self) -> Reader:
        return Reader(self.bench.ledger, SqsQueue(self.settings, wait_seconds=1))

    def read(self, wanted: int = 1) -> Read:
        """Until so many new ones have arrived."""
        reader, total = self.reader(), Read()
        for _ in range(30):
            read = reader.read_once()
            total = Read(*(a + b for a, b in zip(vars(total).values(), vars(read).values(), strict=True)))
            if total.new >= wanted:
                break
        return total

    @contextmanager
    def listening(self) -> Iterator[None]:
        """A listener beside the test, as the triggerer has one."""
        done, reader = threading.Event(), self.reader()

        def listen() -> None:
            while not done.is_set():
                reader.read_once()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def set_up(self) -> list[Any]:
        return asyncio.run(self._with_api(set_up))

    def remove(self) -> list[Any]:
        return asyncio.run(self._with_api(remove))

    async def _with_api(self, work: Any) -> list[Any]:
        async with NotificationsApi(self.bench.credentials) as api:
            return list(await work(api, self.bench.ledger, self.bench.account_id, self.settings.arn))

    def polls(self) -> list[dict[str, Any]]:
        return self.bench.sandbox.calls(operation="getReport")


@pytest.fixture
def mailbox(bench: Bench, queues: QueueServer, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    monkeypatch.setattr(arrivals, "LOOK_EVERY", 0.1)
    bench.sandbox.control("POST", "/queues", json={"endpoint_url": queues.url})
    made = Mailbox(bench, queues, queues.new_queue())
    made.set_up()
    return made


def notice(report_id: str, name: str = "n1", **payload: Any) -> dict[str, Any]:
    told = {
        "accountId": "amzn1.merchant.o.A1",
        "reportId": report_id,
        "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
        "processingStatus": "DONE",
    }
    return {
        "notificationType": REPORT_FINISHED,
        "payload": {"reportProcessingFinishedNotification": told | payload},
        "notificationMetadata": {"notificationId": name, "subscriptionId": "nobody's"},
    }


def test_a_wait_ends_by_its_notification_without_polling(mailbox: Mailbox) -> None:
    """Amazon is polled once, when the report is done, for its createdTime and document."""
    bench = mailbox.bench
    spec = spec_that_never_polls()
    with mailbox.listening():
        done = collect(bench.collector(spec), bench.slice_(spec))
    request = bench.ledger.get_request(done.request_ids[0])
    assert request.status is RequestStatus.ARCHIVED
    assert request.reported_at is not None
    assert len(mailbox.polls()) == 1
    assert mailbox.queues.left(mailbox.settings) == 0


def test_a_lost_notification_costs_minutes(mailbox: Mailbox) -> None:
    """Where notifications are known to arrive polling is slow, and still ends the wait."""
    bench = mailbox.bench
    with mailbox.listening():
        hear_one(bench)
        bench.sandbox.clear_calls()
        bench.sandbox.faults("notification_lost")
        done = collect(bench.collector(), bench.slices()[1], another_run("second"))
    assert bench.ledger.get_request(done.request_ids[0]).status is RequestStatus.ARCHIVED
    (created,) = bench.sandbox.calls(operation="createReport")
    first = mailbox.polls()[0]
    assert _moment(first["at"]) - _moment(created["at"]) >= timedelta(minutes=4)
    assert len(bench.sandbox.control("GET", "/queues")["sent"]) == 1


def test_polling_keeps_its_interval_without_a_listener(mailbox: Mailbox) -> None:
    """A notification arrived recently, but the listener has no heartbeat."""
    bench = mailbox.bench
    with mailbox.listening():
        hear_one(bench)
    assert working(bench) == {("northwind_na", REPORT_FINISHED)}
    mailbox.reader().report_problem("SQS does not answer")
    assert working(bench) == set()
    mailbox.reader().read_once()
    assert working(bench) == {("northwind_na", REPORT_FINISHED)}
    bench.jump(24 * 4)
    assert working(bench) == set(), "the last notification is days old"


def spec_that_never_polls() -> ReportSpec:
    return spec_with(first_poll=NEVER, poll_every=NEVER, give_up_after=NEVER)


def hear_one(bench: Bench) -> None:
    """Collect a slice that only its notification ends, so that one is known to have arrived."""
    spec = spec_that_never_polls()
    collect(bench.collector(spec), bench.slice_(spec))


def working(bench: Bench) -> set[tuple[str, str]]:
    return set(bench.ledger.database.run(lambda c: notifications.read_status(c, ())).working)


def test_a_notification_that_comes_too_early_counts_once(mailbox: Mailbox) -> None:
    """A wrong message in the queue ends nothing: Amazon's own answer does."""
    bench = mailbox.bench
    bench.sandbox.faults("notification_lost")
    bench.sandbox.clock(freeze=True)
    bench.follow_clock()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(wait, bench.collector(), bench.slice_())
        while not bench.reports():
            assert not waiting.done()
        (report,) = bench.reports()
        mailbox.queues.put(mailbox.settings, notice(report["reportId"]), notice(report["reportId"], "n2"))
        mailbox.read(2)
        while not mailbox.polls():
            assert not waiting.done()
        # The clock is frozen: a wait that reacted to the same notification again would poll as fast as quota
        # allows.
        looks = [mailbox.reader().read_once() for _ in range(2)]
        assert len(looks) == 2 and len(mailbox.polls()) == 1
        bench.jump(1)
        assert waiting.result().outcome is WaitOutcome.READY


def test_what_comes_twice_late_broken_or_from_strangers_blocks_nothing(mailbox: Mailbox) -> None:
    bench = mailbox.bench
    strange = notice("999", "of a stranger")
    mailbox.queues.put(
        mailbox.settings,
        "no json",
        "[]",
        '{"notificationType": "ANY_OFFER_CHANGED", "payload": {}}',
        notice("999", "half") | {"payload": {}},
        notice("1\x00\ud800", "unstorable"),
        strange,
        strange,
        strange,
    )
    bench.sandbox.faults("notification_duplicated", options={"copies": 3})
    with mailbox.listening():
        done = collect(bench.collector(), bench.slice_())
    assert bench.ledger.get_request(done.request_ids[0]).status is RequestStatus.ARCHIVED
    while mailbox.queues.left(mailbox.settings):
        mailbox.reader().read_once()
    assert mailbox.queues.left(mailbox.settings) == 0
    with bench.ledger.connection() as connection:
        rows = connection.execute("SELECT * FROM sellerops.notification ORDER BY id").fetchall()
    times = {row["id"]: row["times"] for row in rows}
    assert times["of a stranger"] == 3
    assert [row["times"] for row in rows if row["account_id"]] == [3]
    assert len([row for row in rows if row["problem"]]) == 4
    assert len(rows) == 7
    problems = bench.ledger.database.run(notifications.overview)["problems"]
    assert any("nobody's" in row["problem"] for row in problems)


def test_messages_stay_in_the_queue_while_the_ledger_is_away(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.queues.put(mailbox.settings, notice("1"))
    reader = mailbox.reader()

    def away(*_: Any) -> None:
        raise RetryableError("the ledger does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(notifications, "store", away)
        with pytest.raises(RetryableError):
            reader.read_once()
    assert mailbox.queues.left(mailbox.settings) == 1


def test_a_foreign_report_is_reused_without_a_list(mailbox: Mailbox) -> None:
    """Another application's report, known from its notification, spares getReports and createReport."""
    bench, spec = mailbox.bench, load_spec("fba_manage_inventory")
    slice_ = bench.slice_(spec)
    query = query_of(spec, slice_)
    report_id = run_blocking(lambda: bench.client().create_report(query, leased=True))
    bench.jump(0.25)
    assert mailbox.read().new == 1
    done = collect(bench.collector(spec), slice_)
    request = bench.ledger.get_request(done.request_ids[0])
    assert (request.report_id, request.created_by) == (report_id, "reused")
    assert bench.sandbox.calls(operation="getReports") == []
    assert bench.creates() == 1


def test_a_foreign_report_that_amazon_refuses_us_is_looked_up_once(mailbox: Mailbox) -> None:
    bench, spec = mailbox.bench, load_spec("fba_manage_inventory")
    ours = mailbox.bench.ledger.database.run(notifications.overview)["subscriptions"][0]
    assert ours["account_id"] == "northwind_na"
    with bench.ledger.connection() as connection:
        known = connection.execute(
            "SELECT subscription_id FROM sellerops.notification_subscription WHERE notification_type = %s",
            (REPORT_FINISHED,),
        ).fetchone()
    assert known is not None
    lost = notice("123456", reportType=spec.report_type)
    lost["notificationMetadata"]["subscriptionId"] = known["subscription_id"]
    mailbox.queues.put(mailbox.settings, lost)
    mailbox.read()
    for run in ("one", "two"):
        wait(bench.collector(spec), bench.slice_(spec), another_run(run))
    assert len([call for call in mailbox.polls() if call["status"] == 404]) == 1


def test_setting_up_is_idempotent_and_reversible(mailbox: Mailbox, queues: QueueServer) -> None:
    again = mailbox.set_up()
    assert [step.is_new for step in again] == [False, False, False]
    other = replace(mailbox, settings=queues.new_queue())
    with pytest.raises(ConfigurationError, match="another destination"):
        other.set_up()
    gone = mailbox.remove()
    assert [step.is_new for step in gone] == [True, True, True]
    assert mailbox.bench.ledger.database.run(notifications.overview)["subscriptions"] == []
    assert [step.is_new for step in mailbox.remove()] == [False]
    assert [step.is_new for step in other.set_up()] == [False, True, True]


def test_a_queue_that_refuses_us_says_what_to_do(queues: QueueServer) -> None:
    settings = queues.new_queue()
    gone = replace(settings, queue_url=settings.queue_url + "-gone")
    with pytest.raises(ConfigurationError, match="NonExistentQueue") as told:
        SqsQueue(gone, wait_seconds=0).receive()
    assert "sqs:ReceiveMessage" in told.value.remedy
    nobody = replace(settings, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(RetryableError):
        SqsQueue(nobody, wait_seconds=0).receive()
    with pytest.raises(ConfigurationError, match="queue address"):
        SqsQueue(replace(settings, queue_url="my-queue"))
    assert "secret_key" not in repr(settings)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
