"""Scores against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sellerops.demand.metrics import QUANTILES, bias, coverage, mase, pinball, poisson_floor, wape
from sellerops.demand.quantiles import quantile_at, ratio_quantiles, wide_quantiles, without_launches

ACTUAL = np.array([10.0, 20.0, np.nan])
FORECAST = np.array([12.0, 15.0, 99.0])


def test_errors_leave_unknown_demand_out() -> None:
    assert wape(ACTUAL, FORECAST) == pytest.approx(7 / 30)
    assert bias(ACTUAL, FORECAST) == pytest.approx(-3 / 30)
    assert mase(ACTUAL, FORECAST, np.array([17.0, 27.0, 0.0])) == pytest.approx(7 / 14)
    assert coverage(ACTUAL, np.array([10.0, 21.0, 0.0]), np.array([11.0, 30.0, 1.0])) == 0.5


def test_pinball_weighs_too_low_and_too_high() -> None:
    assert pinball(np.array([10.0, 10.0]), np.array([8.0, 12.0]), 0.9) == pytest.approx([1.8, 0.2])


@pytest.mark.parametrize(("mean", "floor"), [(1, 0.74), (4, 0.39), (25, 0.16), (100, 0.08)])
def test_the_poisson_floor(mean: float, floor: float) -> None:
    """The figures of arXiv 2211.16313."""
    assert poisson_floor(mean) == pytest.approx(floor, abs=0.005)


def test_ratio_quantiles_learn_the_spread_of_past_ratios() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(50, 60, 4_000)
    found = ratio_quantiles(points, points * rng.uniform(0.5, 1.5, 4_000), np.array([55.0]))[0]
    assert found == pytest.approx(55 * (0.5 + np.array(QUANTILES)), rel=0.05)


def test_without_a_past_quantiles_are_wide() -> None:
    found = ratio_quantiles(np.ones(5), np.ones(5), np.array([100.0]))
    assert found == pytest.approx(wide_quantiles(np.array([100.0])))
    assert found[0] == pytest.approx([54, 100, 149, 185, 221], abs=1)


def test_a_launch_is_not_chance() -> None:
    assert without_launches(np.array([3.0, 900.0]), np.array([1.0, 1.0])) == pytest.approx([3, 14])


def test_quantiles_between_and_beyond_the_known_ones() -> None:
    known = np.array([[80.0, 100.0, 110.0, 120.0, 126.0]])
    assert quantile_at(known, 0.5)[0] == pytest.approx(100)
    assert 110 < quantile_at(known, 0.85)[0] < 120
    assert quantile_at(known, 0.99)[0] > 126
