"""Waiting in coroutines: first in, first out, one statement at a time, and the loop stays free."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from sellerops.base.clock import Clock
from sellerops.base.errors import Throttled
from sellerops.ledger import Ledger
from sellerops.rate_limits import (
    Bucket,
    Decision,
    Granted,
    OperationLimit,
    Priority,
    QueuePosition,
    QuotaLedger,
    RateLimitConfig,
    Wait,
    acquire,
    max_token_wait,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BUCKET = Bucket("default", "northwind_na", "createReport")


class Counting(QuotaLedger):
    """Limits that return Wait before each grant, and count concurrent tries."""

    def __init__(self, waits_before_grant: int = 1) -> None:
        self._waits, self._asked = waits_before_grant, 0
        self._guard = threading.Lock()
        self._inside = 0
        self.most_at_once = 0
        self.statements = 0

    def try_acquire(
        self,
        bucket: Bucket,
        priority: Priority = Priority.SCHEDULE,
        *,
        position: QueuePosition | None = None,
        leave: int | None = None,
    ) -> Decision:
        with self._guard:
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
            self.statements += 1
            self._asked += 1
            is_granted = self._asked % (self._waits + 1) == 0
        with self._guard:
            self._inside -= 1
        return Granted(NOW) if is_granted else Wait(0.0, 0.0)


def test_a_thousand_waiters_cost_one_statement_at_a_time() -> None:
    """Only the head of the queue tries; the order is the order of arrival."""
    limits, order = Counting(waits_before_grant=0), []

    async def wait(number: int) -> None:
        await acquire(limits, BUCKET)
        order.append(number)

    async def all_of_them() -> None:
        await asyncio.gather(*(wait(number) for number in range(1000)))

    asyncio.run(all_of_them())
    assert order == list(range(1000))
    assert limits.most_at_once == 1
    assert limits.statements == 1000


def test_the_head_asks_again_after_its_wait() -> None:
    limits = Counting(waits_before_grant=3)
    assert asyncio.run(acquire(limits, BUCKET)) == Granted(NOW)
    assert limits.statements == 4


def test_the_loop_is_free_while_a_statement_runs() -> None:
    """The statement blocks until the loop, which keeps running, releases it."""
    release = threading.Event()

    class Slow(Counting):
        def try_acquire(
            self,
            bucket: Bucket,
            priority: Priority = Priority.SCHEDULE,
            *,
            position: QueuePosition | None = None,
            leave: int | None = None,
        ) -> Decision:
            assert release.wait(240)
            return Granted(NOW)

    async def run() -> Granted:
        waiting = asyncio.create_task(acquire(Slow(), BUCKET))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        release.set()
        return await waiting

    assert asyncio.run(run()) == Granted(NOW)


def test_schedules_do_not_queue_behind_backfills() -> None:
    """A backfill that may not have a token holds up no schedule; nor does another bucket."""

    class OnlySchedules(Counting):
        def try_acquire(
            self,
            bucket: Bucket,
            priority: Priority = Priority.SCHEDULE,
            *,
            position: QueuePosition | None = None,
            leave: int | None = None,
        ) -> Decision:
            return Granted(NOW) if priority is Priority.SCHEDULE else Wait(1.0, 0.01)

    async def run() -> None:
        limits = OnlySchedules()
        backfill = asyncio.create_task(acquire(limits, BUCKET, Priority.BACKFILL))
        await asyncio.sleep(0)
        await acquire(limits, BUCKET)
        await acquire(limits, Bucket("default", "northwind_eu", "createReport"))
        assert not backfill.done()
        backfill.cancel()
        with pytest.raises(asyncio.CancelledError):
            await backfill

    asyncio.run(asyncio.wait_for(run(), 240))


def test_a_cancelled_waiter_leaves_the_queue() -> None:
    """Head or not: those behind it get their turn."""
    allow = threading.Event()

    class Gate(Counting):
        def try_acquire(
            self,
            bucket: Bucket,
            priority: Priority = Priority.SCHEDULE,
            *,
            position: QueuePosition | None = None,
            leave: int | None = None,
        ) -> Decision:
            return Granted(NOW) if allow.is_set() else Wait(1.0, 0.01)

    async def run() -> list[Any]:
        limits = Gate()
        waiting = [asyncio.create_task(acquire(limits, BUCKET)) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[2].cancel()
        allow.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    answers = asyncio.run(asyncio.wait_for(run(), 240))
    assert [isinstance(answer, Granted) for answer in answers] == [False, True, False, True, True]


class Distant(Counting):
    """The token is free after ``seconds`` of the ledger's clock; records who gets that answer."""

    def __init__(self, seconds: float, waits: int = 1) -> None:
        super().__init__(waits)
        self.seconds = seconds
        self.places: list[QueuePosition | None] = []

    def try_acquire(
        self,
        bucket: Bucket,
        priority: Priority = Priority.SCHEDULE,
        *,
        position: QueuePosition | None = None,
        leave: int | None = None,
    ) -> Decision:
        self.places.append(position)
        decision = super().try_acquire(bucket, priority)
        return decision if isinstance(decision, Granted) else Wait(self.seconds, 0.0)


def test_a_worker_waits_for_at_most_so_long() -> None:
    with max_token_wait(120):
        assert asyncio.run(acquire(Distant(100), BUCKET)) == Granted(NOW)
        with pytest.raises(Throttled, match=r"createReport is free in 121 s") as refused:
            asyncio.run(acquire(Distant(121), BUCKET))
        with pytest.raises(Throttled):
            asyncio.run(acquire(Distant(50, waits=3), BUCKET))
    assert refused.value.details["sent"] is False
    assert asyncio.run(acquire(Distant(121, waits=3), BUCKET)) == Granted(NOW), (
        "a triggerer as long as it takes"
    )


def test_a_call_that_will_not_wait_has_no_position() -> None:
    """Otherwise other backfills would queue behind a worker that has left."""
    limits = Distant(10)
    with max_token_wait(5), pytest.raises(Throttled):
        asyncio.run(acquire(limits, BUCKET, Priority.BACKFILL, NOW))
    asyncio.run(acquire(limits, BUCKET, Priority.BACKFILL, NOW))
    assert [position is None for position in limits.places] == [True, False]


def test_waiters_get_tokens_as_the_clock_runs(ledger: Ledger) -> None:
    """From Postgres, on a clock 6,000 times as fast: 14 at once and the rest one a virtual minute."""
    config = RateLimitConfig(operations={"createReport": OperationLimit(rate=1 / 60, burst=15)})
    limits = QuotaLedger(ledger, config)
    ledger.set_clock(Clock(datetime.now(UTC), NOW, 6000.0))

    async def run() -> list[Granted]:
        return await asyncio.gather(*(acquire(limits, BUCKET) for _ in range(30)))

    moments = [granted.at for granted in asyncio.run(asyncio.wait_for(run(), 240))]
    assert moments == sorted(moments)
    assert (moments[-1] - moments[0]).total_seconds() >= 16 * 60
