"""Kills the process of a collector, in effect, at the n-th of its steps: before or after a statement, call or
file.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from sellerops.ledger.database import Database


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


class Steps:
    """Counts every border a collector crosses; at step ``strike_at`` it does ``strike`` there, once."""

    def __init__(self, strike_at: int | None, strike: Callable[[], None]) -> None:
        self.names: list[str] = []
        self._strike_at, self._strike = strike_at, strike
        self._lock = threading.Lock()

    def cross(self, name: str) -> None:
        with self._lock:
            self.names.append(name)
            struck = len(self.names) - 1 == self._strike_at
        if struck:
            self._strike()

    @property
    def struck(self) -> str | None:
        """Where it struck; None when the collector needed fewer steps."""
        at = self._strike_at
        return self.names[at] if at is not None and at < len(self.names) else None


def kill() -> None:
    raise Killed


@contextmanager
def stepping(strike_at: int | None, strike: Callable[[], None] = kill) -> Iterator[Steps]:
    """Within the block every ledger statement, HTTP exchange and published file counts as two steps: before,
    after.
    """
    steps = Steps(strike_at, strike)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "run", _around(steps, "ledger", Database.run))
        patch.setattr(httpx.AsyncClient, "send", _around_async(steps, "call", httpx.AsyncClient.send))
        patch.setattr(httpx.Client, "send", _around(steps, "download", httpx.Client.send))
        patch.setattr(os, "link", _around(steps, "file", os.link))
        yield steps


def _around(steps: Steps, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        steps.cross(f"before {name}")
        result = real(*args, **kwargs)
        steps.cross(f"after {name}")
        return result

    return wrapped


def _around_async(steps: Steps, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(client: Any, request: httpx.Request, **kwargs: Any) -> Any:
        at = f"{name} {request.method} {request.url.path.rsplit('/', 1)[-1]}"
        steps.cross(f"before {at}")
        result = await real(client, request, **kwargs)
        steps.cross(f"after {at}")
        return result

    return wrapped
