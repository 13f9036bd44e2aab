"""Quantiles of demand totals: from trees, from past ratios to a simple forecast, or wide without history."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from sellerops.demand.metrics import QUANTILES
from sellerops.demand.series import Bools, Floats

LEAST_TRAINED = 100  # with fewer past outcomes, quantiles are wide
MOST_TRAINED = 15_000
WIDE = 0.5  # standard deviation of the level, as a share of it, where nothing was learned
MOST_TIMES, MOST_UNITS = 4.0, 10.0
_BIN = 80
_LEAST_POINT = 0.05
_SCORES = np.array([NormalDist().inv_cdf(each) for each in QUANTILES])


class Trees:
    """Gradient boosted quantile trees, one set of trees per quantile, over all SKUs."""

    def __init__(self, quantiles: Sequence[float] = QUANTILES) -> None:
        from sklearn.ensemble import HistGradientBoostingRegressor

        self._models = [
            HistGradientBoostingRegressor(
                loss="quantile",
                quantile=each,
                max_iter=50,
                learning_rate=0.1,
                max_leaf_nodes=8,
                min_samples_leaf=150,
                l2_regularization=1.0,
                early_stopping=False,
                random_state=0,
            )
            for each in quantiles
        ]
        self._is_known: Bools = np.zeros(0, bool)

    def fit(self, features: Floats, ratios: Floats) -> Trees:
        """Learn (m,) ratios of demand to its base from (m, f) features."""
        from threadpoolctl import threadpool_limits

        step = -(-len(ratios) // MOST_TRAINED)
        self._is_known = np.asarray(~np.isnan(features).all(axis=0))
        # With a thread per core on a machine that does other work too, threads of trees this small wait for
        # each other ten times as long as they compute.
        with threadpool_limits(1, "openmp"):
            for model in self._models:
                model.fit(self._known(features)[::step], ratios[::step])
        return self

    def predict(self, features: Floats, base: Floats) -> Floats:
        """(n, quantiles) Quantiles of demand, ascending."""
        from threadpoolctl import threadpool_limits

        known = self._known(features)
        with threadpool_limits(1, "openmp"):
            found = np.stack([model.predict(known) for model in self._models], axis=1)
        return np.sort(np.maximum(found, 0.0) * base[:, None], axis=1)

    def _known(self, features: Floats) -> Floats:
        """Replace features that were never known in training: they say nothing, and scikit-learn cannot bin
        them.
        """
        return np.where(self._is_known, features, 0.0)


def without_launches(actual: Floats, expected: Floats) -> Floats:
    """Outcomes to learn from, capped at four times the expected units plus ten.

    More is not chance but a launch or a relaunch. A few of those, as ratios to a level near zero, would set
    the 95 percent quantile of all SKUs.
    """
    return np.minimum(actual, MOST_TIMES * expected + MOST_UNITS)


def ratio_quantiles(points: Floats, actual: Floats, now: Floats) -> Floats:
    """(n, quantiles) Quantiles around forecasts ``now``, by what followed earlier forecasts of similar size.

    :param points: (m,) earlier forecasts of totals. :param actual: (m,) what followed. :param now: (n,)
    """
    if len(points) < LEAST_TRAINED:
        return wide_quantiles(now)
    points = np.maximum(points, _LEAST_POINT)
    actual = without_launches(actual, points)
    order = np.argsort(points, kind="stable")
    bins = np.array_split(order, max(1, min(16, len(order) // _BIN)))
    centres = np.log([points[each].mean() for each in bins])
    ratios = np.array([np.quantile(actual[each] / points[each], QUANTILES) for each in bins])
    place = np.log(np.maximum(now, _LEAST_POINT))
    found = np.stack([np.interp(place, centres, ratios[:, n]) for n in range(len(QUANTILES))], axis=1)
    return np.sort(found * np.maximum(now, _LEAST_POINT)[:, None], axis=1)


def wide_quantiles(median: Floats) -> Floats:
    """(n, quantiles) Quantiles of a lognormal: Poisson chance, and a level known only within ``WIDE``."""
    deviation = np.sqrt(np.log1p(1 / np.maximum(median, _LEAST_POINT) + WIDE**2))
    return np.asarray(median[:, None] * np.exp(deviation[:, None] * _SCORES[None, :]))


def quantile_at(quantiles: Floats, level: float | Floats) -> Floats:
    """(n,) Any quantile, interpolated and extrapolated from the known ones linearly in the normal score.

    :param quantiles: (n, ``QUANTILES``). :param level: in (0, 1), one for all or one for each.
    """
    scores = _SCORES
    levels = np.broadcast_to(np.asarray(level, float), quantiles.shape[:1])
    wanted = np.array([NormalDist().inv_cdf(each) for each in levels])
    right = np.clip(np.searchsorted(scores, wanted), 1, len(scores) - 1)
    rows = np.arange(len(quantiles))
    low, high = quantiles[rows, right - 1], quantiles[rows, right]
    share = (wanted - scores[right - 1]) / (scores[right] - scores[right - 1])
    return np.asarray(np.maximum(0.0, low + share * (high - low)))
