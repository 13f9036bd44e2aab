"""A token bucket played ahead: when waiting backfills get their tokens while schedules go before them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# Schedules that go first for so long, and so many calls on end, use the whole rate: no backfill's turn comes.
STARVED_AFTER, STARVED_CALLS = timedelta(days=7), 20_000


class BackfillStarved(Exception):
    """Schedules use the whole rate of a bucket."""


@dataclass(frozen=True)
class BucketState:
    """A bucket as it stands: ``level`` tokens now, ``rate`` more a second; backfills leave ``reserve``."""

    level: float
    burst: int
    rate: float
    reserve: int


@dataclass
class SimulationResult:
    """When each backfill call got its token, in the order given, and how long schedules waited at most."""

    moments: list[datetime] = field(default_factory=list)
    latest_schedule: timedelta = timedelta(0)
    scheduled: int = 0


def simulate_bucket(
    now: datetime, supply: BucketState, backlog: Iterable[datetime], schedules: Iterable[datetime] = ()
) -> SimulationResult:
    """Play the bucket until the backlog is served.

    ``backlog``: from when on each backfill call waits, in the order they are served; ``schedules``: when
    scheduled calls come, in order, possibly without end. The same rules as the quota ledger's. Raises
    BackfillStarved.
    """
    served, urgent = SimulationResult(), _Ahead(schedules)
    at, level = now, supply.level
    for arrival in backlog:
        turn_before, calls_before = at, served.scheduled
        while True:
            ready = max(arrival, at + _seconds_until(level, 1 + supply.reserve, supply.rate))
            if urgent.next is None or urgent.next > ready:
                break
            moment = max(urgent.next, at + _seconds_until(level, 1, supply.rate))
            level = _level(supply, level, moment - at) - 1
            at = moment
            served.latest_schedule = max(served.latest_schedule, moment - urgent.next)
            served.scheduled += 1
            waited = moment - max(arrival, turn_before)
            if waited > STARVED_AFTER and served.scheduled - calls_before > STARVED_CALLS:
                raise BackfillStarved
            urgent.advance()
        level = _level(supply, level, ready - at) - 1
        at = ready
        served.moments.append(ready)
    return served


class _Ahead:
    """An iterator whose next value can be looked at."""

    def __init__(self, moments: Iterable[datetime]) -> None:
        self._rest: Iterator[datetime] = iter(moments)
        self.next: datetime | None = None
        self.advance()

    def advance(self) -> None:
        self.next = next(self._rest, None)


def _seconds_until(level: float, wanted: float, rate: float) -> timedelta:
    return timedelta(seconds=max(0.0, wanted - level) / rate)


def _level(supply: BucketState, level: float, passed: timedelta) -> float:
    return min(float(supply.burst), level + max(0.0, passed.total_seconds()) * supply.rate)
