"""Connections that all clients of the same credentials share on an event loop and that close together."""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

_Result = TypeVar("_Result")
_Session = TypeVar("_Session", bound="Session")


class Session(Protocol):
    """An open resource of an event loop; ``close_sessions`` closes it."""

    async def aclose(self) -> None: ...


_sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Task[Any]]] = (
    weakref.WeakKeyDictionary()
)


async def shared_session(key: str, build: Callable[[], _Session]) -> _Session:
    """The running loop's session for ``key``, built in a thread on first use. Raises what ``build`` does."""
    shared = _sessions.setdefault(asyncio.get_running_loop(), {})
    task = shared.get(key)
    if task is None or (task.done() and (task.cancelled() or task.exception())):
        task = asyncio.ensure_future(asyncio.to_thread(build))
        shared[key] = task
    # Shielded: cancelling one waiter must not cancel the session of the others.
    session: _Session = await asyncio.shield(task)
    return session


async def close_sessions() -> None:
    """Close all sessions of the running loop."""
    for task in _sessions.pop(asyncio.get_running_loop(), {}).values():
        if task.done() and not task.cancelled() and not task.exception():
            await task.result().aclose()


def run_blocking(work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run a client's coroutine from synchronous code and close the sessions it opened."""

    async def whole() -> _Result:
        try:
            return await work()
        finally:
            await close_sessions()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(whole())
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(contextvars.copy_context().run, asyncio.run, whole()).result()
