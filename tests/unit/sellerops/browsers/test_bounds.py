"""The watch of a job, without a browser."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import psutil
import pytest

from sellerops.base.errors import BrowserUnavailable
from sellerops.browsers.bounds import Bounds, Limit, Pace, Watch
from sellerops.settings.logins import Login

QUICK = Pace(beat=0.0, look=0.001, step=0.0, again=0.001)


def login(**fields):
    return Login(
        id="northwind",
        site="seller_central",
        accounts=("northwind_na",),
        roles=("logistics",),
        browser="http://127.0.0.1:9222",
        **fields,
    )


class Job:
    """Counts what the watch does; ``interrupted`` is set with the first interruption."""

    def __init__(self, of, is_held=lambda: True, pace=QUICK):
        self.interruptions, self.interrupted = [], threading.Event()
        self.watch = Watch(Bounds(of, is_held, lambda: None, self._interrupt), pace)

    def _interrupt(self, breach, tries):
        self.interruptions.append((breach.limit, tries))
        if tries:
            self.interrupted.set()


def test_a_lost_lock_interrupts_and_says_so():
    answers = iter([True, True, False])
    job = Job(login(), lambda: next(answers))
    job.watch.start()
    assert job.interrupted.wait(30)
    job.watch.stop()
    assert job.interruptions[:2] == [(Limit.LOCK, 0), (Limit.LOCK, 1)]
    with pytest.raises(BrowserUnavailable, match="another job has taken over the login") as error:
        job.watch.check()
    assert error.value.details["limit"] == "lock"


def test_a_step_that_waits_for_a_browser_that_has_ended_is_interrupted():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as browser:
        process = psutil.Process(browser.pid)
        job = Job(login())
        job.watch._bounds = replace(job.watch._bounds, browser=lambda: process)
        job.watch.start()
        job.watch.check()
        browser.communicate(b"\n")
    assert job.interrupted.wait(30)
    job.watch.stop()
    assert {limit for limit, _ in job.interruptions} == {Limit.CRASH}
    with pytest.raises(BrowserUnavailable, match="browser exited"):
        job.watch.check()


def test_a_job_over_its_time_is_interrupted_and_its_lock_beaten_on():
    beats = []
    job = Job(login(job_timeout=timedelta()), lambda: beats.append(1) or True)
    job.watch.start()
    assert job.interrupted.wait(30)
    job.watch.stop()
    assert beats
    with pytest.raises(BrowserUnavailable, match="longer than 0 s") as error:
        job.watch.check()
    assert "job_timeout" in str(error.value)


def test_a_ledger_that_is_away_for_a_moment_costs_no_job():
    calls = []

    def is_held():
        calls.append(1)
        raise ConnectionError

    job = Job(login(), is_held)
    job.watch.start()
    while len(calls) < 5:
        threading.Event().wait(0.001)
    job.watch.stop()
    job.watch.check()
    assert not job.interruptions


def test_a_job_within_its_bounds_is_left_alone():
    job = Job(login())
    job.watch.start()
    job.watch.stop()
    job.watch.check()
    assert not job.interruptions
