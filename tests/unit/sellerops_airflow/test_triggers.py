"""A wait survives restarts, never fires too early, never raises; a thousand of them do not block the loop."""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
from typing import Any

import pytest
from support.fake_runtime import DAG_ID, NOW, SLICE, FakeCollector, FakeRuntime
from support.fake_time import sleep_at_once

from sellerops.base.errors import ConfigurationError, CredentialsError, RetryableError
from sellerops.collect import WaitOutcome, WaitResult
from sellerops.rate_limits import Priority
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec
from sellerops_airflow.runtime import use_runtime
from sellerops_airflow.triggers import report
from sellerops_airflow.triggers.report import ReportTrigger

RUN = {
    "dag_id": DAG_ID,
    "run_id": "r",
    "task_id": "northwind_na.slice.fetch_report",
    "map_index": 2,
    "try_number": 1,
    "report": "sales_and_traffic",
}


def trigger() -> ReportTrigger:
    return ReportTrigger(
        report=DAG_ID,
        account_id="northwind_na",
        slice_=SLICE.to_dict(),
        run=RUN,
        request_ids=[7],
        reference=NOW.isoformat(),
        priority="backfill",
    )


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "FIRST_EVENT_AFTER_S", 0.0)


def events(item: ReportTrigger) -> list[Any]:
    async def collect() -> list[Any]:
        return [event.payload async for event in item.run()]

    return asyncio.run(collect())


def test_it_can_be_rebuilt_from_its_plain_values() -> None:
    classpath, values = trigger().serialize()
    module, _, name = classpath.rpartition(".")
    assert (module, name) == (ReportTrigger.__module__, ReportTrigger.__name__)
    assert ReportTrigger(**json.loads(json.dumps(values))).serialize() == (classpath, values)


@pytest.mark.usefixtures("at_once")
def test_the_event_is_the_result_of_the_wait(runtime: FakeRuntime) -> None:
    result = WaitResult(WaitOutcome.READY, "the document is ready", (7,))
    runtime.fake_collector.waits = [result]
    (payload,) = events(trigger())
    assert WaitResult.from_dict(json.loads(json.dumps(payload))) == result
    (call,) = runtime.fake_collector.calls
    assert (call["slice_"], call["request_ids"], call["reference"]) == (SLICE, (7,), NOW)
    assert call["run"].map_index == 2
    assert runtime.asked == [("sales_and_traffic", "northwind_na", Priority.BACKFILL)]


@pytest.mark.usefixtures("at_once")
def test_an_error_outside_the_wait_becomes_an_event_with_its_type(runtime: FakeRuntime) -> None:
    runtime.fake_collector.waits = [ConfigurationError("is not set.", where="variable x", remedy="Set it.")]
    (payload,) = events(trigger())
    with pytest.raises(ConfigurationError, match="Set it"):
        WaitResult.from_dict(payload).raise_if_failed()


@pytest.mark.usefixtures("at_once")
def test_an_unforeseen_error_becomes_an_event_that_is_tried_again(runtime: FakeRuntime) -> None:
    runtime.fake_collector.waits = [ZeroDivisionError("oops, Atza|a-token")]
    (payload,) = events(trigger())
    with pytest.raises(RetryableError, match="ZeroDivisionError: oops"):
        WaitResult.from_dict(payload).raise_if_failed()
    assert "a-token" not in str(payload)


@pytest.mark.usefixtures("at_once")
def test_refused_credentials_are_read_again_next_time(runtime: FakeRuntime) -> None:
    error = CredentialsError("refused.")
    runtime.fake_collector.waits = [WaitResult(WaitOutcome.FAILED, "refused.", (7,), error)]
    (payload,) = events(trigger())
    assert payload["error"]["type"] == "CredentialsError"
    assert runtime.forgotten == ["northwind_na"]


def test_no_event_comes_before_the_floor(runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow 3.3.2 fails a task whose trigger fires within about three seconds of its deferral."""
    slept = sleep_at_once(monkeypatch)
    events(trigger())
    assert report.FIRST_EVENT_AFTER_S >= 10
    assert slept == [pytest.approx(report.FIRST_EVENT_AFTER_S, abs=1.0)]


@pytest.mark.usefixtures("at_once")
def test_a_wait_cancelled_by_the_triggerer_is_no_event(runtime: FakeRuntime) -> None:
    """A restart cancels the coroutine; an event would then end a wait that continues elsewhere."""

    waiting = asyncio.Event()

    class Forever(FakeCollector):
        async def wait(self, *_: Any, **__: Any) -> WaitResult:
            waiting.set()
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

    runtime.fake_collector = Forever()

    async def cancelled() -> list[Any]:
        seen: list[Any] = []

        async def watch() -> None:
            async for event in trigger().run():
                seen.append(event)

        task = asyncio.create_task(watch())
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert asyncio.run(cancelled()) == []


class _OffLoop(FakeRuntime):
    """Reading specs, connections and files blocks, so none of it may happen on the loop's thread."""

    def collector(self, spec: ReportSpec, account: Account, priority: Priority) -> FakeCollector:
        assert threading.current_thread() is not threading.main_thread()
        return super().collector(spec, account, priority)


@pytest.mark.usefixtures("at_once")
def test_a_thousand_waits_do_what_blocks_off_the_loop() -> None:
    """`_OffLoop` fails when called on the loop's thread. benchmarks/triggerer_loop.py measures how long
    the loop is blocked.
    """

    async def scene() -> int:
        async def one(item: ReportTrigger) -> int:
            return len([event async for event in item.run()])

        return sum(await asyncio.gather(*(one(trigger()) for _ in range(1000))))

    runtime = _OffLoop()
    with use_runtime(runtime):
        assert asyncio.run(scene()) == 1000
    assert len(runtime.asked) == 1000


def test_a_wait_deferred_under_the_former_name_continues() -> None:
    before = trigger()
    _, values = before.serialize()
    module, _, name = "sellerops_airflow.triggers.amazon_sp.SpApiReportTrigger".rpartition(".")
    restored = getattr(importlib.import_module(module), name)(**values)
    assert restored.serialize() == before.serialize()


def test_a_wait_deferred_with_the_former_argument_continues() -> None:
    """The slice was once called ``piece``."""
    _, values = trigger().serialize()
    restored = ReportTrigger(
        **{"piece": values["slice_"], **{k: v for k, v in values.items() if k != "slice_"}}
    )
    assert restored.serialize()[1] == values
