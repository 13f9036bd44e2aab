"""The doctor names the queue that no worker takes, and the broker that does not answer."""

from __future__ import annotations

import socket

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from celery import Celery  # noqa: E402

from sellerops.doctor.finding import State  # noqa: E402
from sellerops.doctor.installation import Installation  # noqa: E402
from sellerops.settings.queues import BROWSER, DEFAULT, LOADS, MARTS  # noqa: E402
from sellerops_airflow.doctor import queues  # noqa: E402
from sellerops_airflow.doctor.queues import (  # noqa: E402
    examine_queues,
    judge_queues,
    taken_queues,
    used_queues,
)
from sellerops_runtime.ports import free_port  # noqa: E402

NOWHERE = Installation(str, str, str)


def test_a_queue_without_a_worker_is_a_warning_and_a_failure_once_tasks_wait() -> None:
    taken = {"default": ["a@one", "b@two"], "marts": ["b@two"]}
    found = {
        each.what.split(":")[0]: each for each in judge_queues({"default", "loads"}, {"large": 3}, taken)
    }
    assert {name: each.state for name, each in found.items()} == {
        "Queue default": State.OK,
        "Queue large": State.FAILED,
        "Queue loads": State.WARNING,
    }
    assert "2 workers" in found["Queue default"].what
    assert "3 tasks wait" in found["Queue large"].what
    assert "`--queues large`" in found["Queue large"].remedy


def test_the_queues_in_use_are_those_of_the_configuration() -> None:
    """As shipped, browser jobs are off."""
    assert used_queues() == {DEFAULT, LOADS, MARTS}
    assert BROWSER not in used_queues()


def test_another_executor_needs_no_workers() -> None:
    (found,) = examine_queues(NOWHERE)
    assert found.state is State.OK
    assert "LocalExecutor runs the tasks of all queues" in found.what


def test_a_broker_that_does_not_answer_is_an_error_without_its_password() -> None:
    app = Celery(broker=f"redis://:very-secret@127.0.0.1:{free_port()}/0")
    with pytest.raises(OSError) as refused:
        taken_queues(app)
    assert "very-secret" not in str(refused.value)


def test_a_broker_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suspended Redis accepts connections. The watchdog asks, and could report nothing else meanwhile."""
    monkeypatch.setattr(queues, "_ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OSError):
        taken_queues(Celery(broker=f"redis://127.0.0.1:{silent.getsockname()[1]}/0"))
