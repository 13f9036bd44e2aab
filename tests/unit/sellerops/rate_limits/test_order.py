"""Backfill calls queue across processes: what expires first goes first."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from sellerops.base.clock import Clock
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
)

START = datetime(2026, 11, 20, tzinfo=UTC)
SOON, LATER = START + timedelta(days=1), START + timedelta(days=300)
BUCKET = Bucket("default", "northwind_na", "createReport")
CONFIG = RateLimitConfig(
    share=1.0, backfill_reserve=0, operations={"createReport": OperationLimit(rate=1 / 60, burst=4)}
)


@pytest.fixture
def limits(ledger: Ledger) -> QuotaLedger:
    ledger.set_clock(Clock(START, START, 0.0))
    return QuotaLedger(ledger, CONFIG)


def ask(
    limits: QuotaLedger, position: QueuePosition | None, priority: Priority = Priority.BACKFILL
) -> Decision:
    return limits.try_acquire(BUCKET, priority, position=position)


def empty(limits: QuotaLedger) -> None:
    while isinstance(limits.try_acquire(BUCKET), Granted):
        pass


def pass_minutes(limits: QuotaLedger, minutes: float) -> None:
    limits.ledger.set_clock(Clock(START, START + timedelta(minutes=minutes), 0.0))


def test_the_soonest_deadline_of_all_processes_goes_first(limits: QuotaLedger) -> None:
    empty(limits)
    assert isinstance(ask(limits, QueuePosition("one", LATER)), Wait)
    assert isinstance(ask(limits, QueuePosition("two", SOON)), Wait)
    pass_minutes(limits, 2)
    assert isinstance(ask(limits, QueuePosition("one", LATER)), Wait)
    assert isinstance(ask(limits, QueuePosition("two", SOON)), Granted)
    assert isinstance(ask(limits, QueuePosition("one", LATER)), Granted)


def test_a_granted_call_leaves_its_place_to_the_one_behind_it(limits: QuotaLedger) -> None:
    """No less urgent process slips in between two calls of an urgent one."""
    assert isinstance(ask(limits, QueuePosition("two", SOON, following=SOON)), Granted)
    assert isinstance(ask(limits, QueuePosition("one", LATER)), Wait)
    assert isinstance(ask(limits, QueuePosition("two", SOON)), Granted)
    assert isinstance(ask(limits, QueuePosition("one", LATER)), Granted)


def test_calls_without_deadline_stand_last_and_never_block_each_other(limits: QuotaLedger) -> None:
    assert isinstance(ask(limits, QueuePosition("two", SOON, following=LATER)), Granted)
    assert isinstance(ask(limits, QueuePosition("one")), Wait)
    assert isinstance(ask(limits, None), Wait)
    assert isinstance(ask(limits, QueuePosition("two", LATER)), Granted)
    assert isinstance(ask(limits, QueuePosition("one", following=datetime.max.replace(tzinfo=UTC))), Granted)
    pass_minutes(limits, 1)
    assert isinstance(ask(limits, None), Granted)


def test_schedules_stand_in_no_line(limits: QuotaLedger) -> None:
    assert isinstance(ask(limits, QueuePosition("one", SOON, following=SOON)), Granted)
    assert isinstance(limits.try_acquire(BUCKET), Granted)


def test_a_process_that_died_lapses(limits: QuotaLedger, conninfo: str) -> None:
    """Its place is given up some seconds after it should have come again."""
    empty(limits)
    assert isinstance(ask(limits, QueuePosition("dead", SOON)), Wait)
    pass_minutes(limits, 2)
    assert isinstance(ask(limits, QueuePosition("alive", LATER)), Wait)
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT extract(epoch FROM max(alive_until) - clock_timestamp()) FROM sellerops.quota_waiter"
        ).fetchone()
        connection.execute("UPDATE sellerops.quota_waiter SET alive_until = 'epoch' WHERE waiter = 'dead'")
    assert row is not None
    assert 0 < row[0] <= 11
    assert isinstance(ask(limits, QueuePosition("alive", LATER)), Granted)


def test_waiters_of_one_process_are_served_by_deadline() -> None:
    """Also one that arrives while the head of the queue sleeps."""

    class Gate(QuotaLedger):
        def __init__(self) -> None:
            self.open = False
            self.refused = 0
            self.places: list[QueuePosition | None] = []

        def try_acquire(
            self,
            bucket: Bucket,
            priority: Priority = Priority.SCHEDULE,
            *,
            position: QueuePosition | None = None,
            leave: int | None = None,
        ) -> Decision:
            if not self.open:
                self.refused += 1
                return Wait(3600.0, 3600.0)
            self.places.append(position)
            return Granted(START)

    async def run() -> tuple[list[int], list[QueuePosition | None]]:
        limits, served = Gate(), []

        async def one(days: int | None) -> None:
            deadline = START + timedelta(days=days) if days is not None else None
            await acquire(limits, BUCKET, Priority.BACKFILL, deadline)
            served.append(days or 0)

        tasks = [asyncio.create_task(one(days)) for days in (30, None, 20)]
        # The first and then the more urgent third of them have tried in vain.
        while limits.refused < 2:  # noqa: ASYNC110 - set in threads
            await asyncio.sleep(0.001)
        limits.open = True
        tasks.append(asyncio.create_task(one(10)))
        # Well before the end of the hour that the first head had to wait.
        await asyncio.wait_for(asyncio.gather(*tasks), 240)
        return served, limits.places

    served, places = asyncio.run(run())
    assert served == [10, 20, 30, 0]
    assert [position.deadline for position in places if position] == [
        START + timedelta(days=10),
        START + timedelta(days=20),
        START + timedelta(days=30),
        None,
    ]
    assert places[0] is not None
    assert places[0].following == START + timedelta(days=20)
