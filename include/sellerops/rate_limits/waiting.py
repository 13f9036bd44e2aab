"""Waiting for a token in a coroutine: first in, first out, and only the head of a queue asks Postgres."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from sellerops.rate_limits.quota import Bucket, Granted, Priority, QuotaLedger

_Queue = tuple[Bucket, Priority]
# A lock belongs to one loop; a process may run several, one after the other or in threads.
_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Queue, asyncio.Lock]] = WeakKeyDictionary()
# Not to spin when the wait is shorter than the way to Postgres and back.
_SHORTEST_SLEEP = 0.005


async def acquire(limits: QuotaLedger, bucket: Bucket, priority: Priority = Priority.SCHEDULE) -> Granted:
    """Wait until a token of ``bucket`` is ours. Use it at once: it is not kept.

    A thousand waiters of one process cost one statement at a time. The loop is never blocked: the statement
    runs in a thread. Schedules and backfills stand in queues of their own. A cancelled waiter leaves its
    queue; the token of a statement under way is then lost, which errs to the slow side.
    """
    async with _queue(bucket, priority):
        while True:
            decision = await asyncio.to_thread(limits.try_acquire, bucket, priority)
            if isinstance(decision, Granted):
                return decision
            await asyncio.sleep(max(decision.real_seconds, _SHORTEST_SLEEP))


def _queue(bucket: Bucket, priority: Priority) -> asyncio.Lock:
    queues = _queues.setdefault(asyncio.get_running_loop(), {})
    return queues.setdefault((bucket, priority), asyncio.Lock())
