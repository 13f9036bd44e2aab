"""Waits for a slow or restarting component as long as it makes progress, instead of for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sellerops_runtime.errors import Stalled

_T = TypeVar("_T")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


class Unanswered(Exception):
    """No usable answer: none came, or it only reports a failure of the component."""


@dataclass(frozen=True)
class Observation(Generic[_T]):
    """The result of one poll.

    ``found``: the awaited value, None until it is available. ``state``: changes when there is progress.
    ``text``: the state in words.
    """

    found: _T | None
    state: object
    text: str = ""


@dataclass(frozen=True)
class Poller:
    """Retries calls and polls for values until there is no progress.

    :param seconds: give up after this many seconds without progress.
    :param show: called with a line of text after each poll that found nothing.
    :param watch: called before each poll; raises when waiting is pointless.
    """

    seconds: float
    show: Callable[[str], None] = lambda text: None
    watch: Callable[[], object] = lambda: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep

    def call(self, attempt: Callable[[], _T]) -> _T:
        """Call ``attempt`` until it does not raise Unanswered; after ``seconds``, raise the last one."""
        deadline, pause = self.clock() + self.seconds, _FIRST_PAUSE
        while True:
            self.watch()
            try:
                return attempt()
            except Unanswered as error:
                if self.clock() + pause > deadline:
                    raise
                self.show(f"{error}; retrying")
            self.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    def wait(
        self, look: Callable[[], Observation[_T]], what: str, *, every: float = 1.0, remedy: str = ""
    ) -> _T:
        """Poll ``look``, ``every`` so many seconds, until it finds a value. Unanswered counts as no progress.

        Raises Stalled, naming ``what``, when the ``state`` has not changed for ``seconds``.
        """
        moved, state, text = self.clock(), object(), ""
        while True:
            self.watch()
            try:
                seen = look()
            except Unanswered as error:
                text = str(error)
            else:
                if seen.found is not None:
                    return seen.found
                if seen.state != state:
                    moved, state = self.clock(), seen.state
                text = seen.text
            if self.clock() - moved > self.seconds:
                raise Stalled(
                    f"waited for {what}, without progress for {self.seconds:.0f} s"
                    + (f" ({text})." if text else "."),
                    remedy=remedy,
                )
            self.show(text or f"Waiting for {what}")
            self.sleep(every)
