"""A clock that only sleeping moves, and what happens while somebody sleeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest


def sleep_at_once(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let coroutines of this thread sleep no longer; returns the seconds that they would have slept.

    Other threads, such as a server of other tests, sleep as before: without it they would turn in circles.
    """
    slept: list[float] = []
    here, sleep = threading.get_ident(), asyncio.sleep

    async def sleep_or_not(seconds: float, *result: object) -> None:
        if threading.get_ident() != here:
            await sleep(seconds, *result)
        else:
            slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep_or_not)
    return slept


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
