"""Waits for tokens in coroutines, in order of urgency; only the head of each queue queries Postgres."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from bisect import insort
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol
from weakref import WeakKeyDictionary

from sellerops.base.errors import Throttled
from sellerops.rate_limits.decisions import Bucket, Decision, Granted, Priority, QueuePosition

_NEVER = datetime.max.replace(tzinfo=UTC)
# Seconds; avoids spinning when the wait is shorter than a query.
_SHORTEST_SLEEP = 0.005
_arrivals = itertools.count()
# Seconds of the ledger's clock to wait for one token at most; None: no limit.
_max_wait: ContextVar[float | None] = ContextVar("max_token_wait", default=None)


class Limits(Protocol):
    """Where ``acquire`` gets tokens: a QuotaLedger, a TokenReserver or a TokenRedeemer."""

    def try_acquire(
        self, bucket: Bucket, priority: Priority = Priority.SCHEDULE, *, position: QueuePosition | None = None
    ) -> Decision: ...


@contextmanager
def max_token_wait(seconds: float) -> Iterator[None]:
    """Within the block, let ``acquire`` wait for a token for at most ``seconds`` of the ledger's clock.

    Beyond that it raises Throttled with ``sent`` False; immediately if the wait is known to be longer. For
    workers, whose slots must not be occupied by waiting.
    """
    mark = _max_wait.set(seconds)
    try:
        yield
    finally:
        _max_wait.reset(mark)


class _Turn:
    """One waiter. ``wake`` is set when it may have become the head, or stopped being it."""

    def __init__(self, deadline: datetime | None) -> None:
        self.deadline = deadline
        self.order = (deadline or _NEVER, next(_arrivals))
        self.wake = asyncio.Event()


class _Queue:
    """The waiters for one bucket and priority on one loop, by urgency, then in order of arrival."""

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex
        self.turns: list[_Turn] = []
        self.asking = False

    def enter(self, turn: _Turn) -> None:
        insort(self.turns, turn, key=lambda one: one.order)
        if self.turns[0] is turn and len(self.turns) > 1:
            self.turns[1].wake.set()

    def leave(self, turn: _Turn) -> None:
        self.turns.remove(turn)
        self.wake_head()

    def wake_head(self) -> None:
        if self.turns:
            self.turns[0].wake.set()

    def position(self) -> QueuePosition:
        """The head's position, with its follower's deadline."""
        following = (self.turns[1].deadline or _NEVER) if len(self.turns) > 1 else None
        return QueuePosition(self.name, self.turns[0].deadline, following)


# A queue belongs to one loop; a process may run several loops, one after the other or in threads.
_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[Bucket, Priority], _Queue]] = (
    WeakKeyDictionary()
)


async def acquire(
    limits: Limits,
    bucket: Bucket,
    priority: Priority = Priority.SCHEDULE,
    deadline: datetime | None = None,
) -> Granted:
    """Wait for a token of ``bucket``. Use it immediately: it is not reserved.

    ``deadline``: when Amazon stops serving what the call is for. The earliest goes first, calls without one
    last, in order of arrival; for backfills this holds across processes. A thousand waiters of one process
    run one statement at a time, in a thread, so the loop is never blocked. Schedules and backfills have
    separate queues. A cancelled waiter leaves its queue; the token of a statement in progress is then lost,
    which errs on the slow side.

    Raises Throttled within ``max_token_wait`` if the wait would be longer than that.
    """
    queue, turn, left = _queue(bucket, priority), _Turn(deadline), _max_wait.get()
    queue.enter(turn)
    try:
        while True:
            if queue.turns[0] is not turn or queue.asking:
                await turn.wake.wait()
                turn.wake.clear()
                continue
            decision = await _ask(limits, bucket, priority, queue)
            if isinstance(decision, Granted):
                return decision
            if left is not None:
                left -= decision.virtual_seconds
                if left < 0:
                    raise _too_long(bucket, decision.virtual_seconds)
            await _sleep(turn, max(decision.real_seconds, _SHORTEST_SLEEP))
    finally:
        queue.leave(turn)


def _too_long(bucket: Bucket, seconds: float) -> Throttled:
    return Throttled(
        f"the next token of {bucket.operation} is free in {seconds:.0f} s.",
        where=f"quota of {bucket.account_id}",
        sent=False,
        operation=bucket.operation,
        virtual_seconds=seconds,
    )


async def _ask(limits: Limits, bucket: Bucket, priority: Priority, queue: _Queue) -> Decision:
    queue.asking = True
    try:
        if priority is Priority.BACKFILL and _max_wait.get() is None:
            # A caller with limited patience gets no position: others would queue behind it after it has left.
            position = queue.position()
            return await asyncio.to_thread(limits.try_acquire, bucket, priority, position=position)
        return await asyncio.to_thread(limits.try_acquire, bucket, priority)
    finally:
        queue.asking = False
        queue.wake_head()


async def _sleep(turn: _Turn, seconds: float) -> None:
    """Sleep until the time is over or a more urgent waiter arrives."""
    turn.wake.clear()
    try:
        async with asyncio.timeout(seconds):
            await turn.wake.wait()
    except TimeoutError:
        return


def _queue(bucket: Bucket, priority: Priority) -> _Queue:
    queues = _queues.setdefault(asyncio.get_running_loop(), {})
    return queues.setdefault((bucket, priority), _Queue())
