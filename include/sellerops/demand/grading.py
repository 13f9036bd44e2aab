"""Compares forecasts and recommendations with what followed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sellerops.demand.demand_path import DemandPath
from sellerops.demand.metrics import poisson_floor
from sellerops.demand.series import LEAST_SEEN, Bools, Floats

DRIFT = 1.5
DRIFT_DAYS = 14
SPARE_DAYS = 35  # stock for so many days after the period does not count as surplus


@dataclass(frozen=True)
class Observed:
    """Demand of the days since a forecast, scaled up for days not seen; NaN if too few were seen."""

    days: int
    seen: int
    demand: float


def observe(units: Floats, seen: Bools) -> Observed:
    """:param units: (days,) units since the forecast. :param seen: (days,) whether demand was seen."""
    days, known = len(units), int(seen.sum())
    if days == 0 or known < LEAST_SEEN * days:
        return Observed(days, known, math.nan)
    return Observed(days, known, float(units[seen].sum()) * days / known)


def loss(actual: float, forecast: float, quantile: float) -> float:
    """Pinball loss in units."""
    return max(quantile * (actual - forecast), (quantile - 1) * (actual - forecast))


def recent_wape(units: Floats, seen: Bools, demand: DemandPath) -> float | None:
    """WAPE of the forecast's daily rate over ``DRIFT_DAYS`` days; None if unknown or without demand."""
    if len(units) < DRIFT_DAYS:
        return None
    last = observe(units[-DRIFT_DAYS:], seen[-DRIFT_DAYS:])
    if math.isnan(last.demand) or last.demand <= 0:
        return None
    return abs(demand.median(DRIFT_DAYS) - last.demand) / last.demand


def has_drifted(recent: float | None, units: Floats, backtest: float | None) -> bool:
    """Whether the last days' error is far above that of the back-test and what chance alone explains."""
    if recent is None or backtest is None:
        return False
    chance = poisson_floor(max(1.0, float(np.sum(units[-DRIFT_DAYS:]))))
    return recent > DRIFT * max(backtest, chance)


def shortage(demand: float, supply: float) -> float:
    """Demand that the supply does not cover."""
    return max(0.0, demand - supply)


def surplus(demand: float, supply: float, days: int) -> float:
    """Supply beyond the demand of the period and of ``SPARE_DAYS`` more days like it."""
    return max(0.0, supply - demand - demand / max(1, days) * SPARE_DAYS)
