"""The demo on a slow machine, and with an unresponsive local Amazon."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from support.fake_time import FakeTime

from sellerops.base.clock import Clock
from sellerops_runtime import demo as module
from sellerops_runtime.demo import describe_open_runs, wait_for_dags
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import Home
from sellerops_runtime.polling import Poller
from sellerops_runtime.progress import Progress
from sellerops_runtime.stack import Stack

DAGS = ["report__amazon_sp__all_orders", "report__amazon_sp__settlements"]


class Api:
    """An Airflow that parses its DAGs one after the other, each in ``pace`` seconds."""

    def __init__(self, time: FakeTime, pace: float, errors: list[dict[str, str]] | None = None) -> None:
        self._time, self._pace, self._errors = time, pace, errors or []

    def dags(self, pattern: str) -> dict[str, dict[str, Any]]:
        return {dag_id: {} for n, dag_id in enumerate(DAGS, 1) if self._time.now() >= n * self._pace}

    def import_errors(self) -> list[dict[str, str]]:
        return self._errors


def wait(api: Any, time: FakeTime, seconds: float = 100.0) -> None:
    wait_for_dags(api, DAGS, Poller(seconds, clock=time.now, sleep=time.sleep))


def test_dags_are_waited_for_as_long_as_airflow_reads_them() -> None:
    time = FakeTime()
    wait(Api(time, 90.0), time)
    assert time.now() == 180.0


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ([], r"has no DAG report__amazon_sp__all_orders, .*dag-processor\.log"),
        (
            [{"filename": "report_dags_1.py", "stack_trace": "SyntaxError\n"}],
            "report_dags_1.py: SyntaxErr.*Fix",
        ),
    ],
)
def test_missing_dags_are_reported_with_import_errors(errors: Any, words: str) -> None:
    time = FakeTime()
    with pytest.raises(StartError, match=words):
        wait(Api(time, 1e9, errors), time)
    assert 100 < time.now() < 102


def test_runs_that_others_left_are_listed_with_what_becomes_of_them() -> None:
    """The demo unpauses the DAGs it collects, so their backfills start too."""
    dags = {dag_id: {"is_paused": dag_id != "on"} for dag_id in ("on", "off", DAGS[0])}
    assert describe_open_runs({}, dags, DAGS) == []
    assert describe_open_runs({"on": 1, "off": 20, DAGS[0]: 3, "gone": 1}, dags, DAGS) == [
        f"Runs of an earlier start continue beside the demo's: gone (1), on (1), {DAGS[0]} (3)",
        "Runs of an earlier start wait until their DAG is unpaused: off (20)",
    ]


class Amazon:
    """Its clock, or no answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self.is_silent = clock, False

    def clock(self, *, within: float) -> Clock:
        if self.is_silent:
            raise StartError("the local Amazon does not answer.")
        return self._clock


@pytest.fixture
def stack(tmp_path: Path) -> Any:
    stack: Any = Stack(Home(tmp_path), Progress())
    stack.amazon = Amazon(Clock.system())
    return stack


def test_the_time_of_a_silent_amazon_is_kept_as_it_was(stack: Any, tmp_path: Path) -> None:
    assert stack.remember_clock()
    kept = (tmp_path / "clock.json").read_text()
    assert json.loads(kept)["virtual"]
    stack.amazon.is_silent = True
    assert not stack.remember_clock()
    assert (tmp_path / "clock.json").read_text() == kept


def test_the_scheduler_leaves_the_processors_to_the_tasks(stack: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as scheduler:
        stack.airflow = SimpleNamespace(components={"scheduler": scheduler}, schedulers=("scheduler",))
        stack.prefer_tasks()
        assert psutil.Process(scheduler.pid).nice() > psutil.Process().nice()
        scheduler.communicate(b"\n")
    stack.prefer_tasks()  # it has ended; check_alive reports that


def test_a_demo_that_stays_up_reports_silence_and_its_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(Exception):
        pass

    class Up:
        answers = iter([True, True, False, False, True, True])

        def check_alive(self) -> None:
            pass

        def remember_clock(self) -> bool:
            try:
                return next(self.answers)
            except StopIteration:
                raise Ended from None

    said: list[str] = []
    progress: Any = type("P", (), {"say": lambda self, text: said.append(text)})()
    up: Any = Up()
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    with pytest.raises(Ended):
        module._stay_up(up, progress)
    assert said == ["The local Amazon does not respond; waiting for it", "The local Amazon responds again"]
