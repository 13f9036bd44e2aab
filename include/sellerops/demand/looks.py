"""What is known about every SKU at an origin, and at all origins of a history.

Origins are ``STEP`` days apart; the last one is the present.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sellerops.demand.classes import DemandClass, classify, is_class
from sellerops.demand.features import base, features
from sellerops.demand.models import croston_sba, group_profile, in_stock_mean, seasonal_naive, tsb
from sellerops.demand.quantiles import Trees
from sellerops.demand.series import Bools, Floats, History, Ints, Panel, Spikes

STEP = 14
FIRST_ORIGIN = 56
SHORT_LEVEL = 28  # days of a short history's level, and of the level of the outcomes it learns from

TREES, NAIVE, MEAN = "quantile_trees", "seasonal_naive", "in_stock_mean"
SBA, TSB, PROFILE = "croston_sba", "tsb", "group_profile"


@dataclass(frozen=True)
class Look:
    """Everything known at an origin: (n,) totals of the simple models, (n, f) features, (n,) base."""

    origin: int
    classes: list[DemandClass]
    points: Mapping[str, Floats]
    features: Floats
    base: Floats


@dataclass
class Past:
    """The looks of a history, oldest first, with what followed them."""

    horizon: Ints
    looks: list[Look]
    actual: Floats  # (looks, n), NaN where unknown
    first_day: Ints  # (n,) of each SKU
    last_step: Floats  # (n,) demand of the last ``STEP`` days, NaN where unknown
    trees: dict[int, Trees | None] = field(default_factory=dict)

    @cached_property
    def origins(self) -> Ints:
        return np.array([look.origin for look in self.looks])

    @cached_property
    def features(self) -> Floats:
        return np.stack([look.features for look in self.looks])

    @cached_property
    def base(self) -> Floats:
        return np.stack([look.base for look in self.looks])

    @cached_property
    def points(self) -> dict[str, Floats]:
        return {name: np.stack([look.points[name] for look in self.looks]) for name in self.looks[0].points}

    @cached_property
    def is_mature(self) -> Bools:
        """(looks, n) Whether a SKU was regular or intermittent at the time."""
        return self.are_class(DemandClass.REGULAR) | self.are_class(DemandClass.INTERMITTENT)

    def are_class(self, wanted: DemandClass) -> Bools:
        """(looks, n) Whether a SKU had the class at the time."""
        return np.stack([is_class(look.classes, wanted) for look in self.looks])

    def is_over(self, origin: int) -> Bools:
        """(looks, n) Whether the horizon was over by ``origin`` and its demand is known."""
        ends = self.origins[:, None] + self.horizon[None, :]
        return np.asarray((ends <= origin) & ~np.isnan(self.actual))


def look_back(panel: Panel, horizon: Ints, spikes: Spikes = "exclude") -> Past:
    """Look at each origin of a panel: the present and every ``STEP`` days before it.

    :param horizon: (n,) days each SKU is to be forecast for.
    """
    history = History(panel, spikes)
    days = panel.shape[1]
    origins = sorted(range(days, min(days, FIRST_ORIGIN) - 1, -STEP)) or [days]
    croston, fading = croston_sba(panel), tsb(panel)
    looks = [_look(history, horizon, each, croston, fading) for each in origins]
    actual = np.stack([history.outcome(each, horizon) for each in origins])
    last_step = history.outcome(max(0, days - STEP), np.full_like(horizon, STEP))
    return Past(horizon, looks, actual, history.first_day, last_step)


def look_now(panel: Panel, horizon: Ints, spikes: Spikes = "exclude") -> Look:
    """Look at the present only."""
    return _look(History(panel, spikes), horizon, panel.shape[1], croston_sba(panel), tsb(panel))


def _look(history: History, horizon: Ints, origin: int, croston: Floats, fading: Floats) -> Look:
    rates = {
        NAIVE: seasonal_naive(history, origin),
        MEAN: in_stock_mean(history, origin),
        SBA: croston[:, origin],
        TSB: fading[:, origin],
        PROFILE: group_profile(history, origin, horizon, SHORT_LEVEL),
    }
    return Look(
        origin=origin,
        classes=classify(history, origin),
        points={name: rate * horizon for name, rate in rates.items()},
        features=features(history, origin, horizon),
        base=base(history, origin, horizon),
    )
