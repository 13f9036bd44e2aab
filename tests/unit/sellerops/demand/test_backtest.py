"""Forecasts of demand like the local Amazon's: well calibrated, better than the baseline, and honest."""

from __future__ import annotations

import numpy as np
import pytest
from support.demand import simulated_demand

from sellerops.demand.backtest import choose_models, predict, run_tests
from sellerops.demand.classes import DemandClass
from sellerops.demand.forecast import Forecasts, make_forecasts
from sellerops.demand.looks import MEAN, NAIVE, TREES, look_back
from sellerops.demand.metrics import BAND, MEDIAN, coverage, wape
from sellerops.demand.series import Panel

DAYS, AHEAD = 730, 37


@pytest.fixture(scope="module")
def world() -> Panel:
    return simulated_demand(rows=150, days=DAYS + AHEAD, seed=7)


@pytest.fixture(scope="module")
def horizon(world: Panel) -> np.ndarray:
    return np.full(world.shape[0], AHEAD, np.int64)


@pytest.fixture(scope="module")
def forecasts(world: Panel, horizon: np.ndarray) -> Forecasts:
    return make_forecasts(world.until(DAYS), horizon)


def test_backtests_cover_and_beat_seasonal_naive(forecasts: Forecasts) -> None:
    """The 80 percent band covers 75 to 85 percent; in total no worse than seasonal naive."""
    scores = forecasts.scores
    tested = scores.origins >= 6
    assert tested.sum() > 100
    assert 0.75 <= np.nanmean(scores.coverage[tested]) <= 0.85
    assert np.nanmean(scores.mase[tested]) < 1
    assert np.nanmedian(scores.wape[tested]) < np.nanmedian(scores.baseline_wape[tested])
    assert (scores.poisson_floor[tested] < scores.wape[tested]).mean() > 0.7


def test_the_days_after_confirm_it(world: Panel, forecasts: Forecasts) -> None:
    """What no forecast has seen: the demand of the days after the panel, stock-outs included."""
    actual = world.units[:, DAYS:].sum(axis=1)
    made = np.array([name not in ("none", "amazon") for name in forecasts.models])
    made &= ~world.masked[:, DAYS:].any(axis=1)
    assert made.sum() > 60
    quantiles = forecasts.quantiles[made]
    assert wape(actual[made], quantiles[:, MEDIAN]) < wape(actual[made], forecasts.seasonal_naive[made])
    assert 0.65 <= coverage(actual[made], quantiles[:, BAND[0]], quantiles[:, BAND[1]]) <= 0.95
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_new_skus_take_amazons_figure_or_none() -> None:
    world = simulated_demand(rows=6, days=120, seed=1)
    world.masked[:2, :-5] = True
    made = make_forecasts(world, np.full(6, 30), amazon_daily=np.array([2.0, *[np.nan] * 5]))
    assert made.classes[:2] == [DemandClass.NEW, DemandClass.NEW]
    assert made.models[:2] == ["amazon", "none"]
    assert made.quantiles[0, MEDIAN] == pytest.approx(60, rel=0.15)
    assert np.isnan(made.quantiles[1]).all()


def test_no_forecast_knows_the_future(world: Panel, horizon: np.ndarray) -> None:
    """Demand, masks and events after an origin do not change what is forecast from it."""
    small = Panel(
        world.units[:40], world.masked[:40], world.events[:40], world.groups[:40], world.planned[:40]
    )
    origin_number = -6
    past = look_back(small, horizon[:40])
    origin = int(past.origins[origin_number])
    after = np.arange(small.shape[1]) >= origin
    other = Panel(
        np.where(after, 3 * small.units + 5, small.units),
        np.where(after, ~small.masked, small.masked),
        np.where(after, ~small.events, small.events),
        small.groups,
        small.planned,
    )
    changed = look_back(other, horizon[:40])
    assert not np.array_equal(past.features[-1], changed.features[-1], equal_nan=True)
    for model in (NAIVE, MEAN, TREES):
        before = predict(past, past.looks[origin_number], model)
        assert np.array_equal(before, predict(changed, changed.looks[origin_number], model)), model


def test_the_same_input_gives_the_same_forecast(world: Panel, horizon: np.ndarray) -> None:
    short = Panel(
        world.units[:30, :300],
        world.masked[:30, :300],
        world.events[:30, :300],
        world.groups[:30],
        world.planned[:30],
    )
    one, other = make_forecasts(short, horizon[:30]), make_forecasts(short, horizon[:30])
    assert np.array_equal(one.quantiles, other.quantiles, equal_nan=True)
    assert one.models == other.models


def test_the_richer_model_must_earn_its_place() -> None:
    """On demand that never changes, nothing beats the baseline: it is used."""
    rows, days = 30, 400
    flat = Panel(
        np.tile(np.arange(1.0, rows + 1)[:, None], (1, days)),
        np.zeros((rows, days), bool),
        np.zeros((rows, days), bool),
        np.zeros(rows, np.int64),
        np.zeros((rows, days + 100), bool),
    )
    past = look_back(flat, np.full(rows, 28))
    assert set(choose_models(past, run_tests(past))) == {NAIVE}
