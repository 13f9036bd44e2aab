"""Daily demand of many SKUs as arrays, and sums over windows of days.

A row is a SKU, a column a day. An *origin* is the number of known days: a forecast from origin ``o`` knows
the columns before ``o`` and covers those from ``o`` on. Every method here reads demand only from columns
before its origin, except ``outcome``, which looks at what followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Spikes = Literal["exclude", "cap", "keep"]

LEVEL_DAYS = 56
CAP = 3.0  # a capped spike counts at most this many times the level before it
LEAST_SEEN = 0.7  # share of a window's days that must have been seen to know its demand


@dataclass(frozen=True)
class Panel:
    """Demand of n SKUs over t days.

    :param units: (n, t), units demanded as far as they were seen.
    :param masked: (n, t), days whose demand could not be seen, and days before the SKU's first day.
    :param events: (n, t), days of deals and promotions.
    :param groups: (n,), number of the product group.
    :param planned: (n, t + days ahead), events that the calendar announces long in advance.
    """

    units: Floats
    masked: Bools
    events: Bools
    groups: Ints
    planned: Bools

    @property
    def shape(self) -> tuple[int, int]:
        rows, days = self.units.shape
        return int(rows), int(days)

    def until(self, origin: int) -> Panel:
        """What was known at an origin. Announced events of the days ahead stay."""
        return Panel(
            self.units[:, :origin],
            self.masked[:, :origin],
            self.events[:, :origin],
            self.groups,
            self.planned,
        )


class History:
    """Sums over windows of a panel.

    :param spikes: how levels count days of events: not at all, as at most ``CAP`` times the level before
        them, or as they are. Totals always count them.
    """

    def __init__(self, panel: Panel, spikes: Spikes = "exclude") -> None:
        self.panel = panel
        seen = ~panel.masked
        usual = seen & ~panel.events if spikes == "exclude" else seen
        self._rows = np.arange(panel.shape[0])
        self._units = _running(np.where(seen, panel.units, 0.0))
        self._days = _running(seen)
        self._events = _running(panel.events & seen)
        self._planned = _running(panel.planned)
        self._with_demand = _running(seen & (panel.units > 0))
        self._squares = _running(np.where(usual, panel.units, 0.0) ** 2)
        units = panel.units
        if spikes == "cap":
            calm = History(panel, "exclude")
            before = np.stack([calm.level(day) for day in range(panel.shape[1])], axis=1)
            units = np.where(panel.events, np.minimum(units, CAP * before), units)
        self._usual_units = _running(np.where(usual, units, 0.0))
        self._usual_days = _running(usual).astype(np.int64)
        self._sequence = _running(_pushed_left(units, usual))
        first = np.where(seen.any(axis=1), seen.argmax(axis=1), panel.shape[1])
        self.first_day: Ints = first.astype(np.int64)

    def level(self, origin: int | Ints, days: int = LEVEL_DAYS) -> Floats:
        """(n,) Mean demand of the last ``days`` usual days in stock before the origin; 0 without any."""
        known = self._at(self._usual_days, origin).astype(np.int64)
        first = np.maximum(0, known - days)
        sums = self._sequence[self._rows, known] - self._sequence[self._rows, first]
        return np.asarray(sums / np.maximum(1, known - first))

    def seen_days(self, origin: int | Ints, days: int | Ints) -> Floats:
        """(n,) Days among the last ``days`` before the origin whose demand was seen."""
        return self._window(self._days, origin, days)

    def units(self, origin: int | Ints, days: int | Ints) -> Floats:
        """(n,) Units of the last ``days`` before the origin, events included."""
        return self._window(self._units, origin, days)

    def days_with_demand(self, origin: int, days: int) -> Floats:
        """(n,) Days among the last ``days`` on which something was sold."""
        return self._window(self._with_demand, origin, days)

    def event_days(self, origin: int, days: int) -> Floats:
        """(n,) Seen days of events among the last ``days``."""
        return self._window(self._events, origin, days)

    def planned_days(self, origin: int, horizon: Ints) -> Floats:
        """(n,) Days of announced events among the ``horizon`` days from the origin on."""
        return self._window(self._planned, origin + horizon, horizon)

    def mean(self, origin: int | Ints, days: int | Ints) -> Floats:
        """(n,) Usual demand per seen day among the last ``days``; NaN without a seen day."""
        seen = self._window(self._usual_days, origin, days)
        return _ratio(self._window(self._usual_units, origin, days), seen)

    def deviation(self, origin: int, days: int) -> Floats:
        """(n,) Standard deviation of usual daily demand among the last ``days``; NaN without a seen day."""
        mean = self.mean(origin, days)
        seen = self._window(self._usual_days, origin, days)
        return np.sqrt(np.maximum(0.0, _ratio(self._window(self._squares, origin, days), seen) - mean**2))

    def outcome(self, origin: int, horizon: Ints) -> Floats:
        """(n,) Demand of the ``horizon`` days from the origin on, scaled up for masked days.

        NaN where fewer than ``LEAST_SEEN`` of the days were seen or the panel ends before the horizon.
        """
        end = origin + horizon
        is_over = end <= self.panel.shape[1]
        until = np.minimum(end, self.panel.shape[1])
        units = self._at(self._units, until) - self._at(self._units, origin)
        seen = self._at(self._days, until) - self._at(self._days, origin)
        is_known = is_over & (seen >= LEAST_SEEN * horizon) & (seen > 0)
        return np.where(is_known, units * _ratio(horizon, seen), np.nan)

    def _window(self, running: NDArray[Any], origin: int | Ints, days: int | Ints) -> Floats:
        return np.asarray(self._at(running, origin) - self._at(running, np.asarray(origin) - days), float)

    def _at(self, running: NDArray[Any], column: Any) -> NDArray[Any]:
        return np.asarray(running[self._rows, np.clip(column, 0, running.shape[1] - 1)])


def _running(values: NDArray[Any]) -> NDArray[Any]:
    """(n, t + 1) Sums of the columns before each column."""
    sums = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _pushed_left(values: Floats, kept: Bools) -> Floats:
    """The kept values of each row without gaps between them, followed by zeros."""
    order = np.argsort(~kept, axis=1, kind="stable")
    return np.asarray(np.take_along_axis(np.where(kept, values, 0.0), order, axis=1))


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> Floats:
    found = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=found, where=np.asarray(below) > 0)
    return found
