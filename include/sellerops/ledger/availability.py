"""Shared state of an outage, so that the threads of a process wait for the ledger once, not each in turn."""

from __future__ import annotations

import threading
import time

from sellerops.base.errors import LedgerUnavailable

# Seconds between tries during an outage: one caller tries, the others get the last error at once.
PROBE_EVERY = 2.0


class Availability:
    """Whether the server answers, as seen by all threads of a process.

    :param patience: seconds (real time), counted from the first failure, for which calls are retried.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._since: float | None = None
        self._probe_at = 0.0
        self._error: LedgerUnavailable | None = None

    def check(self) -> None:
        """Raise the known error during a long outage, so that callers do not each wait for a timeout."""
        with self._lock:
            known = self._error
            if known is None:
                return
            if time.monotonic() >= self._probe_at:
                self._probe_at = time.monotonic() + PROBE_EVERY
                return
        raise LedgerUnavailable(known.cause, where=known.where, remedy=known.remedy)

    def record_failure(self, started: float) -> float:
        """Record that a call could not reach the server; return the deadline for its retries.

        ``started`` is when the call began. Both are readings of the monotonic clock.
        """
        with self._lock:
            self._since = self._since or time.monotonic()
            return min(started, self._since) + self._patience

    def record_outage(self, error: LedgerUnavailable) -> None:
        """Record that a call gave up: calls from now on fail at once."""
        with self._lock:
            self._error = error
            self._probe_at = time.monotonic() + PROBE_EVERY

    def record_answer(self) -> None:
        """Record that the server answered, which ends an outage."""
        if self._since is not None or self._error is not None:
            with self._lock:
                self._since = self._error = None
