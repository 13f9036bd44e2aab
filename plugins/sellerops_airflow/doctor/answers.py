"""The findings that probes get: a few seconds old at most, found by one thread however many probes ask."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from sellerops.doctor.finding import Finding

# Real time. Probes of several load balancers and monitors share an answer.
KEEP_SECONDS = 5.0


class Answers:
    """``ask`` blocks for a few seconds at most and is called by one thread at a time."""

    def __init__(self, ask: Callable[[], list[Finding]], keep_seconds: float = KEEP_SECONDS) -> None:
        self._ask, self._keep_seconds = ask, keep_seconds
        self._lock = threading.Lock()
        self._newest: Future[list[Finding]] | None = None
        self._old_at = 0.0

    async def get(self) -> list[Finding]:
        """What ``ask`` returned last, or returns now. Raises what it raised."""
        # Shielded: a client that gives up must not take the answer from the others.
        return await asyncio.shield(asyncio.wrap_future(self._current()))

    def _current(self) -> Future[list[Finding]]:
        with self._lock:
            newest = self._newest
            if newest is None or (newest.done() and time.monotonic() >= self._old_at):
                newest = self._newest = Future()
                threading.Thread(
                    target=self._fill, args=(newest,), name="sellerops-ready", daemon=True
                ).start()
            return newest

    def _fill(self, answer: Future[list[Finding]]) -> None:
        try:
            found = self._ask()
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            answer.set_exception(error)
        else:
            self._old_at = time.monotonic() + self._keep_seconds
            answer.set_result(found)


__all__ = ["KEEP_SECONDS", "Answers"]
