"""Waiting for a part that is slow, silent or starting again: as long as it moves, not for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sellerops_runtime.errors import Stalled

_T = TypeVar("_T")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


class Unanswered(Exception):
    """No answer that counts: none came, or one that only says that the part is in trouble."""


@dataclass(frozen=True)
class Observation(Generic[_T]):
    """What a look found. ``found``: what is waited for, None until it is there.

    ``state`` differs from that of the look before when something has moved; ``text`` says it to people.
    """

    found: _T | None
    state: object
    text: str = ""


@dataclass(frozen=True)
class Poller:
    """How long to wait, and what happens meanwhile.

    :param seconds: how long nothing may move before it is given up.
    :param tell: gets a line for people at each look that found nothing.
    :param watch: called before each look; raises when going on waiting is of no use.
    """

    seconds: float
    tell: Callable[[str], None] = lambda text: None
    watch: Callable[[], object] = lambda: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep

    def call(self, attempt: Callable[[], _T]) -> _T:
        """What ``attempt`` returns, made again while it raises Unanswered; the last of these in the end."""
        deadline, pause = self.clock() + self.seconds, _FIRST_PAUSE
        while True:
            self.watch()
            try:
                return attempt()
            except Unanswered as error:
                if self.clock() + pause > deadline:
                    raise
                self.tell(f"{error}; trying again")
            self.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    def wait(
        self, look: Callable[[], Observation[_T]], what: str, *, every: float = 1.0, remedy: str = ""
    ) -> _T:
        """What ``look`` finds in the end. Raises Stalled when its ``state`` has not changed for ``seconds``.

        A look that raises Unanswered has seen nothing move.
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
                    f"waited for {what}; nothing has moved for {self.seconds:.0f} s"
                    + (f" ({text})." if text else "."),
                    remedy=remedy,
                )
            self.tell(text or f"Waiting for {what}")
            self.sleep(every)
