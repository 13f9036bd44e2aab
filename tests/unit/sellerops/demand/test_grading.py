"""Grades of forecasts, and the simulation that compares ways of ordering."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.demand import simulated_demand

from sellerops.demand.demand_path import DemandPath
from sellerops.demand.grading import has_drifted, loss, observe, recent_wape, shortage, surplus
from sellerops.demand.lead_times import Days
from sellerops.demand.simulation import (
    AmazonFigure,
    ByForecast,
    DaysOfCover,
    World,
    cover_for_stock,
    simulate,
)


def test_hidden_days_are_scaled_up_and_too_many_make_no_grade() -> None:
    seen = np.array([True] * 8 + [False] * 2)
    assert observe(np.full(10, 2.0), seen).demand == pytest.approx(20)
    assert math.isnan(observe(np.full(10, 2.0), seen[::-1] & (np.arange(10) > 5)).demand)
    assert loss(10, 8, 0.9) == pytest.approx(1.8)


def test_drift_is_more_than_chance() -> None:
    demand = DemandPath(np.full(5, 28.0), 28)
    seen = np.ones(14, bool)
    assert recent_wape(np.full(14, 1.0), seen, demand) == pytest.approx(0)
    doubled = np.full(14, 2.0)
    assert recent_wape(doubled, seen, demand) == pytest.approx(0.5)
    assert has_drifted(0.5, doubled, 0.2)
    assert not has_drifted(0.5, doubled, 0.4)
    assert not has_drifted(0.5, np.array([0.0] * 13 + [1.0]), 0.1)  # one unit: chance explains that
    assert recent_wape(doubled[:5], seen[:5], demand) is None


def test_recommendations_are_graded_by_what_was_short_and_what_was_left() -> None:
    assert shortage(100, 80) == 20
    assert surplus(100, 300, 50) == pytest.approx(300 - 100 - 70)
    assert surplus(100, 150, 50) == 0


def test_ordering_by_forecast_beats_days_of_cover_and_amazons_figure() -> None:
    """At the same average stock: fewer lost sales, and fewer days without stock."""
    rows, history, days = 40, 728, 728 + 364
    panel = simulated_demand(rows, days, seed=5, with_stock_outs=False)
    rng = np.random.default_rng(5)
    lead = Days(30, 6)
    lead_days = np.clip(np.round(rng.normal(lead.mean, lead.sd, (rows, days // 7))), 7, 60).astype(np.int64)
    world = World(panel.units, panel.events, panel.groups, panel.planned, history, lead, lead_days)
    ours = simulate(world, ByForecast(world, 0.9, refit_weeks=52))
    rule = simulate(world, DaysOfCover(world, cover_for_stock(world, ours.average_stock)))
    amazon = simulate(world, AmazonFigure(world))
    assert rule.average_stock == pytest.approx(ours.average_stock, rel=0.02)
    assert ours.service_level > max(rule.service_level, amazon.service_level)
    assert ours.stock_out_share < min(rule.stock_out_share, amazon.stock_out_share)
