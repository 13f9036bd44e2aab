"""Bands are stretched until they cover what they say, and no test corrects itself."""

from __future__ import annotations

import numpy as np
import pytest

from sellerops.demand.calibration import band_errors, cross_checked, factors, stretched
from sellerops.demand.classes import DemandClass

CLASSES = [DemandClass.REGULAR] * 200
BAND = np.array([90.0, 100.0, 106.0, 110.0, 113.0])


def _world(spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Six tests whose demand strays evenly by up to ``spread`` units, and bands of ten units."""
    actual = 100 + spread * np.linspace(-1, 1, 200)[None, :] * np.ones((6, 1))
    return actual, np.broadcast_to(BAND, (6, 200, 5))


def test_errors_are_shares_of_the_band() -> None:
    made = np.broadcast_to(BAND, (3, 5))
    assert band_errors(np.array([120.0, 95.0, 100.0]), made) == pytest.approx([2, 0.5, 0])


def test_a_narrow_band_is_widened_and_a_wide_one_narrowed() -> None:
    for spread, factor in ((25, 2.0), (10, 0.8)):
        actual, made = _world(spread)
        assert factors(band_errors(actual, made), CLASSES) == pytest.approx(factor, rel=0.02)
        inside = band_errors(actual, cross_checked(actual, made, CLASSES)) <= 1
        assert inside.mean() == pytest.approx(0.8, abs=0.02)
    assert stretched(BAND[None, :], np.array([2.0]))[0] == pytest.approx([80, 100, 112, 120, 126])


def test_few_tests_change_nothing() -> None:
    actual, made = _world(25)
    errors = np.where(np.arange(200) < 5, band_errors(actual, made), np.nan)
    assert factors(errors, CLASSES) == pytest.approx(1)
    others = [DemandClass.SHORT] * 200
    assert factors(np.full((6, 200), np.nan), others) == pytest.approx(1)
