"""Demand of one SKU day by day, from the quantiles of its total over a horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from sellerops.demand.metrics import MEDIAN
from sellerops.demand.quantiles import quantile_at
from sellerops.demand.series import Floats

_NORMAL = NormalDist()


@dataclass(frozen=True)
class DemandPath:
    """Cumulative demand over any number of days.

    The median grows with the number of days. A quantile's distance from it has two causes: buyers come at
    random (Poisson), a part that grows with the square root of the days, and the level is uncertain, a part
    that grows with the days. At the horizon, median and distance are those of the forecast.

    :param quantiles: (``QUANTILES``,) of the total over ``horizon`` days.
    """

    quantiles: Floats
    horizon: int
    _spreads: dict[float, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def daily(self) -> float:
        """Median demand per day."""
        return float(self.quantiles[MEDIAN]) / self.horizon

    def median(self, days: float) -> float:
        """Median demand in that many days."""
        return self.daily * days

    def quantile(self, level: float, days: float) -> float:
        """Demand in that many days that is not exceeded with probability ``level``."""
        return float(self.quantiles_until(level, np.array([days]))[0])

    def quantiles_until(self, level: float, days: Floats) -> Floats:
        """``quantile`` for many numbers of days at once."""
        spread = self._spread(level) * self._spread_share(days)
        return np.asarray(np.maximum(0.0, self.daily * days + spread))

    def _spread(self, level: float) -> float:
        if level not in self._spreads:
            total = float(quantile_at(self.quantiles[None, :], level)[0])
            self._spreads[level] = total - float(self.quantiles[MEDIAN])
        return self._spreads[level]

    def _spread_share(self, days: Floats) -> Floats:
        median = float(self.quantiles[MEDIAN])
        deviation = self.daily_sd * math.sqrt(self.horizon)
        chance = min(1.0, median / deviation**2) if deviation > 0 else 1.0
        share = days / self.horizon
        return np.asarray(np.sqrt(chance * share + (1 - chance) * share**2))

    def with_late_orders(self, level: float, days: float, lead_time_sd: float) -> float:
        """``quantile`` for a period whose length is uncertain too.

        How late an order arrives is independent of demand, so above the median the squares of the two
        distances add up. Below the median, late orders do not reduce the quantile.
        """
        own = self.quantile(level, days) - self.median(days)
        late = _NORMAL.inv_cdf(level) * self.daily * lead_time_sd
        more = math.hypot(own, late) if own >= 0 and late >= 0 else own
        return max(0.0, self.median(days) + more)

    @property
    def daily_sd(self) -> float:
        """Standard deviation of daily demand, as implied by the distance between p50 and p90."""
        ninety = float(quantile_at(self.quantiles[None, :], 0.9)[0])
        return (
            max(0.0, ninety - float(self.quantiles[MEDIAN])) / _NORMAL.inv_cdf(0.9) / math.sqrt(self.horizon)
        )


def textbook_safety_stock(path: DemandPath, level: float, days: float, lead_time_sd: float) -> float:
    """z * sqrt(P * sd of demand ^ 2 + demand ^ 2 * sd of lead time ^ 2): for comparison with ours only."""
    variance = days * path.daily_sd**2 + path.daily**2 * lead_time_sd**2
    return float(_NORMAL.inv_cdf(level) * math.sqrt(variance))
