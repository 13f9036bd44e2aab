"""Demand like the local Amazon's, as arrays: its seasons and deals, promotions, stock-outs, slow movers."""

from __future__ import annotations

from datetime import date

import numpy as np

from amazon_sandbox.simulation.demand import CATEGORY_PEAKS, day_factors
from sellerops.demand.series import Panel

LAST_DAY = date(2026, 11, 15).toordinal()
DISPERSION = 8.0  # demand of a day varies more than by chance alone
AHEAD = 400


def simulated_demand(rows: int, days: int, seed: int, *, with_stock_outs: bool = True) -> Panel:
    """Units that buyers want on each day; masks where stock is out (cycles as in the local Amazon), and
    before the SKU's first day, which one in eight has within the period.
    """
    rng = np.random.default_rng(seed)
    categories = list(CATEGORY_PEAKS)
    ordinals = range(LAST_DAY - days + 1, LAST_DAY + 1 + AHEAD)
    factors = np.array([[day_factors(each)[name] for name in categories] for each in ordinals]).T
    groups = rng.integers(0, len(categories), rows)
    seasonal = factors[groups][:, :days] / factors[groups][:, :days].mean(axis=1, keepdims=True)
    drift = np.exp(np.cumsum(rng.normal(0, 0.012, (rows, days)), axis=1))
    promotions, lift = _promotions(rng, rows, days)
    planned = np.tile([_is_deal(date.fromordinal(each)) for each in ordinals], (rows, 1))
    rate = (
        np.exp(rng.normal(0.7, 1.4, rows))[:, None]
        * seasonal
        * lift
        * drift
        / drift.mean(axis=1, keepdims=True)
    )
    units = rng.poisson(rng.gamma(DISPERSION, rate / DISPERSION)).astype(float)
    masked = _stock_outs(rng, rows, days) if with_stock_outs else np.zeros((rows, days), bool)
    started = np.where(rng.random(rows) < 0.12, rng.integers(0, max(1, days - 20), rows), 0)
    masked |= np.arange(days) < started[:, None]
    return Panel(units, masked, promotions | planned[:, :days], groups.astype(np.int64), planned)


def seen(panel: Panel, days: int) -> Panel:
    """What a seller knows after so many days: nothing of the demand of masked days."""
    known = panel.until(days)
    return Panel(
        np.where(known.masked, 0.0, known.units), known.masked, known.events, known.groups, known.planned
    )


def _promotions(rng: np.random.Generator, rows: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    flags, lift = np.zeros((rows, days), bool), np.ones((rows, days))
    for row in range(rows):
        for _ in range(rng.poisson(days / 90)):
            start, length = int(rng.integers(0, days)), int(rng.integers(3, 8))
            flags[row, start : start + length] = True
            lift[row, start : start + length] = rng.uniform(1.5, 3)
    return flags, lift


def _stock_outs(rng: np.random.Generator, rows: int, days: int) -> np.ndarray:
    masked = np.zeros((rows, days), bool)
    for row in range(rows):
        day = int(rng.integers(0, 40))
        while day < days:
            day += int(rng.integers(21, 43))
            if rng.random() < 0.16:
                length = int(rng.integers(2, 10))
                masked[row, day : day + length] = True
                day += length
    return masked


def _is_deal(day: date) -> bool:
    return day.month == 7 and 8 <= day.day <= 11
