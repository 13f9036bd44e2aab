"""The demo's last part: a report fails on purpose; people hear of it, and in its thread of the recovery."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sellerops.accounts import Account, load_accounts
from sellerops.marketplaces import Marketplace
from sellerops.specs import load_spec
from sellerops_runtime.errors import StartError
from sellerops_runtime.local_amazon import control
from sellerops_runtime.progress import Progress
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.stack import Stack

REPORT = "sales_and_traffic"
# Airflow tells of a run's end a little after it; then the message goes out.
_TOLD_SECONDS = 60.0
_RUN_SECONDS = 240.0


def show_failure_and_recovery(stack: Stack, progress: Progress, last: date) -> list[str]:
    """Let a shop's report of a day up to ``last`` fail once, and clear it; what did not go so, one line each.

    The day is one that nobody collected, so that Amazon is asked.
    """
    spec, account = load_spec(REPORT), next(iter(load_accounts().values()))
    shop = account.marketplaces[-1]
    day = last_unknown(last, (row.day for row in stack.ledger.slice_states(report=REPORT, last_day=last)))
    progress.say(
        f"On purpose, Amazon refuses {spec.name} of {account.id} {shop.code} {day}; "
        f"what people hear stands at {stack.amazon.url}/slack"
    )
    try:
        with stack.airflow.api() as api:
            _tell_the_story(stack, api, progress, _Scene(spec.dag_id, account, shop, day))
    except StartError as error:
        return [f"failure and recovery: {error}"]
    return []


def last_unknown(last: date, known: Iterable[date | None]) -> date:
    """The last day up to ``last`` that is none of ``known``.

    The demo's clock may have passed midnight since it chose its days: then ``last`` is one of them.
    """
    days, day = set(known), last
    while day in days:
        day -= timedelta(days=1)
    return day


class _Scene:
    """Which run fails, and for which shop."""

    def __init__(self, dag_id: str, account: Account, shop: Marketplace, day: date) -> None:
        self.dag_id, self.account, self.shop = dag_id, account, shop
        self.day = day.isoformat()
        self.run_id = f"demo__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}__fails_on_purpose"

    @property
    def conf(self) -> dict[str, Any]:
        return {"from_day": self.day, "to_day": self.day, "accounts": [self.account.id]}


def _tell_the_story(stack: Stack, api: AirflowApi, progress: Progress, scene: _Scene) -> None:
    before = len(_messages(stack))
    fault = {
        "fault": "fatal",
        "report_type": load_spec(REPORT).report_type,
        "marketplace_id": scene.shop.id,
        "times": 1,
    }
    control(stack.amazon.url, "POST", "faults", fault)
    api.trigger(scene.dag_id, scene.conf, scene.run_id)
    run = api.wait_for_run(scene.dag_id, scene.run_id, _RUN_SECONDS)
    if run["state"] != "failed":
        raise StartError(f"the run {scene.run_id} ended well, though a report was to fail.")
    opened = _wait(lambda: _messages(stack)[before:], "no message about the failure came")
    progress.say(f"Slack {opened[0]['channel']}: {_first_line(opened[0])}")
    failed = [ti for ti in api.task_instances(scene.dag_id, scene.run_id) if ti["state"] == "failed"]
    cleared: list[str | list[Any]] = [[ti["task_id"], ti["map_index"]] for ti in failed]
    api.clear(scene.dag_id, scene.run_id, cleared, include_downstream=True)
    progress.say(f"Cleared the {len(failed)} failed task, as you would in the UI")
    run = api.wait_for_run(scene.dag_id, scene.run_id, _RUN_SECONDS)
    if run["state"] != "success":
        raise StartError(f"the run {scene.run_id} is {run['state']} after its failed task was cleared.")
    thread = str(opened[0]["ts"])
    answers = _wait(lambda: _answers(stack, thread), "its recovery was not told in the thread")
    progress.say(f"Slack, in the thread: {_first_line(answers[-1])}")


def _messages(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = control(stack.amazon.url, "GET", "slack")["messages"]
    return found


def _answers(stack: Stack, thread: str) -> list[dict[str, Any]]:
    return [message for message in _messages(stack) if message.get("thread_ts") == thread]


def _wait(look: Callable[[], list[dict[str, Any]]], otherwise: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + _TOLD_SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise StartError(
                f"{otherwise} within {_TOLD_SECONDS:.0f} s.", remedy="Read airflow-dag-processor.log."
            )
        time.sleep(0.5)
    return found


def _first_line(message: dict[str, Any]) -> str:
    return str(message.get("text", "")).splitlines()[0]
