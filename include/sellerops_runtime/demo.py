"""`make demo`: starts everything, collects seven closed days of two sellers, prints a summary and stays up.

FULL=1 collects the whole catalogue instead of a few different reports. At the end one report fails on
purpose, to show the notice and the recovery.
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
from sellerops_runtime.local_browsers import chromium_or_advice
from sellerops_runtime.mart_answers import show_marts
from sellerops_runtime.polling import Observation, Poller
from sellerops_runtime.progress import Progress
from sellerops_runtime.report_selection import LISTINGS, rounds
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.runs import Runs, end_old_runs
from sellerops_runtime.signals import Interrupted, interruptible
from sellerops_runtime.stack import Stack, running_stack

DAYS = 7
# Faster for the whole catalogue, which would otherwise spend half of the time waiting for quota.
SPEED_VARIABLE, DEFAULT_SPEED, FULL_SPEED = "DEMO_SPEED", 30.0, 60.0
# Slow machines and the local BigQuery, which runs one job at a time, take long: give up only after this time
# without progress.
STALLED_SECONDS = 900.0
# How long Airflow may take to parse the DAG files before the demo reports an error.
READ_SECONDS = 240.0
# Poll rarely: the api-server shares the machine with the tasks.
_LOOK_EVERY = 3.0


def run_demo(
    *,
    once: bool,
    full: bool = False,
    bigquery: bool = False,
    portal: bool = False,
    marts: bool = False,
    celery: bool = False,
) -> int:
    """Run the whole demo.

    ``once``: return after printing the table instead of waiting for an interrupt. ``full``: collect every
    report in the catalogue. ``bigquery``: also load into a local BigQuery. ``portal``: also download files of
    web pages, if a Chromium is installed. ``marts``: also build the marts, and print profit, the bridge and
    what to order. ``celery``: run tasks on two Celery workers. Returns the exit code: 0 when everything was
    collected, 1 when something failed, 130 when interrupted before that.
    """
    speed = _speed(FULL_SPEED if full else DEFAULT_SPEED)
    progress = Progress()
    home = choose_home()
    progress.say(
        f"State is kept in {home.path}" + (f" ({home.reason}; DEMO_HOME sets another)" if home.reason else "")
    )
    portal = portal and chromium_or_advice(progress.say)
    code = 130
    with interruptible():
        try:
            with running_stack(home, progress, bigquery=bigquery, portal=portal, celery=celery) as stack:
                code = 1 if _collect_and_print(stack, progress, speed, full=full, marts=marts) else 0
                if not once:
                    _print_instructions(stack, progress)
                    _stay_up(stack, progress)
        except Interrupted:
            pass  # the usual way to end a demo; the exit code says how far it got
    return code


def _collect_and_print(
    stack: Stack, progress: Progress, speed: float, *, full: bool, marts: bool
) -> list[str]:
    """Collect and print the table; return the failures, one line each."""
    accounts = load_accounts()
    collected = CollectionSummary(stack.warehouse, accounts)
    try:
        failures = _collect(stack, collected, accounts, progress, speed, full=full, marts=marts)
        what = f"the whole catalogue, {len(collected.runs)} reports, over" if full else ""
        progress.say(" ".join(f"Collected {what} {DAYS} days of {len(accounts)} sellers".split()))
        progress.plain("\n" + table(collected.lines()) + "\n")
        failures += collected.problems()
        failures += _show_failure_and_recovery(stack, progress, accounts, speed)
        failures += show_marts(stack, progress) if marts else []
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
    """Run the failure scenario for a day before the last seven, which Amazon has already published."""
    first, _ = closed_days(stack.ledger.clock().now(), accounts)
    stack.set_speed(speed)
    failures = show_failure_and_recovery(stack, progress, first - timedelta(days=1))
    stack.set_speed(1.0)
    return failures


def _print_instructions(stack: Stack, progress: Progress) -> None:
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
    marts: bool,
) -> list[str]:
    specs, invalid = load_specs()
    chosen = rounds(specs, full=full, marts=marts)
    expected = [spec.dag_id for part in chosen for spec in part]
    poller = stack.poller(STALLED_SECONDS)
    with stack.airflow.api(poller) as api:
        wait_for_dags(api, expected, stack.poller(READ_SECONDS))
        stack.prefer_tasks()
        for line in describe_open_runs(end_old_runs(api), api.dags(), expected):
            progress.say(line)
        progress.say(
            f"Airflow is up at {stack.airflow.url} (login {USER}, password {stack.airflow.password})"
        )
        stack.set_speed(speed)
        progress.say(
            f"The local Amazon's clock runs {speed:g} times as fast as yours, so that quotas refill sooner"
        )
        first, last = closed_days(stack.ledger.clock().now(), accounts)
        progress.say(f"Collecting {first} to {last}: {len(expected)} reports, {len(accounts)} sellers")
        runs = Runs(api, chosen, first, last, LISTINGS, marts=marts)
        states = _follow(stack, api, runs, collected, poller)
        # Not on interruption: the local Amazon may be unresponsive, and the next start resets the speed
        # anyway.
        stack.set_speed(1.0)
    failed = [
        f"{dag_id}: its run is {states.get(dag_id, 'unfinished')}"
        for dag_id in expected
        if states.get(dag_id) != "success"
    ]
    return [*(str(failure.error) for failure in invalid), *failed]


def closed_days(now: datetime, accounts: dict[str, Account]) -> tuple[date, date]:
    """(first, last) of the latest seven days that are over at ``now`` in every account's marketplaces."""
    zones = {marketplace.timezone for account in accounts.values() for marketplace in account.marketplaces}
    last = min(now.astimezone(ZoneInfo(str(zone))).date() for zone in zones) - timedelta(days=1)
    return last - timedelta(days=DAYS - 1), last


