"""The watchdog sends one notice and one recovery of what Airflow does not notice itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from airflow.dag_processing.dagbag import DagBag
from support.channels import Channels

from sellerops.ledger import Ledger
from sellerops.ledger.notices import open_faults
from sellerops.notices.workers import Stuck
from sellerops_airflow.doctor.stuck import SHORT_DAG, Limits
from sellerops_airflow.doctor.watchdog import API_SERVER, ApiServer, Watchdog, WatchdogMiddleware
from sellerops_airflow.runtime import Runtime, use_runtime

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
SILENT = Stuck("scheduler", "The scheduler is silent", "No heartbeat since 08:50.", "restart it.")
NO_WORKER = Stuck("queue|marts", "No worker takes queue marts", "2 tasks wait.", "start a worker.")


@dataclass
class Metadata:
    """What is stuck at the moment, for watchdogs that look every minute, 20 s after one another."""

    stuck: list[Stuck] = field(default_factory=list)
    now: datetime = START

    def watchdog(self, **options: Any) -> Watchdog:
        return Watchdog(lambda now: list(self.stuck), Limits(), started=self.now, **options)

    def look(self, *watchdogs: Watchdog, minutes: int = 1) -> None:
        for _ in range(minutes):
            self.now += timedelta(minutes=1)
            for number, each in enumerate(watchdogs):
                each.look(self.now + timedelta(seconds=20 * number))


@pytest.fixture
def metadata(ledger: Ledger, conninfo: str) -> Iterator[Metadata]:
    with use_runtime(Runtime(lambda: conninfo, str, str)):
        yield Metadata()


def test_the_dag_that_it_looks_at_runs_every_few_minutes(bag: DagBag) -> None:
    assert bag.dags[SHORT_DAG].schedule == "*/5 * * * *"
    assert bag.dags[SHORT_DAG].is_paused_upon_creation is False


def test_two_watchdogs_send_one_notice_and_one_recovery(
    metadata: Metadata, ledger: Ledger, sent: Channels
) -> None:
    beside_api_server, beside_triggerer = metadata.watchdog(), metadata.watchdog()
    metadata.look(beside_api_server, beside_triggerer, minutes=3)
    metadata.stuck = [SILENT]
    metadata.look(beside_api_server, beside_triggerer, minutes=90)
    (text,) = sent.texts
    assert text.startswith("The scheduler is silent") and "Next: restart it." in text
    metadata.stuck = []
    metadata.look(beside_api_server, beside_triggerer, minutes=2)
    assert len(sent.texts) == 2
    assert "Resolved: The scheduler is silent" in sent.texts[1]
    assert ledger.database.run(lambda c: open_faults(c)) == []


def test_the_same_fault_an_hour_later_is_a_notice_again(metadata: Metadata, sent: Channels) -> None:
    watching = metadata.watchdog()
    metadata.look(watching, minutes=3)
    for _ in range(2):
        metadata.stuck = [SILENT]
        metadata.look(watching, minutes=3)
        metadata.stuck = []
        metadata.look(watching, minutes=3)
    headlines = [text.split("\n")[0] for text in sent.texts]
    assert headlines == ["The scheduler is silent", "Airflow works again"] * 2


def test_who_looked_before_a_silence_ended_does_not_tell_it_again(metadata: Metadata, sent: Channels) -> None:
    """On a busy machine a look takes seconds, and another watchdog has sent the recovery meanwhile."""
    metadata.stuck = [replace(SILENT, begun=START)]
    first, slow = metadata.watchdog(), metadata.watchdog()
    metadata.look(first, minutes=4)
    seen = list(metadata.stuck)
    metadata.look(first, slow)
    metadata.stuck = []
    metadata.look(first)
    metadata.stuck = seen
    metadata.look(slow)
    assert [text.split("\n")[0] for text in sent.texts] == ["The scheduler is silent", "Airflow works again"]
    metadata.stuck = [replace(SILENT, begun=metadata.now)]
    metadata.look(slow, minutes=2)
    assert len(sent.texts) == 3, "the next silence is another one"


def test_a_fault_that_another_hides_is_not_resolved(metadata: Metadata, sent: Channels) -> None:
    watching = metadata.watchdog()
    metadata.stuck = [NO_WORKER]
    metadata.look(watching, minutes=5)
    metadata.stuck = [SILENT]  # while it is, nobody asks for waiting tasks
    metadata.look(watching, minutes=5)
    metadata.stuck = [NO_WORKER]
    metadata.look(watching, minutes=5)
    headlines = [text.split("\n")[0] for text in sent.texts]
    assert headlines == ["No worker takes queue marts", "The scheduler is silent", "Airflow works again"]
    assert "Resolved: The scheduler is silent" in sent.texts[-1]
    metadata.stuck = []
    metadata.look(watching)
    assert "Resolved: No worker takes queue marts" in sent.texts[-1]


def test_what_is_seen_once_or_right_after_the_start_is_no_notice(metadata: Metadata, sent: Channels) -> None:
    metadata.stuck = [SILENT]
    watching = metadata.watchdog()
    metadata.look(watching, minutes=2)  # the other components are starting, too
    metadata.stuck = []
    metadata.look(watching, minutes=2)
    metadata.stuck = [SILENT]
    metadata.look(watching)
    metadata.stuck = []
    metadata.look(watching, minutes=2)
    assert sent.texts == []


def test_a_restarted_watchdog_sends_the_recovery_of_its_predecessors_fault(
    metadata: Metadata, sent: Channels
) -> None:
    metadata.stuck = [SILENT]
    metadata.look(metadata.watchdog(), minutes=4)
    metadata.stuck = []
    metadata.look(metadata.watchdog(), minutes=4)
    assert len(sent.texts) == 2 and "Resolved" in sent.texts[1]


def test_only_who_watches_the_api_server_closes_its_fault(metadata: Metadata, sent: Channels) -> None:
    problem = ["refused"]
    api = ApiServer(Limits().silence, lambda: problem[0])
    beside_triggerer = Watchdog(api.find, Limits(), watches=frozenset({API_SERVER}), started=START)
    beside_api_server = metadata.watchdog()
    metadata.look(beside_triggerer, beside_api_server, minutes=3)
    assert sent.texts == []  # not for long enough
    metadata.look(beside_triggerer, beside_api_server, minutes=5)
    (text,) = sent.texts
    assert text.startswith("The api-server does not answer") and "since 2026-11-21 09:01" in text
    problem[0] = ""
    metadata.look(beside_triggerer)
    assert len(sent.texts) == 2 and "Resolved: The api-server does not answer" in sent.texts[1]


def test_an_api_server_that_refuses_or_errs_is_silent_and_any_other_answer_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.ConnectError("refused"),
        httpx.Response(502),
        httpx.Response(404),
        httpx.Response(200),
    ]
    asked: list[str] = []

    def get(url: str, **_: Any) -> httpx.Response:
        asked.append(url)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(httpx, "get", get)
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "http://127.0.0.1:1/execution/")
    api = ApiServer(timedelta(0))
    refused, broken = api.find(START), api.find(START)
    assert "ConnectError" in refused[0].what and "answers 502" in broken[0].what
    assert api.find(START) == api.find(START) == []
    assert set(asked) == {"http://127.0.0.1:1/execution/health"}


def test_it_starts_with_the_server_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Watchdog] = []
    monkeypatch.setattr(Watchdog, "start", lambda self: started.append(self))
    passed: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    async def serve() -> None:
        middleware = WatchdogMiddleware(app)
        for kind in ("lifespan", "http", "http"):
            await middleware({"type": kind}, None, None)

    asyncio.run(serve())
    assert passed == ["lifespan", "http", "http"]
    assert len(started) == 1


def test_its_thread_looks_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, enough = [], threading.Event()

    def find(now: datetime) -> list[Stuck]:
        looked.append(now)
        if len(looked) == 1:
            raise OSError("the database does not answer")
        if len(looked) == 2:
            monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "client")
            enough.set()
        return []

    Watchdog(find, Limits(timedelta(milliseconds=1)), started=START + timedelta(days=9999)).start()
    assert enough.wait(30)
