"""Access tokens that a process shares: one for each set of credentials, requested by one call.

Workers run each call on an event loop of its own, the triggerer all of them on one; tokens outlive loops.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

from sellerops.base.errors import SellerOpsError

# A token is renewed this many seconds before it expires.
_EARLY = 60.0
# Seconds for which a failure is repeated, so that a thousand waiting calls do not each request a token.
_FAILURE_MEMORY = 5.0


class _BrokenOff(Exception):
    """The caller that requested the token was cancelled or failed otherwise; the next caller requests it."""


class SharedToken:
    """One access token, for every thread and event loop of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0
        self._failure: SellerOpsError | None = None
        self._failure_ends = 0.0
        self._pending: Future[str] | None = None

    async def get(self, request: Callable[[], Awaitable[tuple[str, float]]]) -> str:
        """A valid token; ``request`` returns a new one and for how many seconds it is valid. What ``request``
        raises is raised in every caller that waits for it.
        """
        while True:
            with self._lock:
                if self._token and time.monotonic() < self._ends:
                    return self._token
                if self._failure and time.monotonic() < self._failure_ends:
                    raise _copy(self._failure)
                pending = self._pending
                mine = self._pending = pending or _begun()
            if pending is None:
                return await self._renew(request, mine)
            try:
                return await asyncio.wrap_future(pending)
            except SellerOpsError as error:
                raise _copy(error) from None
            except _BrokenOff:
                continue

    def drop(self, token: str) -> None:
        """Forget ``token``, which Amazon refused; a token renewed meanwhile is kept."""
        with self._lock:
            if token == self._token:
                self._token = ""

    async def _renew(self, request: Callable[[], Awaitable[tuple[str, float]]], pending: Future[str]) -> str:
        try:
            token, seconds = await request()
        except BaseException as error:
            failure = error if isinstance(error, SellerOpsError) else None
            with self._lock:
                self._pending = None
                self._failure, self._failure_ends = failure, time.monotonic() + _FAILURE_MEMORY
            pending.set_exception(failure or _BrokenOff())
            raise
        with self._lock:
            self._pending, self._failure = None, None
            self._token, self._ends = token, time.monotonic() + max(0.0, seconds - _EARLY)
        pending.set_result(token)
        return token


def shared_token(key: str) -> SharedToken:
    """This process's token for ``key``; changed credentials have another key."""
    with _lock:
        return _tokens.setdefault(key, SharedToken())


def forget_tokens() -> None:
    """Forget every token of this process and every request for one."""
    global _lock, _tokens
    _lock, _tokens = threading.Lock(), {}


def _begun() -> Future[str]:
    """A future that none of its waiters can cancel."""
    pending: Future[str] = Future()
    pending.set_running_or_notify_cancel()
    return pending


def _copy(error: SellerOpsError) -> SellerOpsError:
    """A copy of the error: one object raised in many tasks would collect all their tracebacks."""
    return type(error)(error.cause, where=error.where, remedy=error.remedy, **error.details)


_lock = threading.Lock()
_tokens: dict[str, SharedToken] = {}
# A child may be forked while a thread of its parent holds the lock or requests a token; it would wait
# forever.
os.register_at_fork(after_in_child=forget_tokens)
