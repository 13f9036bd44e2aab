"""The limits of one browser job: its time, its memory, and the login's lock, watched from a thread."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import psutil

from sellerops.base.errors import BrowserUnavailable
from sellerops.browsers.process_tree import is_alive, memory_of
from sellerops.ledger.logins import BEAT_EVERY_S, LOCK_VALID_S
from sellerops.settings.logins import Login

_MIB = 1 << 20


class Limit(StrEnum):
    """What a job exceeded or lost."""

    TIME = "time"
    MEMORY = "memory"
    LOCK = "lock"
    CRASH = "crash"


@dataclass(frozen=True)
class Breach:
    """Why a job has to end."""

    limit: Limit
    cause: str
    remedy: str = ""


@dataclass(frozen=True)
class Bounds:
    """A job's login, and how the watch checks and interrupts the job.

    ``is_held`` renews the lock and returns whether it is held; ``browser`` returns the browser's process if
    it runs on this machine; ``interrupt`` ends whatever the job's thread waits for, more forcefully with each
    call.
    """

    login: Login
    is_held: Callable[[], bool]
    browser: Callable[[], psutil.Process | None]
    interrupt: Callable[[Breach, int], None]


@dataclass(frozen=True)
class Pace:
    """The intervals of a watch, in seconds.

    ``beat``: between renewals of the lock; ``look``: between measurements of the memory. A job that exceeds
    its time ends at its next step. One that hangs in a step is interrupted after ``step``, which is longer
    than Playwright waits for an element, and then more forcefully every ``again``. If the browser has ended,
    the step usually fails at once; but some Playwright calls then wait forever, and are interrupted after
    ``again``.
    """

    beat: float = BEAT_EVERY_S
    look: float = 1.0
    step: float = 35.0
    again: float = 10.0


class Watch:
    """Renews the lock and measures the memory until ``stop``; after a breach it interrupts the job."""

    def __init__(self, bounds: Bounds, pace: Pace) -> None:
        self._bounds, self._pace = bounds, pace
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {bounds.login.id}", daemon=True)
        self._started = self._held_at = time.monotonic()
        self._beat_at = self._interrupt_at = 0.0
        self._ended_at: float | None = None
        self.breach: Breach | None = None
        self.peak_memory: int | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; from then on the caller takes care of the lock. Idempotent."""
        self._ended.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(self._pace.beat)

    def check(self) -> None:
        """Raise BrowserUnavailable if the job has to end."""
        if self.breach is None and self._seconds() > self._limit_s():
            self._exceed(self._too_long())
        if self.breach:
            raise self.error(self.breach)

    def error(self, breach: Breach) -> BrowserUnavailable:
        return BrowserUnavailable(
            breach.cause,
            where=f"browser of login {self._bounds.login.id}",
            remedy=breach.remedy,
            limit=breach.limit.value,
        )

    def measure(self) -> int:
        """Bytes of memory that the browser uses now; 0 if it runs on another machine."""
        process = self._bounds.browser()
        used = memory_of(process) if process else 0
        if used:
            self.peak_memory = max(used, self.peak_memory or 0)
        return used

    def _run(self) -> None:
        tries = 0
        while not self._ended.wait(self._pace.look):
            if self.breach is None or self.breach.limit is not Limit.LOCK:
                self._beat()
            if self.breach is None:
                self._look()
            if self.breach and time.monotonic() >= self._interrupt_at:
                with contextlib.suppress(Exception):  # the next, harder interruption follows
                    self._bounds.interrupt(self.breach, tries)
                tries += 1
                self._interrupt_at = time.monotonic() + self._pace.again

    def _look(self) -> None:
        self._look_for_end()
        used = self.measure()
        if used > self._bounds.login.memory_limit_mb * _MIB:
            self._exceed(self._too_large(used))
        if self._seconds() > self._limit_s():
            self._exceed(self._too_long())

    def _look_for_end(self) -> None:
        """Record when the browser was first seen to have ended; reset when the job attaches to another."""
        process = self._bounds.browser()
        if process is None or is_alive(process):
            self._ended_at = None
            return
        self._ended_at = self._ended_at or time.monotonic()
        if time.monotonic() - self._ended_at > self._pace.again:
            self._exceed(Breach(Limit.CRASH, "the browser exited in the middle of the job."))

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beat_at < self._pace.beat:
            return
        self._beat_at = now
        try:
            is_held = self._bounds.is_held()
        except Exception:  # noqa: BLE001 - the database may be away for a while; the lock stays valid so long
            is_held = now - self._held_at < LOCK_VALID_S
        else:
            self._held_at = now if is_held else self._held_at
        if not is_held:
            self._exceed(_lost())

    def _exceed(self, breach: Breach) -> None:
        # Losing the lock overrides any other breach: nothing may touch the other job's pages from now on.
        if self.breach is None or breach.limit is Limit.LOCK:
            # Only a job that exceeds its time gets a chance to end by itself.
            grace = self._pace.step if breach.limit is Limit.TIME else 0.0
            self._interrupt_at = time.monotonic() + grace
            self.breach = breach

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _limit_s(self) -> float:
        return self._bounds.login.job_timeout.total_seconds()

    def _too_long(self) -> Breach:
        return Breach(
            Limit.TIME,
            f"the browser job took longer than {self._limit_s():g} s.",
            f"Airflow retries automatically. If the page needs longer, raise `job_timeout` of login "
            f"{self._bounds.login.id} in logins.yaml.",
        )

    def _too_large(self, used: int) -> Breach:
        login = self._bounds.login
        return Breach(
            Limit.MEMORY,
            f"the browser used {used // _MIB} MB of memory; the limit is {login.memory_limit_mb} MB.",
            f"Airflow retries automatically. If the page needs more, raise `memory_limit_mb` of login "
            f"{login.id} in logins.yaml.",
        )


def _lost() -> Breach:
    return Breach(
        Limit.LOCK,
        "another job has taken over the login, because this one did not renew its lock in time.",
    )
