"""A clock that only sleeping moves, and what happens while somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable


class FakeTime:
    """``slept``: the pauses so far, seconds each."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._then: dict[int, Callable[[], object]] = {}

    def now(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._then.pop(len(self.slept), lambda: None)()

    def after(self, pauses: int, what: Callable[[], object]) -> None:
        """Let ``what`` happen in the pause of that number, counted from one."""
        self._then[pauses] = what
