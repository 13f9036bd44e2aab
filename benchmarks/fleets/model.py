"""Simulates a day of many sellers in steps of a minute: workers, Amazon's quotas, and what waits where.

Amounts are fractions: a step moves as much of each queue as capacity and tokens allow, in a fixed order, so
that the same input always gives the same output. All sellers have the same schedules and therefore the same
demand at the same minute, which is the worst case.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fleets.demand import MINUTES, PATHS, Demand

# The number of slices in a stage, by (region, path).
Stage = dict[tuple[str, str], float]
_LONGEST_DAYS = 8
_NOTHING = 1e-6


@dataclass(frozen=True)
class Limit:
    """Calls per second, and how many may be made at once."""

    rate: float
    burst: float


@dataclass
class Bucket:
    """Tokens of a limit, full at first."""

    limit: Limit
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.limit.burst

    def refill(self, seconds: float) -> None:
        self.tokens = min(
            max(self.limit.burst, self.limit.rate * seconds), self.tokens + self.limit.rate * seconds
        )

    def take(self, wanted: float) -> float:
        """Take as many of the wanted tokens as are available; return how many."""
        taken = min(wanted, self.tokens)
        self.tokens -= taken
        return taken


@dataclass(frozen=True)
class World:
    """``limits``: for each account, by operation; ``shared``: for all accounts together, by operation.

    ``task_seconds``: processor seconds of a worker for one execution of a task; ``making``: minutes that
    Amazon takes to create a report.
    """

    limits: Mapping[str, Limit]
    shared: Mapping[str, Limit]
    task_seconds: float
    making: int = 2


@dataclass
class Result:
    """What a simulation found.

    ``ended``: the minute, counted from the beginning of the day, in which the last slice ended; None if that
    took more than a week. By hour: ``ready``, the most tasks that waited for a worker; ``executed``;
    ``triggers``, the most slices that waited for Amazon or its quota. ``blocked``: the most slices that
    waited for tokens, by operation.
    """

    slices: float
    executions: float
    ended: int | None
    ready: list[float]
    executed: list[float]
    triggers: list[float]
    blocked: dict[str, float]


class Simulation:
    """A day of ``sellers`` sellers with ``workers`` workers, each with a processor of its own."""

    def __init__(self, demand: Demand, sellers: int, workers: int, world: World) -> None:
        self._demand, self._sellers, self._world = demand, sellers, world
        self._capacity = workers * 60.0 / world.task_seconds
        self._plans, self._planned = 0.0, _stage()
        self._first, self._again, self._loads = _stage(), _stage(), _stage()
        self._create, self._document = _stage(), _stage()
        self._making: deque[Stage] = deque(_stage() for _ in range(world.making))
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._shared = {name: Bucket(limit) for name, limit in world.shared.items()}
        self._finished = self._executed = 0.0
        self._blocked: dict[str, float] = defaultdict(float)

    def run(self) -> Result:
        hours = _LONGEST_DAYS * 24
        ready, executed, triggers = [0.0] * hours, [0.0] * hours, [0.0] * hours
        ended, last_run = None, max([*self._demand.plans, *self._demand.slices])
        for minute in range(_LONGEST_DAYS * MINUTES):
            self._arrive(minute)
            before, hour = self._executed, minute // 60
            ready[hour] = max(ready[hour], self._ready())
            self._work()
            self._wait()
            executed[hour] += self._executed - before
            triggers[hour] = max(triggers[hour], self._waiting())
            if minute >= last_run and self._ready() + self._waiting() < _NOTHING:
                ended = minute
                break
        last = min(hours, (ended or hours * 60) // 60 + 1)
        return Result(
            self._finished,
            self._executed,
            ended,
            ready[:last],
            executed[:last],
            triggers[:last],
            dict(self._blocked),
        )

    def _arrive(self, minute: int) -> None:
        self._plans += self._demand.plans.get(minute, 0) * self._sellers
        for key, number in self._demand.slices.get(minute, {}).items():
            self._planned[key] += number * self._sellers

    def _ready(self) -> float:
        return self._plans + _sum(self._first) + _sum(self._again) + _sum(self._loads)

    def _waiting(self) -> float:
        return _sum(self._create) + _sum(self._document) + sum(map(_sum, self._making))

    def _work(self) -> None:
        """Simulate a minute of the workers.

        In order of priority: loading, fetching again, fetching, planning.
        """
        left = self._capacity
        loaded = _sum(_take(self._loads, left))
        self._finished += loaded
        left -= loaded
        for stage, following in ((self._again, self._after_again), (self._first, self._after_first)):
            done = _take(stage, left)
            left -= _sum(done)
            _move(done, following)
        planned = min(left, self._plans)
        if planned > 0:
            _move(_take(self._planned, _sum(self._planned) * planned / self._plans), self._after_plan)
        self._plans -= planned
        left -= planned
        self._executed += self._capacity - left

    def _wait(self) -> None:
        """Simulate a minute of Amazon: refill tokens, and move on reports that it has created."""
        for bucket in [*self._buckets.values(), *self._shared.values()]:
            bucket.refill(60.0)
        _move(self._making.popleft(), self._after_making)
        self._making.append(self._allowed(self._create, 0))
        _move(self._allowed(self._document, 1), self._after_document)

    # The stage that follows each stage.

    def _after_plan(self, path: str) -> Stage:
        return self._first

    def _after_first(self, path: str) -> Stage:
        create, document = PATHS[path]
        return self._create if create else self._document if document else self._loads

    def _after_making(self, path: str) -> Stage:
        return self._document if PATHS[path][1] else self._again

    def _after_document(self, path: str) -> Stage:
        return self._again

    def _after_again(self, path: str) -> Stage:
        return self._loads

    def _allowed(self, stage: Stage, place: int) -> Stage:
        """Take out of the stage what gets tokens, both of its account and of the shared limits."""
        out = _stage()
        for key in sorted(stage):
            operation = PATHS[key[1]][place]
            wanted = stage[key]
            if operation in self._world.limits:
                bucket = self._buckets.setdefault((key[0], operation), Bucket(self._world.limits[operation]))
                wanted = min(wanted, bucket.tokens * self._sellers)
                if operation in self._shared:
                    wanted = self._shared[operation].take(wanted)
                bucket.take(wanted / self._sellers)
            out[key] += wanted
            stage[key] -= wanted
            self._blocked[operation] = max(self._blocked[operation], stage[key])
        return out


def _stage() -> Stage:
    return defaultdict(float)


def _sum(stage: Stage) -> float:
    return sum(stage.values())


def _move(slices: Stage, following: Callable[[str], Stage]) -> None:
    """Add slices to the stage that comes next for their path."""
    for key, number in slices.items():
        following(key[1])[key] += number


def _take(stage: Stage, number: float) -> Stage:
    """Take up to ``number`` slices out of a stage, in proportion to the number of each kind."""
    total = _sum(stage)
    share = min(1.0, max(0.0, number) / total) if total > 0 else 0.0
    taken = {key: each * share for key, each in stage.items()}
    for key, each in taken.items():
        stage[key] -= each
    return taken
