"""A login is used by one job at a time, whatever dies; and a person is asked once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from sellerops.base.clock import Clock
from sellerops.base.errors import LoginBusy, PageChanged, PersonNeeded, WrongFile
from sellerops.ledger import Ledger
from sellerops.ledger.login_locks import (
    beat,
    end_job,
    is_free,
    is_held,
    is_used_by,
    jobs,
    lock_of,
    state_after,
    take_lock,
)
from sellerops.ledger.logins import ActionOutcome, JobRef, JobState, LoginLock, RequiredActionKind
from sellerops.ledger.required_actions import action_of, end_action, find_action, open_action, open_actions
from sellerops.ledger.retention import purge

LOGIN = "northwind_logistics"
JOB = JobRef(
    "download", "northwind_na", "ATVPDKIKX0DER", "returns", "report_central", 7, "dag", "run", "fetch", 2, 1
)


def stop_beating(ledger: Ledger, seconds: float = 61.0) -> None:
    """As if the holder had died that long ago."""
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.login_lock SET beat_at = clock_timestamp() - make_interval(secs => %s)",
            (seconds,),
        )


def test_a_job_begins_and_ends_with_its_lock(ledger: Ledger) -> None:
    assert is_free(ledger, LOGIN)
    lock = take_lock(ledger, LOGIN, JOB, "machine-1")
    held = lock_of(ledger, LOGIN)
    assert held is not None
    assert (held.held_by, held.job_id, held.is_stale) == ("dag, run run, fetch[2]", lock.job_id, False)
    assert not is_free(ledger, LOGIN)
    assert is_held(ledger, lock)
    assert is_used_by(ledger, LOGIN, JOB)
    (running,) = jobs(ledger, login_id=LOGIN)
    assert (running.state, running.ref, running.host, running.ended_at) == (
        JobState.RUNNING,
        JOB,
        "machine-1",
        None,
    )
    assert end_job(ledger, lock, JobState.DONE, seconds=4.5, peak_memory_bytes=3_000, sign_ins=1)
    assert lock_of(ledger, LOGIN) is None
    assert not is_used_by(ledger, LOGIN, JOB)
    (ended,) = jobs(ledger, login_id=LOGIN)
    assert (ended.state, ended.seconds, ended.peak_memory_bytes, ended.sign_ins) == (
        JobState.DONE,
        4.5,
        3_000,
        1,
    )
    assert ended.ended_at is not None
    assert end_job(ledger, lock, JobState.DONE), (
        "a repeated call, whose first answer was lost, changes nothing"
    )


def test_a_busy_login_says_who_uses_it_and_since_when(ledger: Ledger) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), datetime(2026, 11, 20, 8, tzinfo=UTC), 0.0))
    take_lock(ledger, LOGIN, JOB, "machine-1")
    with pytest.raises(
        LoginBusy, match=r"dag, run run, fetch\[2\] has used the login since 2026-11-20 08:00"
    ) as caught:
        take_lock(ledger, LOGIN, JOB, "machine-2")
    assert caught.value.details["held_by"] == "dag, run run, fetch[2]"
    assert len(jobs(ledger)) == 1, "who waits leaves no job"
    take_lock(ledger, "another_login", JOB, "machine-1")


def test_of_many_takers_at_once_one_gets_the_login(conninfo: str) -> None:
    def take(_: int) -> LoginLock | None:
        own = Ledger(conninfo, pool_size=1)
        try:
            return take_lock(own, LOGIN, JOB, "machine")
        except LoginBusy:
            return None
        finally:
            own.close()

    with ThreadPoolExecutor(8) as threads:
        taken = [lock for lock in threads.map(take, range(16)) if lock]
    assert len(taken) == 1
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM sellerops.browser_job").fetchone() == (1,)


def test_a_job_without_a_beat_is_lost_and_its_login_taken_over(ledger: Ledger) -> None:
    dead = take_lock(ledger, LOGIN, JOB, "machine-1")
    stop_beating(ledger, 59)
    with pytest.raises(LoginBusy):
        take_lock(ledger, LOGIN, JOB, "machine-2")
    assert beat(ledger, dead, 2_000), "a late beat of the same holder is a beat"
    stop_beating(ledger)
    assert is_free(ledger, LOGIN)
    heir = take_lock(ledger, LOGIN, JOB, "machine-2")
    assert not beat(ledger, dead, 9_000)
    assert not is_held(ledger, dead)
    assert is_held(ledger, heir)
    assert not end_job(ledger, dead, JobState.DONE, seconds=1.0)
    assert is_held(ledger, heir), "the old holder's end releases nothing"
    new, old = jobs(ledger)
    assert (old.id, old.state, old.peak_memory_bytes) == (dead.job_id, JobState.LOST, 2_000)
    assert old.error is not None
    assert (new.id, new.state) == (heir.job_id, JobState.RUNNING)


def test_of_many_heirs_one_takes_over(conninfo: str, ledger: Ledger) -> None:
    take_lock(ledger, LOGIN, JOB, "machine-1")
    stop_beating(ledger)

    def take(_: int) -> bool:
        try:
            take_lock(ledger, LOGIN, JOB, "machine-2")
        except LoginBusy:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(take, range(8))) == 1
    assert sorted(job.state for job in jobs(ledger)) == [JobState.LOST, JobState.RUNNING]


def test_a_failed_job_keeps_its_error_without_secrets(ledger: Ledger) -> None:
    lock = take_lock(ledger, LOGIN, JOB, "machine-1")
    error = PageChanged("no button. password=hunter2hunter2", page="report_central", control="button")
    end_job(ledger, lock, state_after(error), error=error, evidence_uri="file:///evidence/1")
    (job,) = jobs(ledger, states=[JobState.PAGE_CHANGED])
    assert (job.error_type, job.evidence_uri) == ("PageChanged", "file:///evidence/1")
    assert "no button" in (job.error or "")
    assert "hunter2" not in (job.error or "")
    assert state_after(PersonNeeded("x")) is JobState.PERSON
    assert state_after(WrongFile("x")) is JobState.FAILED
    assert jobs(ledger, run_id="another") == []


def test_a_person_is_asked_once_until_the_action_ends(ledger: Ledger) -> None:
    def ask() -> int:
        return open_action(ledger, LOGIN, RequiredActionKind.CAPTCHA, "Solve the puzzle.", job_id=3).id

    with ThreadPoolExecutor(4) as threads:
        (first,) = set(threads.map(lambda _: ask(), range(8)))
    action = action_of(ledger, LOGIN)
    assert action is not None
    assert (action.id, action.kind, action.message) == (
        first,
        RequiredActionKind.CAPTCHA,
        "Solve the puzzle.",
    )
    assert [each.id for each in open_actions(ledger)] == [first]
    assert end_action(ledger, first, ActionOutcome.RESUMED, "ada")
    assert end_action(ledger, first, ActionOutcome.RESUMED, "ada"), "repeated after a lost answer"
    assert not end_action(ledger, first, ActionOutcome.GIVEN_UP, "bob")
    ended = find_action(ledger, first)
    assert ended is not None
    assert (ended.outcome, ended.ended_at is None) == (ActionOutcome.RESUMED, False)
    assert action_of(ledger, LOGIN) is None
    assert ask() != first


def test_old_jobs_and_actions_are_deleted_but_not_what_is_open(ledger: Ledger) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    ledger.set_clock(Clock(datetime.now(UTC), start, 0.0))
    end_job(ledger, take_lock(ledger, LOGIN, JOB, "machine-1"), JobState.DONE)
    ended = open_action(ledger, LOGIN, RequiredActionKind.CONSENT, "Accept the terms.")
    end_action(ledger, ended.id, ActionOutcome.TIMED_OUT)
    running = take_lock(ledger, LOGIN, JOB, "machine-1")
    opened = open_action(ledger, LOGIN, RequiredActionKind.CONSENT, "Accept the terms.")
    # A login that was removed while its job died: nobody takes it over.
    take_lock(ledger, "removed", JOB, "machine-1")
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.login_lock SET beat_at = beat_at - interval '2 days' WHERE login_id = 'removed'"
        )
    ledger.set_clock(Clock(datetime.now(UTC), start + timedelta(days=401), 0.0))
    deleted = purge(ledger)
    assert (deleted["browser_job"], deleted["required_action"]) == (2, 1)
    assert [job.id for job in jobs(ledger)] == [running.job_id]
    assert [action.id for action in open_actions(ledger)] == [opened.id]
