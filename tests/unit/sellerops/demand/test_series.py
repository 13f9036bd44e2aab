"""Windows over demand: masked days are left out, spikes do not lift the level."""

from __future__ import annotations

import numpy as np
import pytest

from sellerops.demand.series import History, Panel


def panel(units: list[float], masked: tuple[int, ...] = (), events: tuple[int, ...] = ()) -> Panel:
    days = len(units)
    hidden, deals = np.zeros((1, days), bool), np.zeros((1, days), bool)
    hidden[0, list(masked)] = True
    deals[0, list(events)] = True
    planned = np.zeros((1, days + 100), bool)
    return Panel(np.array([units], float), hidden, deals, np.zeros(1, np.int64), planned)


def test_masked_days_are_no_zeros() -> None:
    history = History(panel([4, 0, 0, 4, 4], masked=(1, 2)))
    assert history.level(5)[0] == 4
    assert history.seen_days(5, 5)[0] == 3


@pytest.mark.parametrize(("spikes", "level"), [("exclude", 2), ("cap", 3), ("keep", 6.5)])
def test_spikes_are_excluded_capped_or_kept(spikes: str, level: float) -> None:
    history = History(panel([2, 2, 2, 20], events=(3,)), spikes)  # type: ignore[arg-type]
    assert history.level(4)[0] == level
    assert history.units(4, 4)[0] == 26


def test_an_outcome_is_scaled_up_for_masked_days() -> None:
    history = History(panel([1, 1, 2, 0, 2, 2], masked=(3,)))
    assert history.outcome(2, np.array([4]))[0] == pytest.approx(8)
    assert np.isnan(history.outcome(3, np.array([4]))[0])  # not over
    assert np.isnan(history.outcome(2, np.array([2]))[0])  # seen on one of two days


def test_the_level_reaches_back_over_a_stock_out() -> None:
    history = History(panel([3, 3, 3, 0, 0, 0], masked=(3, 4, 5)))
    assert history.level(6, 2)[0] == 3
