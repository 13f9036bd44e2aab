"""Runs one system from start to end: starts its work, injects faults, lets it settle, and judges it."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from sellerops.ledger import Ledger
from sellerops.ledger.notices import open_faults
from sellerops.notices.workers import FAULTS
from sellerops_runtime.chaos import judging
from sellerops_runtime.chaos.faults import NOT_POSSIBLE, Fault, faults_for
from sellerops_runtime.chaos.judging import Outcome
from sellerops_runtime.chaos.network import Network
from sellerops_runtime.chaos.plan import Step, make_plan
from sellerops_runtime.chaos.system import ChaosStack, running_system, target_of, temporary
from sellerops_runtime.chaos.target import Supervisor, Target, tree
from sellerops_runtime.chaos.work import OURS, Driver, Work
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import VARIABLE
from sellerops_runtime.local_amazon import control
from sellerops_runtime.polling import Poller
from sellerops_runtime.processes import wait_until
from sellerops_runtime.progress import Progress

_READ_SECONDS = 900.0
# Longer than the api-server may stay away; calls are repeated until it answers.
_ANSWER_SECONDS = 300.0
# The longest time without any run ending: a task may be retried three times, minutes apart.
_STALLED_SECONDS = 900.0
_RECOVERY_SECONDS = 300.0
_LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class Event:
    """A fault as it happened: ``after`` how many seconds, and what exactly.

    ``is_done``: whether anything was broken. ``is_ended``: whether the fault could be ended.
    """

    step: Step
    after: float
    what: str
    is_done: bool = True
    is_ended: bool = True


@dataclass
class Night:
    """One system: its outcome and its cost, in virtual ``hours`` and seconds of ``cpu``."""

    outcome: Outcome
    events: list[Event]
    restarts: list[str]
    hours: float
    cleared: int
    obeyed: int
    settling: float
    cpu: float


def spend_night(
    folder: Path,
    work: Work,
    progress: Progress,
    *,
    celery: bool,
    network: Network | None,
    seed: int | None,
    seconds: float,
) -> Night:
    """Run one system in ``folder``. Without a ``seed`` nothing is broken, and the work starts at once."""
    before = _spent()
    with running_system(folder, progress, celery=celery) as stack:
        target = target_of(stack, network)
        with stack.airflow.api(Poller(_ANSWER_SECONDS)) as api, Supervisor(target) as supervisor:
            progress.show("Waiting for the DAGs")
            wait_until(lambda: set(OURS) <= set(api.dags()), _READ_SECONDS, "the DAGs")
            target.jump(0)
            began = stack.amazon.clock().now()
            driver = Driver(api, work, lambda: _messages(stack.amazon.url), supervisor.restart_workers)
            driver.begin()
            spread = seconds if seed is not None else 0.0
            with _following(driver, spread):
                kinds = [each.kind for each in faults_for(target).values()]
                steps = make_plan(kinds, seed, seconds) if seed is not None else ()
                events = break_things(target, steps, progress)
                started = time.monotonic()
                outcome = settle(driver, stack, progress)
            night = Night(
                outcome,
                events,
                list(supervisor.restarts),
                (stack.amazon.clock().now() - began).total_seconds() / 3600,
                sum(driver.cleared.values()),
                driver.restarted,
                time.monotonic() - started,
                0.0,
            )
            judge(outcome, stack, target)
    night.outcome.leftovers += judging.left_files(temporary(stack.home))
    night.outcome.orphans += [f"after the end: {_title(each)}" for each in _ours(folder)]
    night.cpu = _spent() - before
    return night


@contextmanager
def _following(driver: Driver, seconds: float) -> Iterator[None]:
    """Run the driver in a thread until the block ends."""
    thread = threading.Thread(target=driver.follow, args=(seconds,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        driver.end()
        thread.join()


def break_things(target: Target, steps: Sequence[Step], progress: Progress) -> list[Event]:
    """Carry out the plan, one fault after another. A fault that could not be injected is an event, too."""
    faults, events, began = faults_for(target), [], time.monotonic()
    for step in steps:
        time.sleep(max(0.0, step.at - (time.monotonic() - began)))
        event = _break(target, faults[step.kind], Event(step, time.monotonic() - began, ""))
        events.append(event)
        lasting = f" for {step.seconds:.0f} s" if step.seconds else ""
        progress.say(f"{step.kind}{lasting}  {event.what}")
    return events


def _break(target: Target, fault: Fault, event: Event) -> Event:
    """Carry out one fault and return its completed event."""
    if not fault.is_possible:
        return replace(event, what=NOT_POSSIBLE, is_done=False)
    try:
        begun = fault.begin(target, event.step)
    except Exception as error:  # noqa: BLE001 - the night goes on, and the report says so
        what = f"could not be done: {type(error).__name__}: {error}"
        return replace(event, what=what, is_done=False)
    if begun is None:
        return replace(event, what="nothing to break", is_done=False)
    what, end = begun
    try:
        time.sleep(event.step.seconds)
    finally:
        try:
            end()
        except Exception as error:  # noqa: BLE001 - the same
            event = replace(event, is_ended=False)
            what = f"could not be ended: {type(error).__name__}: {error}"
    return replace(event, what=what)


def settle(driver: Driver, stack: ChaosStack, progress: Progress) -> Outcome:
    """Wait until all work and all faults have ended, clearing failed tasks.

    Returns what is still unfinished or failed.
    """
    outcome, silent = Outcome(), list[str]()
    moved, state = time.monotonic(), None
    while time.monotonic() - moved < _STALLED_SECONDS:
        time.sleep(_LOOK_SECONDS)
        try:
            unfinished = driver.unfinished()
            failed = [] if unfinished else driver.clear_failed()
        except StartError as error:
            progress.show(f"Settling: {error}")
            silent = [f"Airflow did not answer: {error}"]
            continue
        silent = []
        now = (len(unfinished), len(failed), driver.has_started_all, sum(driver.cleared.values()))
        moved, state = (moved, state) if now == state else (time.monotonic(), now)
        progress.show(f"Settling: {len(unfinished)} runs left, {len(failed)} failed")
        outcome.unfinished, outcome.failed = unfinished, driver.given_up(failed)
        if driver.has_started_all and not unfinished and len(outcome.failed) == len(failed):
            break
    outcome.unfinished += [*silent, *driver.never_started()]
    outcome.unfinished += _open_faults(stack.ledger, progress)
    return outcome


def judge(outcome: Outcome, stack: ChaosStack, target: Target) -> None:
    """Read into ``outcome`` what the warehouse, the archive and the local Amazon contain in the end."""
    outcome.tables = judging.read_tables(stack.warehouse)
    outcome.doubled = judging.doubled_snapshots(stack.warehouse)
    outcome.unfinished += judging.unfinished_loads(stack.warehouse)
    judging.read_amazon(stack.amazon.url, outcome)
    outcome.leftovers = judging.unnamed_documents(stack.home.archive, stack.warehouse)
    known = {os.getpid(), *(each.pid for each in tree(stack.amazon.component.pid))}
    known |= {each.pid for name in target.names for each in target.processes_of(name)}
    outcome.orphans = [_title(each) for each in _ours(stack.home.path) if each.pid not in known]


def _open_faults(ledger: Ledger, progress: Progress) -> list[str]:
    """Faults reported by the watchdog that do not recover in time."""
    ends = time.monotonic() + _RECOVERY_SECONDS
    while found := ledger.database.run(lambda connection: open_faults(connection, FAULTS)):
        progress.show(f"Settling: {len(found)} faults are still open")
        if time.monotonic() > ends:
            return [f"the fault {each.headline!r} is still open" for each in found]
        time.sleep(_LOOK_SECONDS)
    return []


def _messages(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = control(url, "GET", "slack", within=20.0)["messages"]
    return found


def _ours(folder: Path) -> list[psutil.Process]:
    """Running processes that belong to the system in ``folder``."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_alive = process.status() != psutil.STATUS_ZOMBIE
            if is_alive and process.environ().get(VARIABLE) == str(folder) and process.pid != os.getpid():
                found.append(process)
    return found


def _title(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline())[:120]}"
    return str(process.pid)


def _spent() -> float:
    """CPU seconds of all child processes that have ended. Reaps those that nobody else waited for."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
