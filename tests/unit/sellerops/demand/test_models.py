"""Simple models against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sellerops.demand.classes import DemandClass, classify
from sellerops.demand.models import YEAR, croston_sba, group_profile, season, seasonal_naive, tsb
from sellerops.demand.series import History, Panel


def _panel(units: np.ndarray, masked: np.ndarray | None = None, groups: list[int] | None = None) -> Panel:
    rows, days = units.shape
    return Panel(
        units.astype(float),
        np.zeros((rows, days), bool) if masked is None else masked,
        np.zeros((rows, days), bool),
        np.array(groups or [0] * rows, np.int64),
        np.zeros((rows, days + 100), bool),
    )


def test_croston_by_hand() -> None:
    """Sales 4 on day 2, 6 on day 5; alpha 0.2.

    Size 4, interval 2; then size 4 + 0.2 * (6 - 4) = 4.4, interval 2 + 0.2 * (3 - 2) = 2.2: a rate of 2,
    times 1 - 0.2 / 2 = 0.9.
    """
    rates = croston_sba(_panel(np.array([[0, 4, 0, 0, 6, 0]])), alpha=0.2)[0]
    assert rates == pytest.approx([0, 0, 1.8, 1.8, 1.8, 1.8, 1.8])
    rates = croston_sba(_panel(np.array([[0, 4, 0, 0, 9]])), alpha=0.2)[0]
    assert rates[-1] == pytest.approx(0.9 * 5 / 2.2)


def test_croston_does_not_wait_on_masked_days() -> None:
    masked = np.array([[False, False, True, True, False]])
    rates = croston_sba(_panel(np.array([[0, 4, 0, 0, 4]]), masked), alpha=0.2)[0]
    assert rates[-1] == pytest.approx(0.9 * 4 / (2 + 0.2 * (1 - 2)))


def test_tsb_by_hand_and_fades() -> None:
    """First sale 4 on day 2: chance 1/2. Two days without: 0.5 * 0.8^2 = 0.32. Then 6: 0.32 + 0.2 * 0.68."""
    rates = tsb(_panel(np.array([[0, 4, 0, 0, 6]])), alpha=0.2, beta=0.2)[0]
    assert rates == pytest.approx([0, 0, 2.0, 1.6, 1.28, 0.456 * 4.4])


def test_seasonal_naive_repeats_the_last_week_in_stock() -> None:
    units = np.array([[7.0] * 7 + [1.0] * 7])
    masked = np.zeros((1, 14), bool)
    masked[0, 7:] = True
    assert seasonal_naive(History(_panel(units)), 14)[0] == 1
    assert seasonal_naive(History(_panel(units, masked)), 14)[0] == 7


def test_a_short_history_takes_the_season_of_its_group() -> None:
    """A year ago the group sold three times its level; the new SKU has only its own level of 2."""
    days = YEAR + 60
    mature, new = np.full(days, 10.0), np.zeros(days)
    mature[60:90] = 30.0
    new[-20:] = 2.0
    masked = np.zeros((2, days), bool)
    masked[1, : days - 20] = True
    history = History(_panel(np.stack([mature, new]), masked))
    factor, own, group = season(history, days, np.array([30, 30]))
    assert group == pytest.approx([3, 3])
    assert own[0] == pytest.approx(3)
    assert np.isnan(own[1])
    assert factor == pytest.approx([3, 3])
    assert group_profile(history, days, np.array([30, 30]), 28)[1] == pytest.approx(6)


def test_classes_by_days_seen_and_by_interval() -> None:
    days = 100
    units = np.ones((4, days))
    units[1] = np.arange(days) % 3 == 0
    masked = np.zeros((4, days), bool)
    masked[2, : days - 30] = True
    masked[3, : days - 5] = True
    assert classify(History(_panel(units, masked)), days) == [
        DemandClass.REGULAR,
        DemandClass.INTERMITTENT,
        DemandClass.SHORT,
        DemandClass.NEW,
    ]
