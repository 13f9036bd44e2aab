"""The features of a SKU at an origin, from which the quantile trees forecast."""

from __future__ import annotations

import numpy as np

from sellerops.demand.models import season
from sellerops.demand.series import LEVEL_DAYS, Floats, History, Ints

LEAST_LEVEL = 0.5 / LEVEL_DAYS  # half a unit in the level's days, assumed for SKUs without sales
FEATURES = (
    "level",
    "level of 7 days against it",
    "level of 14 days against it",
    "level of 28 days against it",
    "level of 182 days against it",
    "season",
    "own season",
    "group's season",
    "season of the last 28 days",
    "share of days with demand",
    "variation",
    "horizon",
    "announced event days",
    "event days of the last 28",
    "seen days of the last 28",
    "days seen",
)


def base(history: History, origin: int, horizon: Ints) -> Floats:
    """(n,) Level times season times horizon. The trees learn the ratio of demand to it."""
    factor, _, _ = season(history, origin, horizon)
    return np.maximum(history.level(origin), LEAST_LEVEL) * factor * horizon


def features(history: History, origin: int, horizon: Ints) -> Floats:
    """(n, ``FEATURES``) Everything known at the origin; NaN where unknown, which trees can split on."""
    level = np.maximum(history.level(origin), LEAST_LEVEL)
    mixed, own, group = season(history, origin, horizon)
    recent = np.full(len(horizon), 28)
    past, _, _ = season(history, origin - 28, recent)
    mean = history.mean(origin, 91)
    seen = history.seen_days(origin, 91)
    columns = [
        np.log(level),
        *(_log(history.level(origin, days) / level) for days in (7, 14, 28, 182)),
        np.log(mixed),
        _log(own),
        _log(group),
        np.log(past),
        history.days_with_demand(origin, 91) / np.maximum(1.0, seen),
        history.deviation(origin, 91) / np.maximum(LEAST_LEVEL, mean),
        np.log(horizon),
        history.planned_days(origin, horizon) / horizon,
        history.event_days(origin, 28),
        history.seen_days(origin, 28),
        np.log1p(history.seen_days(origin, origin)),
    ]
    return np.stack(columns, axis=1)


def _log(values: Floats) -> Floats:
    return np.log(np.maximum(values, 0.02))
