"""Simulates a token bucket: when waiting backfills get tokens while schedules take precedence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# If schedules take precedence for this long and for this many calls in a row, they use the whole rate.
STARVED_AFTER, STARVED_CALLS = timedelta(days=7), 20_000


class BackfillStarved(Exception):
    """Schedules use the whole rate of a bucket, so backfills never get a token."""


@dataclass(frozen=True)
class BucketState:
    """A bucket with ``level`` tokens now and ``rate`` more per second, up to ``burst``.

    Backfills leave ``reserve`` tokens for schedules.
    """

    level: float
    burst: int
    rate: float
    reserve: int


@dataclass
class SimulationResult:
    """When each backfill call gets its token, in the given order (``moments``).

    ``latest_schedule``: how long a scheduled call waits at most. ``scheduled``: how many of them were served.
    """

    moments: list[datetime] = field(default_factory=list)
    latest_schedule: timedelta = timedelta(0)
    scheduled: int = 0


def simulate_bucket(
    now: datetime, bucket: BucketState, backlog: Iterable[datetime], schedules: Iterable[datetime] = ()
) -> SimulationResult:
    """Run the bucket by the quota ledger's rules until the whole backlog is served.

    ``backlog``: since when each backfill call waits, in the order in which the calls are served.
    ``schedules``: when scheduled calls arrive, in order, possibly without end. Raises BackfillStarved if
    schedules use the whole rate.
    """
    result, urgent = SimulationResult(), _Peekable(schedules)
    at, level = now, bucket.level
    for arrival in backlog:
        turn_before, calls_before = at, result.scheduled
        while True:
            ready = max(arrival, at + _seconds_until(level, 1 + bucket.reserve, bucket.rate))
            if urgent.next is None or urgent.next > ready:
                break
            moment = max(urgent.next, at + _seconds_until(level, 1, bucket.rate))
            level = _level(bucket, level, moment - at) - 1
            at = moment
            result.latest_schedule = max(result.latest_schedule, moment - urgent.next)
            result.scheduled += 1
            waited = moment - max(arrival, turn_before)
            if waited > STARVED_AFTER and result.scheduled - calls_before > STARVED_CALLS:
                raise BackfillStarved
            urgent.advance()
        level = _level(bucket, level, ready - at) - 1
        at = ready
        result.moments.append(ready)
    return result


class _Peekable:
    """An iterator whose next value can be seen in advance."""

    def __init__(self, moments: Iterable[datetime]) -> None:
        self._rest: Iterator[datetime] = iter(moments)
        self.next: datetime | None = None
        self.advance()

    def advance(self) -> None:
        self.next = next(self._rest, None)


def _seconds_until(level: float, wanted: float, rate: float) -> timedelta:
    return timedelta(seconds=max(0.0, wanted - level) / rate)


def _level(bucket: BucketState, level: float, passed: timedelta) -> float:
    return min(float(bucket.burst), level + max(0.0, passed.total_seconds()) * bucket.rate)
