"""The listener in the triggerer: idle without its connection, patient; lasting failures are reported."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers_manager import ProvidersManager

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops_airflow.hooks.notifications import NotificationsHook
from sellerops_airflow.triggers import notifications
from sellerops_airflow.triggers.notifications import NotificationsTrigger

CONNECTION = "AIRFLOW_CONN_SELLEROPS_NOTIFICATIONS"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/reports"


class FakeReader:
    """Answers each read with the next of ``answers``, and repeats the last one."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.looks = 0
        self.problems: list[str] = []

    def read_once(self) -> None:
        self.looks += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer:
            raise answer

    def report_problem(self, problem: str) -> None:
        self.problems.append(problem)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_PAUSE_S", "LONGEST_PAUSE_S", "CONNECTION_CHECK_S"):
        monkeypatch.setattr(notifications, name, 0.001)


def use(monkeypatch: pytest.MonkeyPatch, *readers: FakeReader | None) -> None:
    left = list(readers)
    monkeypatch.setattr(notifications, "_open_reader", lambda: left.pop(0) if len(left) > 1 else left[0])


async def _first_event(item: NotificationsTrigger) -> Any:
    async with asyncio.timeout(120):
        return (await anext(item.run())).payload  # type: ignore[arg-type]


@pytest.mark.usefixtures("quick")
def test_a_lasting_failure_is_reported_and_a_passing_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = FakeReader(None, RetryableError("SQS does not answer."), None)
    lasting = FakeReader(ConfigurationError("SQS answered AccessDenied.", where="queue", remedy="Mend it."))
    use(monkeypatch, passing, lasting)
    # Ten minutes between reads, independent of the machine's clock.
    clock = SimpleNamespace(monotonic=lambda: 600.0 * (passing.looks + lasting.looks))
    monkeypatch.setattr(notifications, "time", clock)
    event = asyncio.run(_first_event(NotificationsTrigger()))
    assert passing.problems == ["SQS does not answer. Next: " + RetryableError.default_remedy]
    assert passing.looks + lasting.looks == 2 + notifications.FAIL_AFTER_S / 600.0  # from the second read on
    assert json.loads(json.dumps(event)) == {
        "cause": "SQS answered AccessDenied.",
        "where": "queue",
        "remedy": "Mend it.",
        "is_configuration": True,
    }


@pytest.mark.usefixtures("quick")
def test_it_waits_for_its_connection_and_then_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = FakeReader(None)
    use(monkeypatch, None, None, reader)

    async def listen_for_a_while() -> None:
        task = asyncio.create_task(_first_event(NotificationsTrigger()))
        while reader.looks < 3:
            await asyncio.sleep(0.001)
            assert not task.done()
        task.cancel()

    asyncio.run(listen_for_a_while())


def test_it_can_be_rebuilt_from_its_plain_values() -> None:
    classpath, values = NotificationsTrigger().serialize()
    assert classpath == f"{NotificationsTrigger.__module__}.{NotificationsTrigger.__name__}"
    assert values == {}


def test_the_connection_has_a_form_and_becomes_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = ProvidersManager()
    hook = manager.hooks["sellerops_notifications"]
    assert hook is not None
    assert hook.hook_class_name.endswith("NotificationsHook")
    assert "extra__sellerops_notifications__queue_url" in manager.connection_form_widgets
    fields = {"conn_type": "sellerops_notifications", "login": "AKIA", "password": "very-secret"}
    monkeypatch.setenv(CONNECTION, json.dumps({**fields, "extra": {"queue_url": QUEUE}}))
    settings = NotificationsHook().get_conn()
    assert settings is not None
    assert settings.arn == "arn:aws:sqs:eu-west-1:123456789012:reports"
    assert "very-secret" not in repr(settings)
    monkeypatch.setenv(CONNECTION, json.dumps({**fields, "extra": {}}))
    with pytest.raises(ConfigurationError, match="queue address"):
        NotificationsHook().get_conn()


def test_without_the_connection_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONNECTION, raising=False)
    assert NotificationsHook().get_conn() is None
    assert notifications._open_reader() is None