def describe_open_runs(
    kept: Mapping[str, int], dags: Mapping[str, Mapping[str, Any]], expected: Collection[str]
) -> list[str]:
    """Lines about other people's unfinished runs, counted by DAG id in ``kept``."""
    waiting = {each for each in kept if dags.get(each, {}).get("is_paused") and each not in expected}
    texts = {
        "continue beside the demo's": set(kept) - waiting,
        "wait until their DAG is unpaused": waiting,
    }
    return [
        f"Runs of an earlier start {what}: "
        + ", ".join(f"{dag_id} ({kept[dag_id]})" for dag_id in sorted(dag_ids))
        for what, dag_ids in texts.items()
        if dag_ids
    ]


def wait_for_dags(api: AirflowApi, expected: list[str], poller: Poller) -> None:
    """Wait until Airflow knows all DAGs. Raises StartError with the missing ones and the import errors."""
    missing: list[str] = []

    def look() -> Observation[bool]:
        missing[:] = sorted(set(expected) - set(api.dags("report__%")))
        return Observation(
            not missing or None, len(missing), f"Airflow is up and has {len(missing)} DAGs left to parse"
        )

    try:
        poller.wait(look, "the DAGs", every=0.5)
    except Stalled as error:
        errors = [f"{each['filename']}: {each['stack_trace'].strip()}" for each in api.import_errors()]
        raise StartError(
            f"Airflow has no DAG {', '.join(missing)} after {poller.seconds:.0f} s. {' '.join(errors)}",
            remedy="Fix the file named above." if errors else "Read airflow-dag-processor.log.",
        ) from error


def _follow(
    stack: Stack, api: AirflowApi, runs: Runs, collected: CollectionSummary, poller: Poller
) -> dict[str, str]:
    """Show progress until all runs have ended or progress stops; return the ended runs' states by DAG id."""

    def look() -> Observation[dict[str, str]]:
        is_over = runs.advance()
        collected.runs = sorted(runs.by_dag.values())
        text = _how_far(api, runs, collected)
        if not stack.remember_clock():
            text += "; the local Amazon does not respond"
        return Observation(runs.states if is_over else None, text, text)

    try:
        return poller.wait(look, "the reports", every=_LOOK_EVERY)
    except Stalled:
        return runs.states


def _how_far(api: AirflowApi, runs: Runs, collected: CollectionSummary) -> str:
    days, known, rows = collected.progress()
    waiting, again = api.count_tasks("deferred"), api.count_tasks("up_for_retry")
    return (
        f"Reports finished {len(runs.states)} of {runs.number}; days loaded {days} of {known}; "
        f"rows {rows:,}; waiting for Amazon {waiting}" + (f"; waiting to retry {again}" if again else "")
    )


def _stay_up(stack: Stack, progress: Progress) -> None:
    """Wait for an interrupt or until a component exits; report when the local Amazon stops answering."""
    is_silent = False
    while True:
        stack.check_alive()
        answers = stack.remember_clock()
        if answers is is_silent:
            is_silent = not answers
            progress.say(
                "The local Amazon " + ("responds again" if answers else "does not respond; waiting for it")
            )
        time.sleep(2.0)


def _speed(default: float) -> float:
    value = os.environ.get(SPEED_VARIABLE, "").strip() or str(default)
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 600:
        raise StartError(
            f"{value!r} is not a valid speed.",
            where=SPEED_VARIABLE,
            remedy=f"Set {SPEED_VARIABLE} to a number from 1 to 600.",
        )
    return speed
