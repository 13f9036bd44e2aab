"""One access token for a process: across calls, threads and event loops, until it ends or is refused."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sellerops.base.errors import AmazonUnavailable
from sellerops.sources.common import tokens
from sellerops.sources.common.tokens import SharedToken, shared_token

THREADS = 8


class Amazon:
    """Gives numbered tokens for ``seconds``; each asker waits until ``open`` is set."""

    def __init__(self, seconds: float = 3600.0) -> None:
        self.seconds = seconds
        self.asked = 0
        self.open = threading.Event()
        self.open.set()
        self.failure: BaseException | None = None
        self.is_asked = asyncio.Event()

    async def __call__(self) -> tuple[str, float]:
        self.asked += 1
        number = self.asked
        self.is_asked.set()
        await asyncio.to_thread(self.open.wait, 30)
        if self.failure:
            raise self.failure
        return f"token {number}", self.seconds


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(tokens, "time", found)
    return found


def get(token: SharedToken, ask: Callable[[], Awaitable[tuple[str, float]]]) -> str:
    """On an event loop of its own."""
    return asyncio.run(token.get(ask))


def test_calls_on_many_loops_one_after_the_other_share_it() -> None:
    token, amazon = SharedToken(), Amazon()
    assert {get(token, amazon) for _ in range(5)} == {"token 1"} and amazon.asked == 1


def in_threads(work: Callable[[], Any], amazon: Amazon) -> list[Any]:
    """``work`` in threads that all wait for the same answer."""
    amazon.open.clear()
    begun = threading.Barrier(THREADS + 1)

    def one() -> Any:
        begun.wait(30)
        return work()

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(one) for _ in range(THREADS)]
        begun.wait(30)
        amazon.open.set()
        return [future.result(30) for future in futures]


def test_calls_on_many_loops_at_once_ask_once() -> None:
    token, amazon = SharedToken(), Amazon()

    async def many() -> set[str]:
        return set(await asyncio.gather(*(token.get(amazon) for _ in range(10))))

    found = in_threads(lambda: asyncio.run(many()), amazon)
    assert found == [{"token 1"}] * THREADS and amazon.asked == 1


def test_it_is_renewed_a_minute_before_it_ends(clock: Clock) -> None:
    token, amazon = SharedToken(), Amazon(seconds=3600.0)
    get(token, amazon)
    clock.now += 3539.0
    assert get(token, amazon) == "token 1"
    clock.now += 1.0
    assert [get(token, amazon) for _ in range(3)] == ["token 2"] * 3


def test_a_refused_one_is_renewed_once_by_all_who_had_it() -> None:
    token, amazon = SharedToken(), Amazon()
    stale = get(token, amazon)

    def again() -> str:
        token.drop(stale)
        return get(token, amazon)

    assert in_threads(again, amazon) == ["token 2"] * THREADS and amazon.asked == 2


def test_a_failure_reaches_all_waiters_and_is_remembered_for_seconds(clock: Clock) -> None:
    token, amazon = SharedToken(), Amazon()
    amazon.failure = AmazonUnavailable("down.", where="Login with Amazon", status=503)

    def failing() -> Any:
        with pytest.raises(AmazonUnavailable, match="down") as caught:
            get(token, amazon)
        return caught.value

    errors = in_threads(failing, amazon)
    assert amazon.asked == 1 and {error.details["status"] for error in errors} == {503}
    assert len(set(map(id, errors))) == THREADS, "one object would gather the tracebacks of all"
    clock.now += 5.1
    amazon.failure = None
    assert get(token, amazon) == "token 2"


@pytest.mark.parametrize("how", ["cancelled", "broken"])
def test_one_that_breaks_off_leaves_the_asking_to_the_next(how: str) -> None:
    token, amazon = SharedToken(), Amazon()

    async def whole() -> list[Any]:
        amazon.open.clear()
        first = asyncio.create_task(token.get(amazon))
        await amazon.is_asked.wait()
        others = [asyncio.create_task(token.get(amazon)) for _ in range(3)]
        await asyncio.sleep(0)
        others[0].cancel()
        if how == "cancelled":
            first.cancel()
        else:
            amazon.failure = RuntimeError("a bug")
            amazon.open.set()
        await asyncio.gather(first, return_exceptions=True)
        amazon.failure = None
        amazon.open.set()
        return await asyncio.gather(*others, return_exceptions=True)

    cancelled, *found = asyncio.run(whole())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert found == ["token 2"] * 2 and amazon.asked == 2


def test_credentials_that_change_have_a_token_of_their_own() -> None:
    old, new, amazon = shared_token("old secret"), shared_token("new secret"), Amazon()
    assert (get(old, amazon), get(new, amazon)) == ("token 1", "token 2")
    assert shared_token("old secret") is old


def test_a_forked_child_does_not_wait_for_its_parents_threads() -> None:
    token = shared_token("northwind")
    token._lock.acquire()
    tokens._lock.acquire()
    try:
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if get(shared_token("northwind"), Amazon()) == "token 1" else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        token._lock.release()
        tokens._lock.release()
