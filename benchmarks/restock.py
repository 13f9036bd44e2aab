"""Two years of restocking, simulated: ordering by forecast compared with days of cover and Amazon's figure.

    PYTHONPATH=include:tests .venv/bin/python benchmarks/restock.py [--skus 100] [--weeks 104] [--seed 1]

Each week every policy sees the same: sales (not demand), stock, and what is on order. Lead times are 30 days
with a standard deviation of 6, the same for all policies. Two years of demand are known at the beginning;
demand is like the local Amazon's (benchmarks/forecast.py). Models are trained every 13 weeks; forecasts are
renewed every week.

Prints JSON and exits with 1 unless ordering by forecast at 90, 95 and 97 % has a higher service level and
fewer days without stock than the days-of-cover rule that holds the same average stock, and than Amazon's
figure; and at 97 % both, with no more stock than Amazon's figure needs when it covers the lead time too.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

import numpy as np
from support.demand import simulated_demand

from sellerops.demand.lead_times import Days
from sellerops.demand.simulation import (
    REVIEW,
    AmazonFigure,
    ByForecast,
    DaysOfCover,
    Outcome,
    World,
    cover_for_stock,
    simulate,
)

HISTORY = 728
LEAD = Days(30, 6)
LEVELS = (0.90, 0.95, 0.97)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skus", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=104)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    world = _world(options.skus, options.weeks, options.seed)
    amazon = simulate(world, AmazonFigure(world))
    covering = simulate(world, AmazonFigure(world, 42 + LEAD.mean))
    runs: list[dict[str, Any]] = []
    passed = True
    for level in LEVELS:
        ours = simulate(world, ByForecast(world, level, refit_weeks=13))
        cover = cover_for_stock(world, ours.average_stock)
        rule = simulate(world, DaysOfCover(world, cover))
        passed = passed and _beats(ours, rule) and _beats(ours, amazon)
        runs.append(
            {"level": level, "forecast": _shown(ours), "cover_days": round(cover, 1), "cover": _shown(rule)}
        )
    passed = passed and _beats(ours, covering) and ours.average_stock <= covering.average_stock
    result = {"runs": runs, "amazon": _shown(amazon), "amazon_with_lead_time": _shown(covering)}
    print(json.dumps({"skus": options.skus, "weeks": options.weeks, **result, "passed": passed}, indent=2))
    return 0 if passed else 1


def _world(skus: int, weeks: int, seed: int) -> World:
    days = HISTORY + weeks * REVIEW
    panel = simulated_demand(skus, days, seed, with_stock_outs=False)
    rng = np.random.default_rng(seed)
    lead_days = np.clip(np.round(rng.normal(LEAD.mean, LEAD.sd, (skus, weeks))), 7, 60).astype(np.int64)
    return World(panel.units, panel.events, panel.groups, panel.planned, HISTORY, LEAD, lead_days)


def _beats(ours: Outcome, other: Outcome) -> bool:
    return ours.service_level > other.service_level and ours.stock_out_share < other.stock_out_share


def _shown(outcome: Outcome) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(outcome).items()}


if __name__ == "__main__":
    sys.exit(main())
