"""Access tokens that a whole process shares: one for each set of credentials, asked for by one call.

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

# A token is renewed this many seconds before Amazon says it ends.
_EARLY = 60.0
# A failure is told again for this long, so that a thousand waiting calls do not each ask for a token.
_FAILURE_MEMORY = 5.0


class _BrokenOff(Exception):
    """Who asked for the token was cancelled, or something else went wrong there; the next one asks."""


class SharedToken:
    """One access token, for every thread and event loop of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0
        self._failure: SellerOpsError | None = None
        self._failure_ends = 0.0
        self._asking: Future[str] | None = None

    async def get(self, ask: Callable[[], Awaitable[tuple[str, float]]]) -> str:
        """A valid token; ``ask`` gives a new one and for how many seconds it is valid. Raises what ``ask``
        raised, to all who wait for it.
        """
        while True:
            with self._lock:
                if self._token and time.monotonic() < self._ends:
                    return self._token
                if self._failure and time.monotonic() < self._failure_ends:
                    raise _copy(self._failure)
                asking = self._asking
                mine = self._asking = asking or _begun()
            if asking is None:
                return await self._renew(ask, mine)
            try:
                return await asyncio.wrap_future(asking)
            except SellerOpsError as error:
                raise _copy(error) from None
            except _BrokenOff:
                continue

    def drop(self, token: str) -> None:
        """Forget ``token`` because Amazon refused it; one that has been renewed meanwhile is kept."""
        with self._lock:
            if token == self._token:
                self._token = ""

    async def _renew(self, ask: Callable[[], Awaitable[tuple[str, float]]], asking: Future[str]) -> str:
        try:
            token, seconds = await ask()
        except BaseException as error:
            failure = error if isinstance(error, SellerOpsError) else None
            with self._lock:
                self._asking = None
                self._failure, self._failure_ends = failure, time.monotonic() + _FAILURE_MEMORY
            asking.set_exception(failure or _BrokenOff())
            raise
        with self._lock:
            self._asking, self._failure = None, None
            self._token, self._ends = token, time.monotonic() + max(0.0, seconds - _EARLY)
        asking.set_result(token)
        return token


def shared_token(key: str) -> SharedToken:
    """This process's token of that key; credentials that change have another key."""
    with _lock:
        return _tokens.setdefault(key, SharedToken())


def forget_tokens() -> None:
    """Forget every token of this process, and who asks for one."""
    global _lock, _tokens
    _lock, _tokens = threading.Lock(), {}


def _begun() -> Future[str]:
    """Not to be cancelled by one of those who wait for it."""
    asking: Future[str] = Future()
    asking.set_running_or_notify_cancel()
    return asking


def _copy(error: SellerOpsError) -> SellerOpsError:
    """The same error anew: one object raised in many tasks would collect all their tracebacks."""
    return type(error)(error.cause, where=error.where, remedy=error.remedy, **error.details)


_lock = threading.Lock()
_tokens: dict[str, SharedToken] = {}
# A child may be forked while a thread of its parent holds a lock or asks for a token: nobody would answer.
os.register_at_fork(after_in_child=forget_tokens)
