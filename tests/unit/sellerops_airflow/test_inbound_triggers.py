"""Inbound work in the triggerer ends in one event, typed, not too early, whatever happens to it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner
from support.fake_runtime import FakeRuntime
from support.fake_time import sleep_at_once

from sellerops.base.errors import CredentialsError, GiveUpError, OperationFailed, RetryableError
from sellerops.inbound import workflow
from sellerops.inbound.store import RunState
from sellerops.inbound.workflow import StepOutcome, StepState
from sellerops.settings.accounts import Account
from sellerops_airflow.runs.trigger_events import result_of
from sellerops_airflow.runtime import use_runtime
from sellerops_airflow.triggers import inbound_decision
from sellerops_airflow.triggers.inbound import InboundStepTrigger, ValidateRequestTrigger
from sellerops_airflow.triggers.inbound_decision import DecisionTrigger
from sellerops_airflow.triggers.report import FIRST_EVENT_AFTER_S

STEP = InboundStepTrigger(step="create_plan", inbound_run_id=17)
TRIGGERS = [
    STEP,
    DecisionTrigger(
        inbound_run_id=17,
        after=3,
        asked_in=["fba_inbound_approval", "inbound_17"],
        until=1.5,
        outdated="01a22742-80ac-7453-942f-1f7a1d550ec8",
    ),
    ValidateRequestTrigger(
        values={"account": "northwind_na", "items": [{"sku": "A", "quantity": 1}]},
        account_id="northwind_na",
        dag_id="fba_inbound",
        run_id="manual__1",
        requested_by="ada",
    ),
]


class Runtime(FakeRuntime):
    """Services and a store whose newest decision is the next in a list; both must be used off the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.decisions: list[int] = []
        self.state = RunState.AWAITING_APPROVAL

    @property
    def inbound_store(self) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        return SimpleNamespace(
            run=lambda _: SimpleNamespace(account_id="northwind_na", state=self.state),
            newest_decision=self._newest,
        )

    def inbound_services(self, account: Account) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        return SimpleNamespace(account=account)

    def _newest(self, _: int) -> Any:
        found = self.decisions.pop(0)
        return SimpleNamespace(id=found) if found else None


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with use_runtime(Runtime()) as ours:
        assert isinstance(ours, Runtime)
        yield ours


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often the triggerer may still see each run queued or running; for ever if it is not named."""
    left: dict[str, int] = {}

    def count_runs(dag_id: str, *states: str, run_ids: list[str]) -> int:
        assert threading.current_thread() is not threading.main_thread()
        assert (dag_id, states) == ("fba_inbound_approval", ("queued", "running"))
        (run_id,) = run_ids
        left[run_id] = left.get(run_id, 0 if run_id.endswith("_again") else 99) - 1
        return int(left[run_id] >= 0)

    monkeypatch.setattr(inbound_decision, "count_runs", count_runs)
    return left


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that the loop would have slept."""
    return sleep_at_once(monkeypatch)


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the step does: the error it raises or the outcome it returns; then what it was called with."""
    script: list[Any] = []

    async def run_step(name: str, inbound_run_id: int, services: Any) -> StepOutcome:
        told = script.pop(0)
        script.append((name, inbound_run_id, services.account.id))
        if isinstance(told, Exception):
            raise told
        outcome: StepOutcome = told
        return outcome

    monkeypatch.setattr(workflow, "run_step", run_step)
    return script


def event_of(trigger: Any) -> dict[str, Any]:
    async def collect() -> list[Any]:
        return [json.loads(json.dumps(event.payload)) async for event in trigger.run()]

    (event,) = asyncio.run(collect())
    found: dict[str, Any] = event
    return found


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda each: type(each).__name__)
def test_each_can_be_rebuilt_from_its_plain_values(trigger: Any) -> None:
    classpath, values = trigger.serialize()
    module, _, name = classpath.rpartition(".")
    assert (module, name) == (type(trigger).__module__, type(trigger).__name__)
    assert type(trigger)(**json.loads(json.dumps(values))).serialize() == (classpath, values)


def test_the_outcome_of_a_step_is_the_event_and_does_not_come_before_the_floor(
    runtime: Runtime, step: list[Any], slept: list[float]
) -> None:
    step.append(StepOutcome(StepState.DONE, "created plan wf1"))
    assert result_of(event_of(STEP)) == {"state": "done", "summary": "created plan wf1"}
    assert step == [("create_plan", 17, "northwind_na")]
    assert slept == [pytest.approx(FIRST_EVENT_AFTER_S, abs=1.0)]


def test_amazons_problems_arrive_verbatim(runtime: Runtime, step: list[Any], slept: list[float]) -> None:
    problems = [{"code": "FBA_INB_0182", "message": "Prep classification is missing", "severity": "ERROR"}]
    step.append(
        OperationFailed("createInboundPlan failed.", where="plan", remedy="Fix it.", problems=problems)
    )
    with pytest.raises(OperationFailed, match="Fix it") as caught:
        result_of(event_of(STEP))
    assert caught.value.details["problems"] == problems


def test_an_unforeseen_error_is_tried_again_and_shows_no_secret(
    runtime: Runtime, step: list[Any], slept: list[float]
) -> None:
    step.append(ZeroDivisionError("oops, Atza|a-token"))
    event = event_of(STEP)
    assert "a-token" not in str(event)
    with pytest.raises(RetryableError, match="ZeroDivisionError: oops"):
        result_of(event)


def test_refused_credentials_are_read_again_next_time(
    runtime: Runtime, step: list[Any], slept: list[float]
) -> None:
    step.append(CredentialsError("refused."))
    with pytest.raises(CredentialsError):
        result_of(event_of(STEP))
    assert runtime.forgotten == ["northwind_na"]


def decision(**more: Any) -> DecisionTrigger:
    return DecisionTrigger(
        inbound_run_id=17, after=3, asked_in=["fba_inbound_approval", "inbound_17"], **more
    )


def test_a_wait_for_a_decision_ends_with_the_next_one(
    runtime: Runtime, asking: dict[str, int], slept: list[float]
) -> None:
    runtime.decisions = [0, 3, 3, 4]
    assert result_of(event_of(decision(until=time.time() + 3600))) == {"decision_id": 4}
    assert slept[:-1] == [inbound_decision.DECISION_CHECK_S] * 3


def test_a_run_that_ends_without_a_decision_is_not_waited_for(
    runtime: Runtime, asking: dict[str, int], slept: list[float]
) -> None:
    runtime.decisions, runtime.state = [3], RunState.CANCELLED
    assert result_of(event_of(decision())) == {"decision_id": 3}
    assert inbound_decision.DECISION_CHECK_S not in slept


def test_a_wait_ends_when_the_run_that_asks_has_failed_or_is_deleted(
    runtime: Runtime, asking: dict[str, int], slept: list[float]
) -> None:
    runtime.decisions, asking["inbound_17"] = [3, 3, 3], 2
    with pytest.raises(GiveUpError, match=r"inbound_17 of fba_inbound_approval.* has ended") as caught:
        result_of(event_of(decision()))
    assert "clear this task" in str(caught.value)
    # One that ends because somebody has decided brings that decision.
    runtime.decisions, asking["inbound_17"] = [4], 0
    assert result_of(event_of(decision())) == {"decision_id": 4}


def test_a_wait_ends_when_the_question_should_have_been_answered_long_ago(
    runtime: Runtime, asking: dict[str, int], slept: list[float]
) -> None:
    """Such as in a DAG that somebody has paused; but not while that run itself waits for another one."""
    runtime.decisions, asking["inbound_17_again"] = [3, 3], 1
    with pytest.raises(GiveUpError, match=r"no decision in time.* Unpause that DAG"):
        result_of(event_of(decision(until=time.time() - 1)))
    assert slept[:-1] == [inbound_decision.DECISION_CHECK_S]


def test_an_error_of_another_version_gives_up(runtime: Runtime) -> None:
    values = {"type": "FutureError", "cause": "x.", "where": "", "remedy": "Look.", "details": {}}
    with pytest.raises(Exception, match="Look") as caught:
        result_of({"error": values})
    assert type(caught.value).__name__ == "GiveUpError"


@pytest.mark.parametrize("is_answered", [False, True])
def test_an_outdated_question_is_withdrawn_first_unless_somebody_has_answered_it(
    runtime: Runtime,
    asking: dict[str, int],
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
    is_answered: bool,
) -> None:
    told: list[Any] = []

    async def asend(message: Any) -> None:
        told.append(message)
        if is_answered:
            raise RuntimeError("409 Conflict")

    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", SimpleNamespace(asend=asend), raising=False)
    runtime.decisions = [4]
    task = "01a22742-80ac-7453-942f-1f7a1d550ec8"
    assert result_of(event_of(decision(outdated=task))) == {"decision_id": 4}
    assert [str(message.ti_id) for message in told] == [task]
