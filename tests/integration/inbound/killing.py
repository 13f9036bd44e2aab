"""Kills a step, in effect, at each of its borders in turn: around calls that change something and records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from sellerops.inbound.store import InboundStore
from sellerops.sources.common import deadline
from sellerops.sources.common.tokens import forget_tokens
from sellerops.writes import fence, writer

RECORDS = (
    "begin_step",
    "record_answer",
    "finish_step",
    "set_ids",
    "choose_packing",
    "set_state",
    "save_placements",
    "save_transportation",
    "choose_placement",
    "record_confirmed",
    "save_document",
)
WRITE_RECORDS = ((writer, "open_row"), (writer, "record_answer"), (fence, "stamp_sent"))


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


class Borders:
    """Strikes once at every border; ``step``: the one under way, which is part of a border's name."""

    def __init__(self, strike: Callable[[], None], *, only: str = "") -> None:
        self.struck: list[str] = []
        self.step = ""
        self._strike, self._only = strike, only

    def cross(self, name: str) -> None:
        border = f"{self.step}: {name}"
        if self._only in name and border not in self.struck:
            self.struck.append(border)
            self._strike()


def kill() -> None:
    raise Killed


@contextmanager
def borders(strike: Callable[[], None] = kill, *, only: str = "") -> Iterator[Borders]:
    """Within the block every border of a step is struck once. ``only``: those with this in their name."""
    found = Borders(strike, only=only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.AsyncClient, "send", _around_call(found, httpx.AsyncClient.send))
        for name in RECORDS:
            patch.setattr(InboundStore, name, _around(found, name, getattr(InboundStore, name)))
        for module, name in WRITE_RECORDS:
            patch.setattr(module, name, _around(found, f"write {name}", getattr(module, name)))
        # Who is killed has no call under way: what it left behind may be looked for at once.
        patch.setattr(deadline, "LISTED_WITHIN", 0.0)
        forget_tokens()
        yield found


def _around(found: Borders, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        found.cross(f"before {name}")
        result = real(*args, **kwargs)
        found.cross(f"after {name}")
        return result

    return wrapped


def _around_call(found: Borders, real: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(client: Any, request: httpx.Request, **kwargs: Any) -> Any:
        kind = "/".join(part for part in request.url.path.split("/") if len(part) < 36 and part.isalpha())
        is_write = request.method in ("POST", "PUT") and "auth" not in kind and "labels" not in kind
        if is_write:
            found.cross(f"before {request.method} {kind}")
        result = await real(client, request, **kwargs)
        if is_write:
            found.cross(f"after {request.method} {kind}")
        return result

    return wrapped
