"""Forecasts a panel: each SKU with the model that its back-test chose, and with that model's scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sellerops.demand.backtest import Tests, choose_models, predict, run_tests
from sellerops.demand.calibration import band_errors, checked_by_past, factors, stretched
from sellerops.demand.classes import DemandClass
from sellerops.demand.looks import MEAN, NAIVE, STEP, Look, Past, look_back, look_now
from sellerops.demand.metrics import (
    BAND,
    MEDIAN,
    QUANTILES,
    bias,
    coverage,
    mase,
    pinball,
    poisson_floor,
    wape,
)
from sellerops.demand.quantiles import wide_quantiles
from sellerops.demand.series import Bools, Floats, Ints, Panel, Spikes

AMAZON, NONE = "amazon", "none"
DRIFT = 1.5


@dataclass(frozen=True)
class Scores:
    """How each SKU's model did in the back-test, (n,) each; NaN without tests.

    Coverage is that of the SKU's class, from only those tests whose bands were stretched by earlier ones, as
    the bands of forecasts are. ``stretched_origins`` of the SKU's ``origins`` are such tests.
    """

    origins: Ints
    stretched_origins: Ints
    wape: Floats
    mase: Floats
    bias: Floats
    pinball: Floats  # (n, quantiles)
    coverage: Floats
    poisson_floor: Floats
    baseline_wape: Floats


@dataclass(frozen=True)
class Forecasts:
    """Totals over each SKU's horizon. ``quantiles``: (n, ``QUANTILES``), NaN where the model is ``NONE``."""

    horizon: Ints
    classes: list[DemandClass]
    models: list[str]
    quantiles: Floats
    seasonal_naive: Floats
    in_stock_mean: Floats
    has_drifted: Bools
    scores: Scores


class Forecaster:
    """Learns models from a panel, and forecasts from its end or from the end of a longer one.

    :param horizon: (n,) days to forecast each SKU for.
    :param spikes: how levels count days of events (``History``).
    """

    def __init__(self, panel: Panel, horizon: Ints, spikes: Spikes = "exclude") -> None:
        self._spikes = spikes
        self._horizon = horizon
        self._past: Past = look_back(panel, horizon, spikes)
        self._tests: Tests = run_tests(self._past)
        self._models = choose_models(self._past, self._tests)
        made = self._tests.chosen(self._models)
        classes = self._past.looks[-1].classes
        self._factors = factors(band_errors(self._tests.actual, made), classes)
        checked, is_stretched = checked_by_past(
            self._tests.actual, made, self._tests.origins, horizon, classes
        )
        self._scores = _scores(self._tests, checked, is_stretched, self._models, classes)

    def forecast(self, panel: Panel | None = None, amazon_daily: Floats | None = None) -> Forecasts:
        """Forecast from the end of the learned panel, or of a longer one of the same SKUs.

        :param amazon_daily: (n,) daily demand that Amazon expects, for new SKUs; NaN where unknown.
        """
        look = self._past.looks[-1] if panel is None else look_now(panel, self._horizon, self._spikes)
        models = list(self._models)
        quantiles = self._quantiles(look, models)
        self._use_amazon(models, quantiles, amazon_daily)
        return Forecasts(
            horizon=self._horizon,
            classes=self._past.looks[-1].classes,
            models=models,
            quantiles=quantiles,
            seasonal_naive=look.points[NAIVE],
            in_stock_mean=look.points[MEAN],
            has_drifted=self._drift(),
            scores=self._scores,
        )

    def _drift(self) -> Bools:
        """(n,) Whether the last ``STEP`` days were forecast far worse than the back-test suggests.

        Far worse means more than 1.5 times its WAPE, or 1.5 times what chance alone explains in so few days
        if that is more.
        """
        if len(self._past.looks) < 2:
            return np.zeros(len(self._models), bool)
        made = self._quantiles(self._past.looks[-2], self._models)[:, MEDIAN] * STEP / self._horizon
        actual = self._past.last_step
        error = np.abs(made - actual) / np.maximum(actual, 1.0)
        chance = np.array([poisson_floor(max(1.0, each)) if each == each else np.nan for each in actual])
        return np.asarray(error > DRIFT * np.fmax(self._scores.wape, chance))

    def _quantiles(self, look: Look, models: list[str]) -> Floats:
        found = np.full((len(models), len(QUANTILES)), np.nan)
        for name in sorted(set(models) - {""}):
            rows = np.array([each == name for each in models])
            found[rows] = predict(self._past, look, name)[rows]
        return stretched(found, self._factors)

    def _use_amazon(self, models: list[str], quantiles: Floats, daily: Floats | None) -> None:
        for row, name in enumerate(models):
            if name == "":
                rate = np.nan if daily is None else float(daily[row])
                models[row] = NONE if np.isnan(rate) else AMAZON
                if models[row] == AMAZON:
                    quantiles[row] = wide_quantiles(np.array([rate * self._horizon[row]]))[0]


def make_forecasts(
    panel: Panel, horizon: Ints, *, spikes: Spikes = "exclude", amazon_daily: Floats | None = None
) -> Forecasts:
    """Learn from a panel and forecast from its end. The same input gives the same forecasts."""
    return Forecaster(panel, horizon, spikes).forecast(amazon_daily=amazon_daily)


def _scores(
    tests: Tests, made: Floats, is_stretched: Bools, models: list[str], classes: list[DemandClass]
) -> Scores:
    naive = tests.quantiles[NAIVE]
    median, low, high = made[..., MEDIAN], made[..., BAND[0]], made[..., BAND[1]]

    def each(score: Callable[[int], float]) -> Floats:
        return np.array([score(row) for row in range(len(models))])

    def mean_demand(row: int) -> float:
        known = tests.actual[~np.isnan(tests.actual[:, row]), row]
        return poisson_floor(float(known.mean())) if len(known) else np.nan

    return Scores(
        origins=tests.counts,
        stretched_origins=np.asarray((is_stretched & ~np.isnan(tests.actual)).sum(axis=0)),
        wape=each(lambda n: wape(tests.actual[:, n], median[:, n])),
        mase=each(lambda n: mase(tests.actual[:, n], median[:, n], naive[:, n, MEDIAN])),
        bias=each(lambda n: bias(tests.actual[:, n], median[:, n])),
        pinball=_means(np.stack([pinball(tests.actual, made[..., n], q) for n, q in enumerate(QUANTILES)])),
        coverage=_by_class(np.where(is_stretched, tests.actual, np.nan), low, high, models, classes),
        poisson_floor=each(mean_demand),
        baseline_wape=each(lambda n: wape(tests.actual[:, n], naive[:, n, MEDIAN])),
    )


def _means(losses: Floats) -> Floats:
    """(n, quantiles) Means over the tests of (quantiles, tests, n)."""
    known = ~np.isnan(losses)
    sums = np.where(known, losses, 0.0).sum(axis=1)
    counts = known.sum(axis=1)
    found = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=found, where=counts > 0)
    return found.T


def _by_class(
    actual: Floats, low: Floats, high: Floats, models: list[str], classes: list[DemandClass]
) -> Floats:
    """(n,) Coverage over all tested SKUs of the same class, because that of a single SKU says little.

    NaN for a class without such tests.
    """
    found = np.full(len(models), np.nan)
    for kind in set(classes):
        rows = np.array([one == kind for one in classes])
        found[rows] = coverage(np.where(np.isnan(low), np.nan, actual)[:, rows], low[:, rows], high[:, rows])
    return found
