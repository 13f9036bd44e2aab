"""The demo's failure scenario."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from support.fake_time import FakeTime

from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops_runtime import failure_scenario as story
from sellerops_runtime.errors import Stalled, StartError
from sellerops_runtime.failure_scenario import (
    STALLED_SECONDS,
    FailureScenario,
    last_uncollected_day,
    run_scenario,
)
from sellerops_runtime.polling import Poller
from sellerops_runtime.progress import Progress

DAY = date(2026, 11, 13)
MINUTE = 60.0


def test_the_day_that_fails_is_one_that_nobody_collected() -> None:
    """Seven days from the 21st are known; a day later, the day before the last seven is one of them."""
    collected = [date(2026, 11, 21 + each) for each in range(7)]
    assert last_uncollected_day(date(2026, 11, 20), collected) == date(2026, 11, 20)
    assert last_uncollected_day(date(2026, 11, 21), collected) == date(2026, 11, 20)


class World:
    """Airflow and the local Amazon, where things happen at planned times: ``plan`` (seconds, action)."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.plan: list[tuple[float, Callable[[], object]]] = []
        self.run_state, self.task_state = "queued", "scheduled"
        self.messages: list[dict[str, str]] = []
        self.is_silent = False
        self.faults: list[dict[str, Any]] = []
        self.cleared: list[Any] = []
        self.after_clear: Callable[[], object] = lambda: None

    def at(self, seconds: float, what: Callable[[], object]) -> None:
        self.plan.append((seconds, what))

    def becomes(self, run: str, task: str) -> Callable[[], object]:
        def change() -> None:
            self.run_state, self.task_state = run, task

        return change

    def gets(self, text: str, **more: str) -> Callable[[], object]:
        message = {"channel": "#ops", "text": text, "ts": str(len(self.messages) + 1), **more}
        return lambda: self.messages.append(message)

    def sleep(self, seconds: float) -> None:
        self.time.sleep(seconds)
        due = [each for each in self.plan if each[0] <= self.time.now()]
        self.plan = [each for each in self.plan if each not in due]
        for _, what in sorted(due, key=lambda each: each[0]):
            what()

    # -- Airflow

    def trigger(self, dag_id: str, conf: dict[str, Any], run_id: str) -> str:
        return run_id

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return {"state": self.run_state}

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        task = {"task_id": "fetch_report", "map_index": 0, "state": self.task_state, "try_number": 1}
        return [task, {**task, "map_index": 1, "state": "success"}]

    def clear(self, dag_id: str, run_id: str, task_ids: list[Any], **options: Any) -> None:
        self.cleared = task_ids
        self.run_state, self.task_state = "queued", "scheduled"
        self.after_clear()

    # -- the local Amazon

    def control(self, url: str, method: str, what: str, body: Any = None, *, within: float = 300.0) -> Any:
        if self.is_silent:
            raise StartError("the local Amazon does not answer.")
        if method == "POST":
            self.faults.append(body)
        return body or {"messages": list(self.messages)}

    def silence(self, begins: float, ends: float) -> None:
        self.at(begins, lambda: setattr(self, "is_silent", True))
        self.at(ends, lambda: setattr(self, "is_silent", False))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(story, "control", world.control)
    return world


def play(world: World) -> str:
    """The scenario's output."""
    spec, account = load_spec("sales_and_traffic"), next(iter(load_accounts().values()))
    scenario = FailureScenario(spec.dag_id, spec.report_type, account, account.marketplaces[-1], DAY)
    seen = io.StringIO()
    poller = Poller(STALLED_SECONDS, clock=world.time.now, sleep=world.sleep)
    api: Any = world
    run_scenario("http://amazon", api, Progress(seen), scenario, poller)
    return seen.getvalue()


def fails_and_recovers(world: World, pace: float) -> None:
    """Every step takes ``pace`` seconds; the failure notice is sent after five."""
    world.at(1 * pace, world.becomes("running", "running"))
    world.at(2 * pace, world.becomes("running", "deferred"))
    world.at(3 * pace, world.becomes("failed", "failed"))
    world.at(4 * pace, world.gets("Failed: MX 2026-11-13"))

    def recovers() -> None:
        begin = world.time.now()
        world.at(begin + 1 * pace, world.becomes("running", "deferred"))
        world.at(begin + 2 * pace, world.becomes("success", "success"))
        world.at(begin + 3 * pace, world.gets("Loaded: MX 2026-11-13", thread_ts="1"))

    world.after_clear = recovers


@pytest.mark.parametrize("pace", [2.0, 9 * MINUTE], ids=["a fast machine", "a very slow one"])
def test_it_waits_for_what_happens_however_long_it_takes(world: World, pace: float) -> None:
    fails_and_recovers(world, pace)
    seen = play(world)
    assert "Slack #ops: Failed: MX 2026-11-13" in seen
    assert "in the thread: Loaded: MX 2026-11-13" in seen
    assert world.cleared == [["fetch_report", 0]]
    assert world.time.now() >= 7 * pace


def test_a_local_amazon_that_is_silent_for_a_minute_is_waited_for(world: World) -> None:
    fails_and_recovers(world, 10.0)
    world.silence(25.0, 85.0)
    assert "in the thread: Loaded: MX 2026-11-13" in play(world)
    assert world.time.now() >= 85.0


def test_messages_of_other_runs_are_not_taken_for_its_own(world: World) -> None:
    """A backfill left by an earlier start has its own failures and recoveries."""
    world.at(3.0, world.gets("Failed: DE 2026-10-02", ts="900"))
    world.at(4.0, world.gets("Loaded: MX 2026-11-13, asked for by somebody", thread_ts="900"))
    fails_and_recovers(world, 20.0)
    assert "Slack #ops: Failed: MX 2026-11-13" in play(world)


def test_the_fault_strikes_only_the_day_that_is_to_fail(world: World) -> None:
    fails_and_recovers(world, 1.0)
    play(world)
    (fault,) = world.faults
    assert (fault["day"], fault["times"]) == ("2026-11-13", 1)
    assert {"account", "marketplace_id", "report_type"} <= set(fault)


def test_it_ends_when_nothing_happens_any_more(world: World) -> None:
    world.at(5.0, world.becomes("running", "deferred"))
    with pytest.raises(Stalled, match=r"the end of run demo__.*without progress.*1 deferred, 1 success"):
        play(world)
    assert world.time.now() < 2 * STALLED_SECONDS


def test_a_run_that_succeeds_although_it_should_fail_is_reported(world: World) -> None:
    world.at(5.0, world.becomes("success", "success"))
    with pytest.raises(StartError, match="succeeded, although a report should have failed"):
        play(world)
