"""What the threads of one process know of a ledger that is away: they wait for it once, not each in turn."""

from __future__ import annotations

import threading
import time

from sellerops.base.errors import LedgerUnavailable

# While the ledger is away one caller in so many seconds tries; the others get the last error at once.
PROBE_EVERY = 2.0


class Availability:
    """``patience``: seconds from the first failure during which calls are repeated before they fail."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._since: float | None = None
        self._probe_at = 0.0
        self._error: LedgerUnavailable | None = None

    def admit(self) -> None:
        """Raise the error of an outage that has lasted: a thousand callers must not each wait it out."""
        with self._lock:
            known = self._error
            if known is None:
                return
            if time.monotonic() >= self._probe_at:
                self._probe_at = time.monotonic() + PROBE_EVERY
                return
        raise LedgerUnavailable(known.cause, where=known.where, remedy=known.remedy)

    def failed(self, started: float) -> float:
        """Note that a call, begun at ``started``, found the server away; until when it may be repeated."""
        with self._lock:
            self._since = self._since or time.monotonic()
            return min(started, self._since) + self._patience

    def given_up(self, error: LedgerUnavailable) -> None:
        """A call has waited in vain: those that come now fail at once."""
        with self._lock:
            self._error = error
            self._probe_at = time.monotonic() + PROBE_EVERY

    def answered(self) -> None:
        """The outage, if there was one, is over."""
        if self._since is not None or self._error is not None:
            with self._lock:
                self._since = self._error = None
