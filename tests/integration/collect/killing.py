"""Kills the process of a collector, in effect, at one of its steps: around a statement, a call or a file."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import httpx
import pytest
from support.examples import IS_WHOLE_SUITE

from sellerops.collect.arrivals import Arrivals
from sellerops.ledger.database import Database
from sellerops.sources.common import deadline
from sellerops.sources.common.tokens import forget_tokens

# Within the query for notifications, which runs beside the collectors of a loop and is none of their steps.
_beside: ContextVar[bool] = ContextVar("_beside", default=False)


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


class Step(NamedTuple):
    """The ``nth`` time (from 1) that a collector crosses the border ``name``.

    Not the n-th step of all: how often the ledger is read in between depends on the machine.
    """

    name: str
    nth: int


def apart(crossed: Sequence[Step]) -> list[Step]:
    """The steps that leave different things behind. Between an "after" and the next "before" nothing happens
    outside the process, so that of the two one will do: the one that is not of the ledger, if there is one.
    The whole suite has every step.
    """
    if IS_WHOLE_SUITE:
        return list(crossed)
    kept: list[Step] = []
    for step in crossed:
        if _follows(step, kept[-1:]) and "ledger" in step.name:
            continue
        if _follows(step, kept[-1:]) and "ledger" in kept[-1].name:
            kept.pop()
        kept.append(step)
    return kept


def _follows(step: Step, previous: Sequence[Step]) -> bool:
    return step.name.startswith("before") and any(one.name.startswith("after") for one in previous)


class Steps:
    """Names every border a collector crosses, and does ``strike`` once, at ``strike_at``: a step, or its
    place among all of them.
    """

    def __init__(self, strike_at: Step | int | None, strike: Callable[[], None]) -> None:
        self.crossed: list[Step] = []
        self.struck = False
        self._counts: Counter[str] = Counter()
        self._strike_at, self._strike = strike_at, strike
        self._lock = threading.Lock()

    def cross(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1
            step = Step(name, self._counts[name])
            self.crossed.append(step)
            now = self._strike_at in (step, len(self.crossed) - 1)
            self.struck = self.struck or now
        if now:
            self._strike()


def kill() -> None:
    raise Killed


@contextmanager
def stepping(strike_at: Step | int | None, strike: Callable[[], None] = kill) -> Iterator[Steps]:
    """Within the block every ledger statement, HTTP exchange and published file counts as two steps: before,
    after. It begins as a new process does, without an access token.
    """
    forget_tokens()
    steps = Steps(strike_at, strike)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "run", _around(steps, "ledger", Database.run))
        patch.setattr(httpx.AsyncClient, "send", _around_async(steps, "call", httpx.AsyncClient.send))
        patch.setattr(httpx.Client, "send", _around(steps, "download", httpx.Client.send))
        patch.setattr(os, "link", _around(steps, "file", os.link))
        # Who is killed has no call under way: what it left behind may be hunted for at once.
        patch.setattr(deadline, "LISTED_WITHIN", 0.0)
        patch.setattr(Arrivals, "_look_once", _set_aside(Arrivals._look_once))
        yield steps


def _around(steps: Steps, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if _beside.get():
            return real(*args, **kwargs)
        steps.cross(f"before {name}")
        result = real(*args, **kwargs)
        steps.cross(f"after {name}")
        return result

    return wrapped


def _set_aside(real: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(*args: Any) -> Any:
        mark = _beside.set(True)
        try:
            return await real(*args)
        finally:
            _beside.reset(mark)

    return wrapped


def _around_async(steps: Steps, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(client: Any, request: httpx.Request, **kwargs: Any) -> Any:
        at = f"{name} {request.method} {_kind(request.url.path)}"
        steps.cross(f"before {at}")
        result = await real(client, request, **kwargs)
        steps.cross(f"after {at}")
        return result

    return wrapped


def _kind(path: str) -> str:
    """What the call is about, without the id in it: ``reports`` or ``documents/id``."""
    parts = path.strip("/").split("/")
    if len(parts) < 3 or parts[0] == "reporting":
        return parts[1] + ("/id" if len(parts) > 2 else "")
    return parts[2] + ("/id" if len(parts) > 3 else "")
