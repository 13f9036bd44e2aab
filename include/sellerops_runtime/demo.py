"""`make demo`: starts everything, collects seven closed days of two sellers, prints what came, stays up.

With FULL=1 the whole catalogue, else the reports that differ most from each other. Last, one fails on
purpose, to show what people are told.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import load_specs
from sellerops_runtime.airflow import USER
from sellerops_runtime.collection_summary import CollectionSummary, table
from sellerops_runtime.errors import Stalled, StartError
from sellerops_runtime.failure_scenario import show_failure_and_recovery
from sellerops_runtime.home import choose_home
from sellerops_runtime.instructions import instructions
from sellerops_runtime.polling import Observation, Poller
from sellerops_runtime.progress import Progress
from sellerops_runtime.report_selection import LISTINGS, rounds
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.runs import Runs, end_old_runs
from sellerops_runtime.signals import Interrupted, interruptible
from sellerops_runtime.stack import Stack, running_stack

DAYS = 7
# The whole catalogue waits for quota half of the time at the speed that shows a few reports well.
SPEED_VARIABLE, DEFAULT_SPEED, FULL_SPEED = "DEMO_SPEED", 30.0, 60.0
# A slow machine takes its time, and so does the local BigQuery, which takes one job at a time: the demo waits
# as long as anything moves.
STALLED_SECONDS = 900.0
# A DAG file that cannot be read is told after so many seconds.
READ_SECONDS = 240.0
# The api-server shares the machine with the tasks it tells about: it is asked seldom.
_LOOK_EVERY = 3.0


def run_demo(*, once: bool, full: bool = False, bigquery: bool = False) -> int:
    """The whole demo. ``once``: end after the table instead of waiting to be interrupted. ``full``: every
    report of the catalogue. ``bigquery``: all of it goes into a local BigQuery, too.

    The exit code: 0 when all was collected, 1 when something failed, 130 when interrupted before.
    """
    speed = _speed(FULL_SPEED if full else DEFAULT_SPEED)
    progress = Progress()
    home = choose_home()
    progress.say(
        f"State is kept in {home.path}" + (f" ({home.reason}; DEMO_HOME sets another)" if home.reason else "")
    )
    code = 130
    with interruptible():
        try:
            with running_stack(home, progress, bigquery=bigquery) as stack:
                code = 1 if _collect_and_tell(stack, progress, speed, full=full) else 0
                if not once:
                    _tell_the_way_in(stack, progress)
                    _stay_up(stack, progress)
        except Interrupted:
            pass  # the way to end it: the code says how far it came
    return code


def _collect_and_tell(stack: Stack, progress: Progress, speed: float, *, full: bool) -> list[str]:
    """Collect and print the table; what failed, one line each."""
    accounts = load_accounts()
    collected = CollectionSummary(stack.warehouse, accounts)
    try:
        failures = _collect(stack, collected, accounts, progress, speed, full=full)
        what = f"the whole catalogue, {len(collected.runs)} reports, over" if full else ""
        progress.say(" ".join(f"Collected {what} {DAYS} days of {len(accounts)} sellers".split()))
        progress.plain("\n" + table(collected.lines()) + "\n")
        failures += collected.problems()
        failures += _show_failure_and_recovery(stack, progress, accounts, speed)
    finally:
        collected.close()
    for failure in failures:
        progress.plain(f"FAILED  {failure}")
    if failures:
        progress.plain(f"Logs are in {stack.home.logs}")
    return failures


def _show_failure_and_recovery(
    stack: Stack, progress: Progress, accounts: dict[str, Account], speed: float
) -> list[str]:
    """With a day before the last seven, which Amazon has published long since."""
    first, _ = closed_days(stack.ledger.clock().now(), accounts)
    stack.set_speed(speed)
    failures = show_failure_and_recovery(stack, progress, first - timedelta(days=1))
    stack.set_speed(1.0)
    return failures


def _tell_the_way_in(stack: Stack, progress: Progress) -> None:
    first, _ = closed_days(stack.ledger.clock().now(), load_accounts())
    with stack.airflow.api(stack.poller(STALLED_SECONDS)) as api:
        progress.plain(instructions(stack, api, first))


def _collect(
    stack: Stack,
    collected: CollectionSummary,
    accounts: dict[str, Account],
    progress: Progress,
    speed: float,
    *,
    full: bool,
) -> list[str]:
    specs, invalid = load_specs()
    chosen = rounds(specs, full=full)
    expected = [spec.dag_id for part in chosen for spec in part]
    poller = stack.poller(STALLED_SECONDS)
    with stack.airflow.api(poller) as api:
        wait_for_dags(api, expected, stack.poller(READ_SECONDS))
        for line in describe_open_runs(end_old_runs(api), api.dags(), expected):
            progress.say(line)
        progress.say(
            f"Airflow is up at {stack.airflow.url} (login {USER}, password {stack.airflow.password})"
        )
        stack.set_speed(speed)
        progress.say(
            f"The local Amazon's clock runs {speed:g} times as fast as yours, to refill quotas sooner"
        )
        first, last = closed_days(stack.ledger.clock().now(), accounts)
        progress.say(f"Collecting {first} to {last}: {len(expected)} reports, {len(accounts)} sellers")
        runs = Runs(api, chosen, first, last, LISTINGS)
        states = _follow(stack, api, runs, collected, poller)
        # Not when it is interrupted: the local Amazon may be silent, and the next start begins at this speed.
        stack.set_speed(1.0)
    failed = [
        f"{dag_id}: its run is {states.get(dag_id, 'not over')}"
        for dag_id in expected
        if states.get(dag_id) != "success"
    ]
    return [*(str(failure.error) for failure in invalid), *failed]


def closed_days(now: datetime, accounts: dict[str, Account]) -> tuple[date, date]:
    """The last seven days that are over in every shop of every account at ``now``: (first, last)."""
    zones = {marketplace.timezone for account in accounts.values() for marketplace in account.marketplaces}
    last = min(now.astimezone(ZoneInfo(str(zone))).date() for zone in zones) - timedelta(days=1)
    return last - timedelta(days=DAYS - 1), last


def describe_open_runs(
    kept: Mapping[str, int], dags: Mapping[str, Mapping[str, Any]], expected: Collection[str]
) -> list[str]:
    """What to say of the runs that others left open, by DAG id; those of ``expected`` are unpaused anyway."""
    waiting = {each for each in kept if dags.get(each, {}).get("is_paused") and each not in expected}
    texts = {
        "go on beside the demo's": set(kept) - waiting,
        "wait until their DAG is unpaused": waiting,
    }
    return [
        f"Runs of an earlier start {what}: "
        + ", ".join(f"{dag_id} ({kept[dag_id]})" for dag_id in sorted(dag_ids))
        for what, dag_ids in texts.items()
        if dag_ids
    ]


def wait_for_dags(api: AirflowApi, expected: list[str], poller: Poller) -> None:
    """Until Airflow knows all of them. Raises StartError naming what it could not read, or does not know."""
    missing: list[str] = []

    def look() -> Observation[bool]:
        missing[:] = sorted(set(expected) - set(api.dags("report__%")))
        return Observation(
            not missing or None, len(missing), f"Airflow is up; it has yet to read {len(missing)} DAGs"
        )

    try:
        poller.wait(look, "the DAGs", every=0.5)
    except Stalled as error:
        errors = [f"{each['filename']}: {each['stack_trace'].strip()}" for each in api.import_errors()]
        raise StartError(
            f"Airflow does not know {', '.join(missing)} after {poller.seconds:.0f} s. {' '.join(errors)}",
            remedy="Mend the file named above." if errors else "Read airflow-dag-processor.log.",
        ) from error


def _follow(
    stack: Stack, api: AirflowApi, runs: Runs, collected: CollectionSummary, poller: Poller
) -> dict[str, str]:
    """Show how far the runs are until all have ended or nothing moves any more.

    State by DAG id of those that have ended.
    """

    def look() -> Observation[dict[str, str]]:
        is_over = runs.advance()
        collected.runs = sorted(runs.by_dag.values())
        text = _how_far(api, runs, collected)
        if not stack.remember_clock():
            text += "; the local Amazon is silent"
        return Observation(runs.states if is_over else None, text, text)

    try:
        return poller.wait(look, "the reports", every=_LOOK_EVERY)
    except Stalled:
        return runs.states


def _how_far(api: AirflowApi, runs: Runs, collected: CollectionSummary) -> str:
    days, known, rows = collected.progress()
    waiting, again = api.count_tasks("deferred"), api.count_tasks("up_for_retry")
    return (
        f"Reports ended {len(runs.states)} of {runs.number}; days loaded {days} of {known}; "
        f"rows {rows:,}; waiting for Amazon {waiting}" + (f"; to be tried again {again}" if again else "")
    )


def _stay_up(stack: Stack, progress: Progress) -> None:
    """Until somebody interrupts, or a part ends. A local Amazon that is silent is told of, and waited for."""
    is_silent = False
    while True:
        stack.check_alive()
        answers = stack.remember_clock()
        if answers is is_silent:
            is_silent = not answers
            progress.say(
                "The local Amazon " + ("answers again" if answers else "does not answer; waiting for it")
            )
        time.sleep(2.0)


def _speed(usual: float) -> float:
    asked = os.environ.get(SPEED_VARIABLE, "").strip() or str(usual)
    try:
        speed = float(asked)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 600:
        raise StartError(
            f"{asked!r} is no speed.", where=SPEED_VARIABLE, remedy=f"Set {SPEED_VARIABLE} to 1 to 600."
        )
    return speed
