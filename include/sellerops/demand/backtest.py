"""Back-tests: compares forecasts from earlier days with what followed, to choose models and measure them.

A model that forecasts from an origin has learned only from horizons that were over by then. A SKU is tested
at its ``TESTS`` latest origins whose horizon is over, ``TEST_STEP`` days apart; trees are retrained every
``CUT_STEP`` days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sellerops.demand.classes import DemandClass, is_class
from sellerops.demand.looks import (
    FIRST_ORIGIN,
    MEAN,
    NAIVE,
    PROFILE,
    SBA,
    STEP,
    TREES,
    TSB,
    Look,
    Past,
)
from sellerops.demand.metrics import QUANTILES, pinball
from sellerops.demand.quantiles import LEAST_TRAINED, Trees, ratio_quantiles, without_launches
from sellerops.demand.series import Floats, Ints

TEST_STEP = 28
TESTS = 6
CUT_STEP = 56
CANDIDATES = {  # ties go to the first
    DemandClass.REGULAR: (NAIVE, MEAN, TREES),
    DemandClass.INTERMITTENT: (NAIVE, MEAN, SBA, TSB, TREES),
    DemandClass.SHORT: (NAIVE, MEAN, PROFILE),
}
MODELS = (NAIVE, MEAN, SBA, TSB, PROFILE, TREES)


def predict(past: Past, look: Look, model: str) -> Floats:
    """(n, quantiles) The forecast of a model at a look, learned from horizons that were over by then."""
    if model == TREES:
        trees = _trees(past, look.origin)
        return trees.predict(look.features, look.base) if trees else predict(past, look, MEAN)
    over = past.is_over(look.origin)
    now = look.points[model]
    found = np.zeros((len(now), len(QUANTILES)))
    for kind in DemandClass:
        members = is_class(look.classes, kind)
        if members.any():
            # Short histories have few outcomes of their own, so they use the errors of all mature SKUs.
            known = over & (
                past.are_class(kind) if kind in CANDIDATES and kind != "short" else past.is_mature
            )
            found[members] = ratio_quantiles(past.points[model][known], past.actual[known], now[members])
    return found


def _trees(past: Past, origin: int) -> Trees | None:
    """The trees last trained by an origin; None without enough outcomes. The newest origin trains its own."""
    newest = int(past.origins[-1])
    cut = newest if origin >= newest else origin - (origin - newest) % CUT_STEP
    if cut not in past.trees:
        known = past.is_over(cut) & past.is_mature
        ratios = without_launches(past.actual[known], past.base[known]) / past.base[known]
        enough = len(ratios) >= 5 * LEAST_TRAINED
        past.trees[cut] = Trees().fit(past.features[known], ratios) if enough else None
    return past.trees[cut]


@dataclass(frozen=True)
class Tests:
    """(tests, n) What the models would have forecast and what followed; NaN where a SKU has no such test."""

    actual: Floats
    quantiles: dict[str, Floats]  # model -> (tests, n, quantiles)
    origins: Ints  # (tests, n) columns of the panel, -1: no such test

    @property
    def counts(self) -> Ints:
        """(n,) Number of tests of each SKU."""
        return np.asarray((~np.isnan(self.actual)).sum(axis=0))

    def chosen(self, models: list[str]) -> Floats:
        """(tests, n, quantiles) The forecasts of the model given for each SKU."""
        found = np.full((*self.actual.shape, len(QUANTILES)), np.nan)
        for row, name in enumerate(models):
            if name in self.quantiles:
                found[:, row] = self.quantiles[name][:, row]
        return found


def run_tests(past: Past) -> Tests:
    """Forecast with every model from the test origins of each SKU."""
    numbers = np.stack([_test_number(past, test) for test in range(TESTS)])
    rows = len(past.horizon)
    actual = np.full((TESTS, rows), np.nan)
    quantiles = {model: np.full((TESTS, rows, len(QUANTILES)), np.nan) for model in MODELS}
    origins = np.where(numbers >= 0, past.origins[numbers], -1)
    for number in sorted(set(numbers[numbers >= 0].tolist())):
        here = numbers == number
        actual[here] = np.broadcast_to(past.actual[number], here.shape)[here]
        for model in MODELS:
            made = predict(past, past.looks[number], model)
            quantiles[model][here] = np.broadcast_to(made, (*here.shape, len(QUANTILES)))[here]
    return Tests(actual, quantiles, origins)


def _test_number(past: Past, test: int) -> Ints:
    """(n,) The number of the look for a SKU's test (0: the latest); -1 if its history is too short."""
    back = -(-(past.horizon + test * TEST_STEP) // STEP)  # whole steps
    number = len(past.looks) - 1 - back
    origin = past.origins[-1] - back * STEP
    is_there = (number >= 0) & (origin >= past.first_day + FIRST_ORIGIN)
    return np.where(is_there, number, -1)


def choose_models(past: Past, tests: Tests) -> list[str]:
    """The model of each SKU: the one with the smallest pinball loss, half from the SKU's own tests and half
    from those of its class.

    A SKU's few tests alone would choose by chance. Empty for SKUs of class NEW.
    """
    known = ~np.isnan(tests.actual)
    size = np.where(known, tests.actual, 0.0).sum(axis=0) / np.maximum(1, known.sum(axis=0))
    losses = {name: _loss(tests.actual, each) / (1 + size) for name, each in tests.quantiles.items()}
    chosen = [""] * len(past.horizon)
    for kind, names in CANDIDATES.items():
        members = is_class(past.looks[-1].classes, kind)
        own = np.stack([losses[name][members] for name in names])
        tested = ~np.isnan(own).any(axis=0)
        shared = own[:, tested].mean(axis=1, keepdims=True) if tested.any() else _untested(names)
        # Rounded, so that differences in the last digits do not decide.
        best = np.argmin(np.round(np.where(tested, own, 0.0) + shared, 9), axis=0)
        for row, place in zip(np.flatnonzero(members), best, strict=True):
            chosen[row] = names[place]
    return chosen


def _untested(names: tuple[str, ...]) -> Floats:
    """Losses to choose by if no SKU of a class was tested: short histories then use their group's profile."""
    preferred = PROFILE if PROFILE in names else MEAN
    return np.array([[0.0 if name == preferred else 1.0] for name in names])


def _loss(actual: Floats, quantiles: Floats) -> Floats:
    """(n,) Mean pinball loss over tests and quantiles; NaN without a test."""
    losses = np.stack([pinball(actual, quantiles[..., n], each) for n, each in enumerate(QUANTILES)])
    known = ~np.isnan(losses)
    counts = known.sum(axis=(0, 1))
    sums = np.where(known, losses, 0.0).sum(axis=(0, 1))
    found = np.full(len(sums), np.nan)
    np.divide(sums, counts, out=found, where=counts > 0)
    return found
