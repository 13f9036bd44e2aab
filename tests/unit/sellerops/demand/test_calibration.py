"""Bands are widened until they cover what they say, and a test learns from earlier ones alone."""

from __future__ import annotations

import numpy as np
import pytest

from sellerops.demand.calibration import band_errors, checked_by_past, factors, stretched
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


def test_a_narrow_band_is_widened_and_a_wide_one_left() -> None:
    for spread, factor in ((25, 2.0), (10, 1.0)):
        actual, made = _world(spread)
        assert factors(band_errors(actual, made), CLASSES) == pytest.approx(factor, rel=0.02)
    assert stretched(BAND[None, :], np.array([2.0]))[0] == pytest.approx([80, 100, 112, 120, 126])


def test_a_test_is_stretched_by_those_that_were_over_at_its_origin() -> None:
    """Demand strays by ever more. Of horizons of 40 days, every second test's origin sees one over."""
    spread = np.array([200, 100, 50, 25])[:, None]
    actual = 100 + spread * np.linspace(-1, 1, 200)[None, :]
    made = np.broadcast_to(BAND, (4, 200, 5))
    origins = np.broadcast_to(np.array([160, 120, 100, 60])[:, None], actual.shape)
    found, is_stretched = checked_by_past(actual, made, origins, np.full(200, 40), CLASSES)
    assert is_stretched.all(axis=1).tolist() == [True, True, True, False]
    widths = (found[:, :, 3] - found[:, :, 1]).mean(axis=1) / 10
    seen = [band_errors(actual, made)[tests].ravel() for tests in (slice(1, 4), slice(3, 4), slice(3, 4))]
    assert widths == pytest.approx([*(min(3, np.quantile(each, 0.8)) for each in seen), 1])
    assert widths[1] == pytest.approx(2.0, rel=0.02), "the test at 100 was not over at 120"

    later = np.where(np.arange(4)[:, None] < 2, 9 * actual, actual)
    again, _ = checked_by_past(later, made, origins, np.full(200, 40), CLASSES)
    assert np.array_equal(again[1:], found[1:]), "later demand changes no band"


def test_a_sku_without_a_test_is_not_stretched() -> None:
    actual, made = _world(25)
    origins = np.where(np.arange(200) < 100, np.arange(6)[::-1, None] * 28, -1)
    actual = np.where(origins < 0, np.nan, actual)
    found, is_stretched = checked_by_past(actual, made, origins, np.full(200, 28), CLASSES)
    assert is_stretched[:, :100].sum(axis=1).tolist() == [100] * 5 + [0]
    assert not is_stretched[:, 100:].any()
    assert np.array_equal(found[:, 100:], made[:, 100:])


def test_few_tests_change_nothing() -> None:
    actual, made = _world(25)
    errors = np.where(np.arange(200) < 5, band_errors(actual, made), np.nan)
    assert factors(errors, CLASSES) == pytest.approx(1)
    others = [DemandClass.SHORT] * 200
    assert factors(np.full((6, 200), np.nan), others) == pytest.approx(1)
