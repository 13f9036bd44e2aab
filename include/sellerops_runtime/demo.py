"""`make demo`: starts everything, collects seven closed days of two sellers, prints what came, stays up.

With FULL=1 the whole catalogue, else the reports that differ most from each other. Last, one fails on
purpose, to show what people are told.
"""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sellerops.accounts import Account, load_accounts
from sellerops.specs import load_specs
from sellerops_runtime.airflow import USER
from sellerops_runtime.choice import LISTINGS, rounds
from sellerops_runtime.collected import Collected, table
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import choose_home
from sellerops_runtime.progress import Progress
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.runs import Runs, end_old_runs
from sellerops_runtime.signals import Interrupted, interruptible
from sellerops_runtime.stack import Stack, running
from sellerops_runtime.story import show_failure_and_recovery

DAYS = 7
# The whole catalogue waits for quota half of the time at the speed that shows a few reports well.
SPEED_VARIABLE, DEFAULT_SPEED, FULL_SPEED = "DEMO_SPEED", 30.0, 60.0
COLLECT_SECONDS, FULL_SECONDS = 900.0, 5400.0
BIGQUERY_TIMES = 3
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
            with running(home, progress, bigquery=bigquery) as stack:
                code = 1 if _collect_and_tell(stack, progress, speed, full=full) else 0
                if not once:
                    _tell_the_way_in(stack, progress)
                    _stay_up(stack)
        except Interrupted:
            pass  # the way to end it: the code says how far it came
    return code


def _collect_and_tell(stack: Stack, progress: Progress, speed: float, *, full: bool) -> list[str]:
    """Collect and print the table; what failed, one line each."""
    accounts = load_accounts()
    collected = Collected(stack.warehouse, accounts)
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
    try:
        return show_failure_and_recovery(stack, progress, first - timedelta(days=1))
    finally:
        stack.set_speed(1.0)


def _tell_the_way_in(stack: Stack, progress: Progress) -> None:
    progress.plain(
        f"Airflow   {stack.airflow.url}   user {USER}, password {stack.airflow.password}\n"
        f"Amazon    {stack.amazon.url}/slack shows the notices it was sent\n"
        f"Postgres  {stack.command('psql')}, or psql '{stack.warehouse}'\n"
        f"Commands  {stack.command('sellerops --help')}, {stack.command('airflow dags list')}: "
        "in another terminal, in this folder\n"
        + (f"BigQuery  BIGQUERY_EMULATOR_HOST={stack.bigquery.url}\n" if stack.bigquery else "")
        + f"Logs      {stack.home.logs}\n"
        "Schedules are off here; trigger DAGs by hand (DEMO_SCHEDULES=1 lets them run).\n"
        "Everything stays up until you press Ctrl-C."
    )


def _collect(
    stack: Stack,
    collected: Collected,
    accounts: dict[str, Account],
    progress: Progress,
    speed: float,
    *,
    full: bool,
) -> list[str]:
    specs, invalid = load_specs()
    chosen = rounds(specs, full=full)
    expected = [spec.dag_id for part in chosen for spec in part]
    with stack.airflow.api() as api:
        progress.show("Airflow is up; waiting for it to read the DAGs")
        _wait_for_dags(api, expected)
        end_old_runs(api, expected)
        progress.say(
            f"Airflow is up at {stack.airflow.url} (login {USER}, password {stack.airflow.password})"
        )
        stack.set_speed(speed)
        progress.say(
            f"The local Amazon's clock runs {speed:g} times as fast as yours, to refill quotas sooner"
        )
        first, last = closed_days(stack.ledger.clock().now(), accounts)
        progress.say(f"Collecting {first} to {last}: {len(expected)} reports, {len(accounts)} sellers")
        seconds = FULL_SECONDS if full else COLLECT_SECONDS
        # The local BigQuery takes one job at a time.
        deadline = time.monotonic() + seconds * (BIGQUERY_TIMES if stack.bigquery else 1)
        try:
            states = _follow(
                stack, api, Runs(api, chosen, first, last, LISTINGS), collected, progress, deadline
            )
        finally:
            stack.set_speed(1.0)
    failed = [
        f"{dag_id}: its run is {states.get(dag_id, 'not over')}"
        for dag_id in expected
        if states.get(dag_id) != "success"
    ]
    return [*(str(failure.error) for failure in invalid), *failed]


def closed_days(now: datetime, accounts: dict[str, Account]) -> tuple[date, date]:
    """The last seven days that are over in every shop of every account at ``now``: (first, last)."""
    zones = {shop.timezone for account in accounts.values() for shop in account.marketplaces}
    last = min(now.astimezone(ZoneInfo(str(zone))).date() for zone in zones) - timedelta(days=1)
    return last - timedelta(days=DAYS - 1), last


def _wait_for_dags(api: AirflowApi, expected: list[str], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while missing := set(expected) - set(api.dags("report__%")):
        if time.monotonic() > deadline:
            errors = [f"{error['filename']}: {error['stack_trace'].strip()}" for error in api.import_errors()]
            names = ", ".join(sorted(missing))
            raise StartError(
                f"Airflow does not know {names} after {seconds:.0f} s. {' '.join(errors)}",
                remedy="Mend the file named above." if errors else "Read airflow-dag-processor.log.",
            )
        time.sleep(0.5)


def _follow(
    stack: Stack,
    api: AirflowApi,
    runs: Runs,
    collected: Collected,
    progress: Progress,
    deadline: float,
) -> dict[str, str]:
    """Show how far the runs are until all have ended, or ``deadline``; state by DAG id of those ended."""
    while not runs.are_over():
        stack.check_alive()
        collected.runs = sorted(runs.by_dag.values())
        progress.show(_how_far(api, runs, collected))
        stack.remember_clock()
        if time.monotonic() > deadline:
            break
        time.sleep(_LOOK_EVERY)
    collected.runs = sorted(runs.by_dag.values())
    return runs.states


def _how_far(api: AirflowApi, runs: Runs, collected: Collected) -> str:
    days, known, rows = collected.progress()
    waiting, again = api.count_tasks("deferred"), api.count_tasks("up_for_retry")
    return (
        f"Reports ended {len(runs.states)} of {runs.number}; days loaded {days} of {known}; "
        f"rows {rows:,}; waiting for Amazon {waiting}" + (f"; to be tried again {again}" if again else "")
    )


def _stay_up(stack: Stack) -> None:
    while True:
        stack.check_alive()
        stack.remember_clock()
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
