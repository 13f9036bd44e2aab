"""A day of 1, 20, 100 and 1,000 sellers with 1 to 64 workers, by simulation.

    PYTHONPATH=include:plugins python benchmarks/fleet_model.py [--sellers 1 20 100 1000] [--workers 1 2 4 16
    64]

Demand comes from the real schedules and the real planner, limits from `config/rate_limits.yaml`, and the cost
of a task was measured on a real Airflow (`COSTS`, from benchmarks/capacity.py and virtual_day.py).
Every seller has 23 marketplaces, all reports and the same schedules. A worker has a processor of its own.
Prints JSON: what the day needs and what the workers can do, the queue by hour, when the last slice ended,
what waits in the triggerer, the share of each quota that an account uses, and the work for other parts of
Airflow and for the ledger.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from typing import Any

from capacity import DAY
from fleets.demand import PATHS, Demand, demand_of
from fleets.model import Limit, Simulation, World

from sellerops.rate_limits import load_rate_limits

SHARED = ".all"
# Triggers per triggerer: the default of [triggerer] capacity.
TRIGGERER_CAPACITY = 1_000


@dataclass(frozen=True)
class Costs:
    """Measured costs: CPU seconds per execution of a task, by part; for the ledger, per slice."""

    task: float
    scheduler: float
    api_server: float
    postgres: float
    triggerer: float
    dag_processor: float
    ledger_statements: float
    ledger_rows: float


# Of Airflow: 20 sellers in their busiest hour, in which an execution costs most. Of the ledger: a whole day
# of 22 accounts (docs/benchmarks.md).
COSTS = Costs(
    task=0.18,
    scheduler=0.143,
    api_server=0.071,
    postgres=0.060,
    triggerer=0.048,
    dag_processor=0.038,
    ledger_statements=75.0,
    ledger_rows=88.0,
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sellers", type=int, nargs="+", default=[1, 20, 100, 1000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 16, 64])
    parser.add_argument(
        "--times-shared", type=float, default=1.0, help="raises the limits that all accounts share"
    )
    options = parser.parse_args()
    demand, world = demand_of(DAY), real_world(options.times_shared)
    print(
        json.dumps(
            {
                "slices_of_a_seller": demand.total,
                "quota_of_a_seller": quota_used(demand, world),
                "days": [
                    figures(demand, sellers, workers, world)
                    for sellers in options.sellers
                    for workers in options.workers
                ],
            },
            indent=2,
        )
    )
    return 0


def real_world(times_shared: float = 1.0) -> World:
    """The limits of ``config/rate_limits.yaml`` as the quota ledger uses them, and the measured task cost.

    :param times_shared: factor by which to raise the limits that all accounts share.
    """
    config = load_rate_limits()
    names = {name for path in PATHS.values() for name in path if name}
    shared = {name: f"{name}{SHARED}" for name in names if f"{name}{SHARED}" in config.operations}

    def limit(name: str, times: float = 1.0) -> Limit:
        plan = config.limit(name)
        return Limit(times * plan.rate * config.used_share(plan), times * config.used_burst(plan))

    return World(
        {name: limit(name) for name in names},
        {name: limit(other, times_shared) for name, other in shared.items()},
        COSTS.task,
    )


def quota_used(demand: Demand, world: World) -> dict[str, Any]:
    """The share of a day's tokens that the account with the most slices uses.

    For a limit that all accounts share, also the number of sellers for which it suffices.
    """
    used: dict[str, dict[str, float]] = {}
    for (region, path), number in demand.by_path.items():
        for operation in filter(None, PATHS[path]):
            used.setdefault(operation, {}).setdefault(region, 0.0)
            used[operation][region] += number
    return {
        operation: {
            "calls": max(regions.values()),
            "share": round(max(regions.values()) / (world.limits[operation].rate * 86_400), 3),
            **(
                {"sellers_that_the_shared_limit_carries": int(shared.rate * 86_400 / sum(regions.values()))}
                if (shared := world.shared.get(operation))
                else {}
            ),
        }
        for operation, regions in sorted(used.items())
    }


def figures(demand: Demand, sellers: int, workers: int, world: World) -> dict[str, Any]:
    """The figures of one combination of sellers and workers."""
    found = Simulation(demand, sellers, workers, world).run()
    busiest = max(found.executed)
    return {
        "sellers": sellers,
        "workers": workers,
        "slices": round(demand.total * sellers),
        "tasks_per_hour_needed": round(needed(demand, sellers) / 24),
        "tasks_per_hour_possible": round(3600 * workers / world.task_seconds),
        "tasks_in_the_busiest_hour": round(busiest),
        "most_ready_by_hour": [round(each) for each in found.ready[:24]],
        "last_slice_ended_after_hours": round(found.ended / 60, 1) if found.ended else None,
        "most_triggers": round(max(found.triggers)),
        "triggerers": math.ceil(max(found.triggers) / TRIGGERER_CAPACITY),
        "most_blocked": {name: round(each) for name, each in found.blocked.items() if each >= 1},
        "processors_in_the_busiest_hour": _processors(busiest),
        "ledger_statements": round(demand.total * sellers * COSTS.ledger_statements),
        "ledger_rows": round(demand.total * sellers * COSTS.ledger_rows),
    }


def needed(demand: Demand, sellers: int) -> float:
    """Executions of tasks that a day needs, regardless of what the workers can do."""
    by_path = {path: 3 if any(PATHS[path]) else 2 for path in PATHS}
    slices = sum(by_path[path] * number for (_, path), number in demand.by_path.items())
    return sellers * (slices + sum(demand.plans.values()))


def _processors(executions: float) -> dict[str, float]:
    """Processors that other parts need for this many executions per hour."""
    parts = ("scheduler", "api_server", "postgres", "triggerer", "dag_processor")
    return {name: round(getattr(COSTS, name) * executions / 3600, 2) for name in parts}


if __name__ == "__main__":
    sys.exit(main())
