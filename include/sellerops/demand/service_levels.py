"""Service levels: by ABC class, or by what one unit too few or too many costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sellerops.demand.series import Floats

LOWEST, HIGHEST = 0.5, 0.995
NEWSVENDOR = "newsvendor"
_YEAR = 365


def abc_classes(units: Floats, a: float = 0.8, b: float = 0.95) -> list[str]:
    """A: the SKUs that together sell the first 80 percent of all units; B: up to 95 percent; C: the rest."""
    order = np.argsort(-units, kind="stable")
    total = max(float(units.sum()), 1e-9)
    before = (np.cumsum(units[order]) - units[order]) / total
    found = np.full(len(units), "C")
    found[order] = np.where(units[order] <= 0, "C", np.where(before < a, "A", np.where(before < b, "B", "C")))
    return [str(each) for each in found]


def level_of_class(base: float, abc: str, shifts: Mapping[Any, float]) -> float:
    """The account's service level, shifted for the class."""
    return bounded(base + shifts.get(abc, 0.0))


def newsvendor_level(margin: float, unit_cost: float, holding_rate: float, days: float) -> float:
    """Cu / (Cu + Co): a unit too few costs its margin; one too many is held for another ``days`` days.

    :param holding_rate: cost of holding stock worth 1 for a year: capital, storage, risk.
    """
    too_many = max(1e-9, unit_cost * holding_rate * days / _YEAR)
    return bounded(max(0.0, margin) / (max(0.0, margin) + too_many))


def bounded(level: float) -> float:
    """Limit a level to the range that a forecast can support."""
    return min(HIGHEST, max(LOWEST, level))
