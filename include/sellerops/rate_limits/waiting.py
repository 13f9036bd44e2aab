"""Waiting for a token in a coroutine: in order of urgency, and only the head of a queue asks Postgres."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from bisect import insort
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from sellerops.rate_limits.quota import Bucket, Decision, Granted, Place, Priority, QuotaLedger

_NEVER = datetime.max.replace(tzinfo=UTC)
# Not to spin when the wait is shorter than the way to Postgres and back.
_SHORTEST_SLEEP = 0.005
_arrivals = itertools.count()


class _Turn:
    """One waiter. ``wake`` is set when it may have become the head, or is no longer."""

    def __init__(self, deadline: datetime | None) -> None:
        self.deadline = deadline
        self.order = (deadline or _NEVER, next(_arrivals))
        self.wake = asyncio.Event()


class _Queue:
    """The waiters of one bucket and priority on one loop, the most urgent first, then as they came."""

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

    def place(self) -> Place:
        """The head's place in line, and its follower's."""
        following = (self.turns[1].deadline or _NEVER) if len(self.turns) > 1 else None
        return Place(self.name, self.turns[0].deadline, following)


# A queue belongs to one loop; a process may run several, one after the other or in threads.
_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[Bucket, Priority], _Queue]] = (
    WeakKeyDictionary()
)


async def acquire(
    limits: QuotaLedger,
    bucket: Bucket,
    priority: Priority = Priority.SCHEDULE,
    deadline: datetime | None = None,
) -> Granted:
    """Wait until a token of ``bucket`` is ours. Use it at once: it is not kept.

    ``deadline``: when Amazon no longer serves what the call is for; the soonest goes first, those without
    one last, in the order they came. Among the backfills of several processes it is so too. A thousand
    waiters of one process cost one statement at a time. The loop is never blocked: the statement runs in a
    thread. Schedules and backfills stand in queues of their own. A cancelled waiter leaves its queue; the
    token of a statement under way is then lost, which errs to the slow side.
    """
    queue, turn = _queue(bucket, priority), _Turn(deadline)
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
            await _sleep(turn, max(decision.real_seconds, _SHORTEST_SLEEP))
    finally:
        queue.leave(turn)


async def _ask(limits: QuotaLedger, bucket: Bucket, priority: Priority, queue: _Queue) -> Decision:
    queue.asking = True
    try:
        if priority is Priority.BACKFILL:
            place = queue.place()
            return await asyncio.to_thread(limits.try_acquire, bucket, priority, place=place)
        return await asyncio.to_thread(limits.try_acquire, bucket, priority)
    finally:
        queue.asking = False
        queue.wake_head()


async def _sleep(turn: _Turn, seconds: float) -> None:
    """Until the time is over, or somebody more urgent came."""
    turn.wake.clear()
    try:
        async with asyncio.timeout(seconds):
            await turn.wake.wait()
    except TimeoutError:
        return


def _queue(bucket: Bucket, priority: Priority) -> _Queue:
    queues = _queues.setdefault(asyncio.get_running_loop(), {})
    return queues.setdefault((bucket, priority), _Queue())
