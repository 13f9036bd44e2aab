"""The demo's last part: a report fails on purpose and recovers in the thread of its notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.marketplaces import Marketplace
from sellerops.settings.specs import load_spec
from sellerops_runtime.errors import StartError
from sellerops_runtime.local_amazon import control
from sellerops_runtime.polling import Observation, Poller, Unanswered
from sellerops_runtime.progress import Progress
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.runs import PREFIX
from sellerops_runtime.stack import Stack

REPORT = "sales_and_traffic"
# Give up after this time without progress.
STALLED_SECONDS = 600.0
# Timeout for one attempt to read the messages; failed reads are repeated.
_LOOK_SECONDS = 10.0


def show_failure_and_recovery(stack: Stack, progress: Progress, last: date) -> list[str]:
    """Let one marketplace's report fail once and clear it; return what went wrong, one line each.

    Uses the latest day up to ``last`` that has not been collected yet, so that a report is requested.
    """
    spec, account = load_spec(REPORT), next(iter(load_accounts().values()))
    marketplace = account.marketplaces[-1]
    day = last_uncollected_day(
        last, (row.day for row in stack.ledger.slice_states(report=REPORT, last_day=last))
    )
    progress.say(
        f"Letting {spec.name} of {account.id} {marketplace.code} {day} fail on purpose; "
        f"{stack.amazon.url}/slack shows the notices"
    )
    poller = stack.poller(STALLED_SECONDS)
    try:
        with stack.airflow.api(poller) as api:
            scenario = FailureScenario(spec.dag_id, spec.report_type, account, marketplace, day)
            run_scenario(stack.amazon.url, api, progress, scenario, poller)
    except StartError as error:
        return [f"failure and recovery: {error}"]
    return []


def last_uncollected_day(last: date, known: Iterable[date | None]) -> date:
    """The latest day up to ``last`` that is not in ``known``.

    ``last`` itself may be known, because the demo's clock may have passed midnight since the days were
    chosen.
    """
    days, day = set(known), last
    while day in days:
        day -= timedelta(days=1)
    return day


class FailureScenario:
    """The run that fails, with its account, marketplace and day, and the fault to inject."""

    def __init__(
        self, dag_id: str, report_type: str, account: Account, marketplace: Marketplace, day: date
    ) -> None:
        self.dag_id, self.account, self.marketplace = dag_id, account, marketplace
        self.day = day.isoformat()
        self.run_id = f"{PREFIX}{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}__fails_on_purpose"
        self.conf = {"from_day": self.day, "to_day": self.day, "accounts": [account.id]}
        # For this day only, since other runs, such as a backfill, may request the same report meanwhile.
        self.fault = {
            "fault": "fatal",
            "report_type": report_type,
            "account": account.id,
            "marketplace_id": marketplace.id,
            "day": self.day,
            "times": 1,
        }


def run_scenario(
    amazon: str, api: AirflowApi, progress: Progress, scenario: FailureScenario, poller: Poller
) -> None:
    """Run the scenario against the local Amazon at URL ``amazon``. Raises StartError when a step fails."""
    control(amazon, "POST", "faults", scenario.fault)
    api.trigger(scenario.dag_id, scenario.conf, scenario.run_id)
    if _end_of(api, scenario, poller) != "failed":
        raise StartError(f"run {scenario.run_id} succeeded, although a report should have failed.")
    opened = poller.wait(
        lambda: _look(amazon, lambda each: scenario.day in str(each) and not each.get("thread_ts")),
        "the failure notice",
        remedy="Read airflow-dag-processor.log.",
    )[0]
    progress.say(f"Slack {opened['channel']}: {_first_line(opened)}")
    failed = [ti for ti in api.task_instances(scenario.dag_id, scenario.run_id) if ti["state"] == "failed"]
    cleared: list[str | list[Any]] = [[ti["task_id"], ti["map_index"]] for ti in failed]
    api.clear(scenario.dag_id, scenario.run_id, cleared, include_downstream=True)
    progress.say(f"Cleared the {len(failed)} failed task, as you would in the UI")
    if (state := _end_of(api, scenario, poller)) != "success":
        raise StartError(f"run {scenario.run_id} is {state} after its failed task was cleared.")
    answers = poller.wait(
        lambda: _look(amazon, lambda each: each.get("thread_ts") == opened["ts"]),
        "the recovery in the notice's thread",
        remedy="Read airflow-dag-processor.log.",
    )
    progress.say(f"Slack, in the thread: {_first_line(answers[-1])}")


def _end_of(api: AirflowApi, scenario: FailureScenario, poller: Poller) -> str:
    """Wait until the run has ended; return ``success`` or ``failed``."""

    def look() -> Observation[str]:
        state = str(api.run(scenario.dag_id, scenario.run_id)["state"])
        if state in ("success", "failed"):
            return Observation(state, state)
        tasks = api.task_instances(scenario.dag_id, scenario.run_id)
        moving = [(ti["task_id"], ti["map_index"], ti["state"], ti["try_number"]) for ti in tasks]
        counts = Counter(str(ti["state"] or "not started") for ti in tasks)
        text = ", ".join(f"{number} {each}" for each, number in sorted(counts.items()))
        return Observation(None, sorted(map(str, moving)), f"Waiting for the run to end; its tasks: {text}")

    return poller.wait(look, f"the end of run {scenario.run_id}", every=2.0)


def _look(amazon: str, is_it: Callable[[dict[str, Any]], bool]) -> Observation[list[dict[str, Any]]]:
    """The matching messages among all that Slack received, oldest first."""
    try:
        messages = control(amazon, "GET", "slack", within=_LOOK_SECONDS)["messages"]
    except StartError as error:
        raise Unanswered("the local Amazon does not answer") from error
    found = [message for message in messages if is_it(message)]
    return Observation(found or None, len(messages))


def _first_line(message: dict[str, Any]) -> str:
    return str(message.get("text", "")).splitlines()[0]
